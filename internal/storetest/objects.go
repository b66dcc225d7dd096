package storetest

import (
	"net"
	"net/http/httptest"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3Objects returns the address of a bucket of an S3 server, with KEY in
// place of the key.
func S3Objects(t *testing.T) string {
	backend := s3mem.New()
	if err := backend.CreateBucket("fleet"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "lab")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "lab-secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return "s3://fleet/KEY?region=us-east-1&use_path_style=true&endpoint=" + server.URL
}

// GoogleObjects returns the address of a bucket of a server of Google Cloud
// Storage, with KEY in place of the key.
func GoogleObjects(t *testing.T) string {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().(*net.TCPAddr)
	free.Close()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1", Port: uint16(at.Port), PublicHost: at.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "fleet"})
	t.Setenv("STORAGE_EMULATOR_HOST", at.String())
	return "gs://fleet/KEY?access_id=-&anonymous=true"
}
