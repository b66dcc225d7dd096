package s3

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
)

// The shapes below are those of AWS Backup's API
// (https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html).

// backupPlan is a plan that copies recovery points to other vaults.
type backupPlan struct {
	name       string
	copies     []copyAction
	selections []backupSelection
}

// copyAction is a copy that a rule makes.
type copyAction struct {
	rule  string
	vault string // ARN
}

// backupSelection says what a plan applies to.
type backupSelection struct {
	Resources    []string         `json:"Resources"`
	NotResources []string         `json:"NotResources"`
	Tags         []struct{}       `json:"ListOfTags"`
	Conditions   map[string][]any `json:"Conditions"`
}

// backupURL is where the bucket's region keeps its backups.
func (l *look) backupURL() string { return l.at.partition.url("backup", l.askedRegion()) }

func (l *look) backupQuestion(address string) question {
	return question{url: address, service: "backup", region: l.askedRegion()}
}

// backupCopies reads the copies of the bucket's recovery points that were made.
// AWS remembers the jobs of the last weeks.
func (l *look) backupCopies(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("ListCopyJobs")
	arn := "arn:" + l.at.partition.id + ":s3:::" + l.bucket.Container
	seen := map[string]bool{}
	err := paged("ListCopyJobs", func(token string) (string, error) {
		var page struct {
			Jobs []struct {
				State string `json:"State"`
				Vault string `json:"DestinationBackupVaultArn"`
			} `json:"CopyJobs"`
			Next string `json:"NextToken"`
		}
		query := url.Values{"resourceArn": {arn}, "state": {"COMPLETED"}}
		if token != "" {
			query.Set("nextToken", token)
		}
		err := l.session.get(ctx, l.cloud.http, l.backupQuestion(l.backupURL()+"/copy-jobs?"+query.Encode()), asJSON(&page))
		for _, job := range page.Jobs {
			replica, ok := vaultReplica(job.Vault, "completed copy job of AWS Backup")
			if ok && job.State == "COMPLETED" && !seen[job.Vault] {
				seen[job.Vault] = true
				said.Replicas = append(said.Replicas, replica)
			}
		}
		return page.Next, err
	})
	return said, err
}

// vaultReplica is a copy in a backup vault, whose ARN names its region:
// arn:aws:backup:us-west-2:123456789012:backup-vault:name.
func vaultReplica(arn, rule string) (evidence.Replica, bool) {
	fields := strings.SplitN(arn, ":", 7)
	if len(fields) != 7 || fields[2] != "backup" || fields[5] != "backup-vault" || !regionLabel.MatchString(fields[3]) {
		return evidence.Replica{}, false
	}
	return evidence.Replica{Target: "backup-vault:" + fields[6], Location: providerID + ":" + fields[3], Rule: rule}, true
}

// backupPlans reads the plans that are to copy the bucket's recovery points.
func (l *look) backupPlans(ctx context.Context) (*evidence.Storage, error) {
	said := l.says("GetBackupPlan")
	arn := "arn:" + l.at.partition.id + ":s3:::" + l.bucket.Container
	plans, err := l.cloud.account.plans.Get(ctx, l.askedRegion(), l.listPlans)
	for _, plan := range plans {
		surely, perhaps := plan.selects(arn)
		for _, action := range plan.copies {
			replica, ok := vaultReplica(action.vault, fmt.Sprintf("rule %s of the backup plan %s", action.rule, plan.name))
			switch {
			case !ok:
			case surely:
				said.Replicas = append(said.Replicas, replica)
			case perhaps:
				said.Notes = append(said.Notes, fmt.Sprintf("%s copies to %s what has certain tags; whether this bucket has them was not asked", replica.Rule, replica.Location))
			}
		}
	}
	return said, err
}

// selects tells whether a plan applies to a resource: surely, or if it has
// certain tags.
func (p backupPlan) selects(arn string) (surely, perhaps bool) {
	for _, s := range p.selections {
		if matchesAny(s.NotResources, arn) || len(s.Resources) > 0 && !matchesAny(s.Resources, arn) {
			continue
		}
		conditional := len(s.Tags) > 0
		for _, tests := range s.Conditions {
			conditional = conditional || len(tests) > 0
		}
		surely = surely || !conditional && len(s.Resources) > 0
		perhaps = perhaps || conditional
	}
	return surely, perhaps && !surely
}

// matchesAny compares an ARN with patterns in which * stands for anything.
func matchesAny(patterns []string, arn string) bool {
	for _, pattern := range patterns {
		// No bucket's name has a slash, at which path.Match would stop.
		if ok, err := path.Match(pattern, arn); err == nil && ok {
			return true
		}
	}
	return false
}

// planID is what a plan and a selection can be called: it goes into an address.
var planID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func (l *look) listPlans(ctx context.Context) (plans []backupPlan, err error) {
	base := l.backupURL() + "/backup/plans"
	var ids []string
	err = paged("ListBackupPlans", func(token string) (string, error) {
		var page struct {
			Plans []struct {
				ID string `json:"BackupPlanId"`
			} `json:"BackupPlansList"`
			Next string `json:"NextToken"`
		}
		err := l.session.get(ctx, l.cloud.http, l.backupQuestion(with(base, "nextToken", token)), asJSON(&page))
		for _, p := range page.Plans {
			if planID.MatchString(p.ID) {
				ids = append(ids, p.ID)
			}
		}
		return page.Next, err
	})
	for _, id := range ids {
		plan, planErr := l.readPlan(ctx, base+"/"+id)
		if planErr != nil {
			return plans, planErr
		}
		if len(plan.copies) == 0 {
			continue
		}
		if plan.selections, planErr = l.readSelections(ctx, base+"/"+id+"/selections"); planErr != nil {
			return plans, planErr
		}
		plans = append(plans, plan)
	}
	return plans, err
}

func (l *look) readPlan(ctx context.Context, address string) (backupPlan, error) {
	var said struct {
		Plan struct {
			Name  string `json:"BackupPlanName"`
			Rules []struct {
				Name   string `json:"RuleName"`
				Copies []struct {
					Vault string `json:"DestinationBackupVaultArn"`
				} `json:"CopyActions"`
			} `json:"Rules"`
		} `json:"BackupPlan"`
	}
	err := l.session.get(ctx, l.cloud.http, l.backupQuestion(address), asJSON(&said))
	plan := backupPlan{name: said.Plan.Name}
	for _, rule := range said.Plan.Rules {
		for _, c := range rule.Copies {
			plan.copies = append(plan.copies, copyAction{rule.Name, c.Vault})
		}
	}
	return plan, err
}

func (l *look) readSelections(ctx context.Context, address string) (all []backupSelection, err error) {
	var ids []string
	err = paged("ListBackupSelections", func(token string) (string, error) {
		var page struct {
			Selections []struct {
				ID string `json:"SelectionId"`
			} `json:"BackupSelectionsList"`
			Next string `json:"NextToken"`
		}
		err := l.session.get(ctx, l.cloud.http, l.backupQuestion(with(address, "nextToken", token)), asJSON(&page))
		for _, s := range page.Selections {
			if planID.MatchString(s.ID) {
				ids = append(ids, s.ID)
			}
		}
		return page.Next, err
	})
	for _, id := range ids {
		var said struct {
			Selection backupSelection `json:"BackupSelection"`
		}
		if err := l.session.get(ctx, l.cloud.http, l.backupQuestion(address+"/"+id), asJSON(&said)); err != nil {
			return all, err
		}
		all = append(all, said.Selection)
	}
	return all, err
}
