// Package gcs asks Google Cloud Storage where a bucket is.
//
// A bucket's location is part of its metadata. Google tells it to whoever may
// read that, which needs the permission storage.buckets.get; without credentials
// it tells it for a bucket that grants this to everybody. Jobs of the Storage
// Transfer Service tell which buckets a bucket is copied to.
package gcs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"cloud.google.com/go/storage"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// readOnly is the scope that reads the metadata of buckets.
const readOnly = "https://www.googleapis.com/auth/cloud-platform.read-only"

// api is the first question that is asked about a bucket
// (https://cloud.google.com/storage/docs/json_api/v1/buckets/get).
const api = "buckets.get"

// Cloud asks Google Cloud Storage. It is made for one run and safe for concurrent
// use.
type Cloud struct {
	http    *http.Client
	session cloud.Memo[*session]
	jobs    cloud.Memo[[]copying] // by project
	sinks   cloud.Memo[[]string]  // places of buckets
}

var _ cloud.Cloud = (*Cloud)(nil)

// New returns a Cloud that asks by a client, which bounds what it reads and follows
// no redirect: see [cloud.Client].
func New(client *http.Client) *Cloud { return &Cloud{http: client} }

// session is the user's settings, read as Google's own tools read them.
type session struct {
	client        *storage.Client
	anonymous     *storage.Client
	project       string
	noCredentials error // why there are none that can be used, in a line; nil: there are
}

// open finds the application default credentials, once
// (https://cloud.google.com/docs/authentication/application-default-credentials).
func (c *Cloud) open(ctx context.Context) (*session, error) {
	return c.session.Get(ctx, "", func(ctx context.Context) (*session, error) {
		s := &session{project: os.Getenv("GOOGLE_CLOUD_PROJECT")}
		var err error
		// The clients live longer than the look that makes them. They sign nothing
		// themselves, and need not look for credentials once more.
		background := context.WithoutCancel(ctx)
		if s.anonymous, err = storage.NewClient(background, option.WithHTTPClient(c.http), option.WithoutAuthentication()); err != nil {
			return nil, err
		}
		s.client = s.anonymous
		if os.Getenv("STORAGE_EMULATOR_HOST") != "" {
			return s, nil // emulators know no credentials
		}
		found, err := credentials.Google(ctx, readOnly)
		if err != nil {
			s.noCredentials = err
			return s, nil
		}
		if s.project == "" {
			s.project = found.ProjectID
		}
		s.client, err = storage.NewClient(background, option.WithHTTPClient(c.signing(found.TokenSource)), option.WithoutAuthentication())
		return s, err
	})
}

// signing returns a client whose requests carry a token.
func (c *Cloud) signing(with oauth2.TokenSource) *http.Client {
	return &http.Client{Transport: &oauth2.Transport{Source: with, Base: c.http.Transport}, CheckRedirect: c.http.CheckRedirect}
}

// Locate implements [cloud.Cloud].
func (c *Cloud) Locate(ctx context.Context, bucket store.Bucket, anonymous bool) cloud.Answer {
	var answer cloud.Answer
	s, err := c.open(ctx)
	if err != nil {
		answer.Fail("", explain(err, nil))
		return answer
	}
	client := s.client
	if anonymous {
		client = s.anonymous
	}
	attrs, err := client.Bucket(bucket.Container).Retryer(storage.WithMaxAttempts(maxTries)).Attrs(ctx)
	if err != nil {
		answer.Fail(api, explain(err, s.noCredentials))
		return answer
	}
	answer.Say(read(bucket, attrs))
	if client != s.anonymous {
		said, err := c.transfers(ctx, s, bucket)
		answer.Say(said)
		answer.Fail(transferAPI, explainTransfers(err))
	}
	return answer
}

// maxTries bounds the repetitions where the server is busy.
const maxTries = 6

// List implements [cloud.Cloud]. The scope is a project.
func (c *Cloud) List(ctx context.Context, scope string) ([]store.Bucket, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, explain(err, nil)
	}
	if s.noCredentials != nil {
		return nil, fmt.Errorf("listing the buckets of Google Cloud Storage: %w; the permission storage.buckets.list would help", s.noCredentials)
	}
	if scope == "" {
		scope = s.project
	}
	if scope == "" {
		return nil, errors.New("listing the buckets of Google Cloud Storage: no project is known; give gs://?project=ID, or set GOOGLE_CLOUD_PROJECT")
	}
	var out []store.Bucket
	for list := s.client.Buckets(ctx, scope); len(out) <= cloud.MaxListed; {
		attrs, err := list.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			failed := explain(err, s.noCredentials)
			failed.API = "buckets.list"
			if failed.Permission != "" {
				failed.Permission = "storage.buckets.list"
			}
			return nil, failed
		}
		bucket := store.Bucket{Scheme: "gs", Container: attrs.Name}
		if providers.CheckHost(bucket.String()) == nil {
			out = append(out, bucket)
		}
	}
	return cloud.Listed(out)
}

// explain says in one line why a question was not answered. The words of the
// server are left out.
func explain(err, noCredentials error) *cloud.Failure {
	f := &cloud.Failure{API: api, Err: err}
	var answered *googleapi.Error
	var token *oauth2.RetrieveError
	switch {
	case errors.Is(err, storage.ErrBucketNotExist):
		f.Class, f.Text = evidence.ClassOther, "there is no bucket of that name"
	case errors.As(err, &token):
		f.Class, f.Text = evidence.ClassDenied, "the credentials were not accepted; log in again (gcloud auth application-default login)"
	case errors.As(err, &answered):
		f.Class, f.Text, f.Permission = byStatus(answered.Code, noCredentials)
	case errors.Is(err, cloud.ErrTooLong):
		f.Class, f.Text = evidence.ClassHTTP, cloud.ErrTooLong.Error()
	case cloud.Classify(err) != evidence.ClassOther:
		f.Class, f.Text = cloud.Classify(err), cloud.Plain(err)
	default:
		f.Class, f.Text = evidence.ClassHTTP, "the answer is not what this question has"
	}
	return f
}

func byStatus(status int, noCredentials error) (class evidence.Class, text, permission string) {
	switch {
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && noCredentials != nil:
		return evidence.ClassDenied, "this bucket tells nothing without credentials: " + noCredentials.Error(), "storage.buckets.get"
	case status == http.StatusUnauthorized:
		return evidence.ClassDenied, "the credentials were not accepted; log in again (gcloud auth application-default login)", ""
	case status == http.StatusForbidden:
		return evidence.ClassDenied, "the credentials may not ask this", "storage.buckets.get"
	case status == http.StatusNotFound:
		return evidence.ClassOther, "there is no bucket of that name", ""
	case cloud.Busy(status):
		return evidence.ClassRateLimited, cloud.WhatBusyMeans, ""
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return evidence.ClassHTTP, "the server sends on to another one, which is not followed", ""
	}
	return evidence.ClassHTTP, fmt.Sprintf("the server answered with status %d", status), ""
}
