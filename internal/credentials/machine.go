package credentials

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// machine is how a machine of a cloud is known without asking anybody.
type machine struct {
	// variables are set by the platform, or by a user who wants the metadata
	// server to be asked, or not to be.
	variables []string
	// firmware begins with one of these in a file of Linux's /sys.
	firmware map[string][]string
}

// The machines of clouds. Variables are those that the clouds' libraries heed
// and their platforms set.
var (
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
	// https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
	amazon = machine{
		variables: []string{"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT"},
		firmware:  map[string][]string{"class/dmi/id/sys_vendor": {"Amazon EC2"}, "hypervisor/uuid": {"ec2"}},
	}
	// https://cloud.google.com/compute/docs/instances/detect-compute-engine
	// https://cloud.google.com/run/docs/container-contract#env-vars
	// https://cloud.google.com/appengine/docs/flexible/reference/runtime-environment
	googles = machine{
		variables: []string{"GCE_METADATA_HOST", "K_SERVICE", "CLOUD_RUN_JOB", "GAE_SERVICE"},
		firmware:  map[string][]string{"class/dmi/id/product_name": {"Google"}},
	}
	// The tag is that of all of Azure's machines:
	// https://github.com/canonical/cloud-init/blob/main/cloudinit/sources/azure/identity.py.
	// Where Azure runs programs without a machine, other addresses are asked.
	azures = machine{
		variables: []string{"AZURE_TOKEN_CREDENTIALS"},
		firmware:  map[string][]string{"class/dmi/id/chassis_asset_tag": {"7783-7084-3265-9085-8269-3286-77"}},
	}
)

// sys is where Linux tells of the machine; tests have one of their own.
var sys = "/sys"

// asks reports whether a metadata server may be asked.
func (m machine) asks() bool {
	if slices.ContainsFunc(m.variables, func(name string) bool { return os.Getenv(name) != "" }) {
		return true
	}
	for file, beginnings := range m.firmware {
		text, err := os.ReadFile(filepath.Join(sys, filepath.FromSlash(file)))
		if err == nil && slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(string(text), b) }) {
			return true
		}
	}
	return false
}
