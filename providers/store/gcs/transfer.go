package gcs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storagetransfer/v1"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	// transferAPI lists the jobs of the Storage Transfer Service, and the
	// replications between buckets that it makes
	// (https://cloud.google.com/storage-transfer/docs/reference/rest/v1/transferJobs/list).
	transferAPI = "transferJobs.list"
	listJobs    = "storagetransfer.jobs.list"
	// replications are asked for as if they were kept elsewhere.
	replications = "QUERY_REPLICATION_CONFIGS"
	jobsOfAPage  = 256 // the most that are given
	maxPages     = 100
)

// copying is a job that copies a bucket.
type copying struct {
	rule string
	from string // a bucket
	to   string // a URL, or what is known of a place that has none
	sink string // a bucket; empty: it is none
	on   bool
}

// transfers says where jobs of the user's project copy a bucket to. Jobs of other
// projects are not known to it.
func (c *Cloud) transfers(ctx context.Context, s *session, bucket store.Bucket) (*evidence.Storage, error) {
	if s.project == "" {
		return nil, &cloud.Failure{API: transferAPI, Class: evidence.ClassOther, Text: "no project is known whose jobs could be asked for; set GOOGLE_CLOUD_PROJECT"}
	}
	jobs, err := c.jobs.Get(ctx, s.project, func(ctx context.Context) ([]copying, error) { return c.listJobs(ctx, s.project) })
	said := &evidence.Storage{Target: bucket.String(), Provider: providerID, API: transferAPI}
	for _, job := range jobs {
		if job.from != bucket.Container {
			continue
		}
		places := c.placesOf(ctx, s, job.sink)
		if !job.on {
			said.Notes = append(said.Notes, fmt.Sprintf("the %s to %s %s is switched off; copies that it made before may still be there", job.rule, job.to, strings.Join(places, " ")))
			continue
		}
		for _, place := range places {
			said.Replicas = append(said.Replicas, evidence.Replica{Target: job.to, Location: place, Rule: job.rule})
		}
	}
	if err != nil && len(said.Replicas)+len(said.Notes) == 0 {
		return nil, err
	}
	return said, err
}

// placesOf returns where a bucket is; one empty place where that is not known.
func (c *Cloud) placesOf(ctx context.Context, s *session, bucket string) []string {
	if bucket == "" {
		return []string{""}
	}
	places, _ := c.sinks.Get(ctx, bucket, func(ctx context.Context) ([]string, error) {
		attrs, err := s.client.Bucket(bucket).Attrs(ctx)
		if err != nil {
			return nil, err
		}
		return locations(attrs), nil
	})
	if len(places) == 0 {
		return []string{""}
	}
	return places
}

// listJobs returns the jobs of a project that copy buckets, both kinds of them.
func (c *Cloud) listJobs(ctx context.Context, project string) (all []copying, err error) {
	// There is no scope that only reads; what the credentials may do is bounded by
	// their roles.
	found, err := credentials.Google(ctx, storagetransfer.CloudPlatformScope)
	if err != nil {
		return nil, err
	}
	service, err := storagetransfer.NewService(context.WithoutCancel(ctx), option.WithHTTPClient(c.signing(found.TokenSource)), option.WithoutAuthentication())
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, kind := range []string{"", replications} {
		filter, err := json.Marshal(struct {
			Project string `json:"projectId"`
			Kind    string `json:"dataBackend,omitempty"`
		}{project, kind})
		if err != nil {
			return nil, err
		}
		pages := 0
		err = service.TransferJobs.List(string(filter)).PageSize(jobsOfAPage).Pages(ctx, func(page *storagetransfer.ListTransferJobsResponse) error {
			if pages++; pages > maxPages {
				return &cloud.Failure{API: transferAPI, Class: evidence.ClassHTTP, Text: fmt.Sprintf("the list has more than %d pages; the rest was not read", maxPages)}
			}
			for _, job := range page.TransferJobs {
				all = append(all, copiesOf(job)...)
			}
			return nil
		})
		problems = append(problems, err)
	}
	return all, errors.Join(problems...)
}

// explainTransfers says in one line why jobs were not listed.
func explainTransfers(err error) error {
	var known *cloud.Failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	failed := explain(err, nil)
	failed.API = transferAPI
	if failed.Permission != "" {
		failed.Permission = listJobs
	}
	var answered *googleapi.Error
	if errors.As(err, &answered) && strings.Contains(answered.Body, "SERVICE_DISABLED") {
		failed.Class, failed.Text, failed.Permission = evidence.ClassOther, "the Storage Transfer API is off in the project", ""
	}
	return failed
}

// copiesOf returns what a job copies from a bucket; nothing where it copies from
// elsewhere.
func copiesOf(job *storagetransfer.TransferJob) []copying {
	out := copying{on: job.Status == "ENABLED"}
	switch spec, replication := job.TransferSpec, job.ReplicationSpec; {
	case replication != nil && replication.GcsDataSource != nil && replication.GcsDataSink != nil:
		out.rule, out.from, out.sink = "replication "+job.Name, replication.GcsDataSource.BucketName, replication.GcsDataSink.BucketName
	case spec != nil && spec.GcsDataSource != nil && spec.GcsDataSink != nil:
		out.rule, out.from, out.sink = "transfer job "+job.Name, spec.GcsDataSource.BucketName, spec.GcsDataSink.BucketName
	case spec != nil && spec.GcsDataSource != nil && spec.PosixDataSink != nil:
		out.rule, out.from, out.to = "transfer job "+job.Name, spec.GcsDataSource.BucketName, "file system "+spec.PosixDataSink.RootDirectory
	default:
		return nil
	}
	if out.sink != "" {
		out.to = "gs://" + out.sink
	}
	return []copying{out}
}
