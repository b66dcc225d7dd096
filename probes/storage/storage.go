// Package storage asks clouds where the buckets are that a claim names, and where
// they are copied to.
//
// What a cloud says is its own word: it can refute a claim, and agree with one,
// and never prove it.
package storage

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Name is the name of this probe.
const Name = "storage"

const (
	// atOnce bounds how many buckets are asked about at once. Clouds count the
	// questions of an account, and slow down whoever hurries: their clients then
	// slow down too.
	atOnce = 8
	// maxTextBytes bounds each text that is kept.
	maxTextBytes = 500
	// maxTexts bounds how many of a kind are kept of one answer.
	maxTexts = 1000
)

// Client returns the client that clouds are asked by. It connects by dialer, and to a
// private address only with allowPrivate. roots is whom certificates are trusted
// by; nil: the system's.
func Client(dialer net.Dialer, roots *x509.CertPool, allowPrivate bool) *http.Client {
	return cloud.Client(probe.Guard(dialer, allowPrivate).DialContext, dialer.DialContext, roots)
}

// Probe asks about buckets.
type Probe struct {
	probe.Stamp
	Clouds cloud.Clouds
}

var _ probe.Probe = (*Probe)(nil)

// Spec says what the probe is for.
func (p *Probe) Spec() probe.Spec {
	return probe.Spec{
		Name: Name, Kind: evidence.KindStorage, AtOnce: atOnce,
		Question: "Where does the cloud say that the bucket and its copies are?",
		Needs:    "network; for copies, and for most clouds, credentials",
		Shows:    "the region that the provider itself gives for a bucket, and the copies that its metadata lists",
		Hides:    "copies that the metadata does not list; whether what the provider says is true",
	}
}

// question is what a step asks for.
type question struct {
	bucket    store.Bucket
	anonymous bool
}

// Plan asks for each bucket once. Where two targets name one, the user's
// credentials are used if one of them allows it.
func (p *Probe) Plan(targets []probe.Target, _ *probe.Seen) []probe.Step {
	index := map[string]int{}
	var out []probe.Step
	for _, t := range targets {
		bucket, ok := t.Bucket()
		if !ok || p.Clouds[bucket.Scheme] == nil {
			continue
		}
		q := question{bucket, t.Anonymous}
		subject := bucket.String()
		at, twice := index[subject]
		switch {
		case !twice:
			index[subject] = len(out)
			out = append(out, probe.Step{Probe: Name, Subject: subject, Ask: q})
		case !t.Anonymous:
			out[at].Ask = q
		}
	}
	return out
}

// Answers returns the step that an observation answers. That a cloud was too busy
// answers none: a run that goes on asks again.
func (p *Probe) Answers(o evidence.Observation) (string, bool) {
	if !probe.Clear(o, p.Vantage) {
		return "", false
	}
	switch o := o.(type) {
	case *evidence.Error:
		return o.Target, o.Probe == Name && o.Class != evidence.ClassRateLimited
	case *evidence.Storage:
		return o.Target, true
	}
	return "", false
}

// Run asks about one bucket. Each operation that answered gives an observation,
// and each that did not gives an error.
func (p *Probe) Run(ctx context.Context, step probe.Step) ([]evidence.Observation, error) {
	q, ok := step.Ask.(question)
	if !ok || step.Probe != Name {
		return nil, probe.Foreign(step)
	}
	if err := probe.Cut(ctx); err != nil {
		return nil, err
	}
	of, err := p.Clouds.Of(q.bucket.Scheme)
	if err != nil {
		return nil, err
	}
	answer := of.Locate(ctx, q.bucket, q.anonymous)
	if err := probe.Cut(ctx); err != nil {
		return nil, err
	}
	var out []evidence.Observation
	for _, said := range answer.Said {
		said.Meta = p.Meta(evidence.KindStorage)
		said.Target = step.Subject
		clean(said)
		out = append(out, said)
	}
	for _, failed := range answer.Failed {
		class := failed.Class
		var refused *probe.Failure // by the guard of the dialer
		if errors.As(failed.Err, &refused) {
			class = refused.Class
		}
		out = append(out, p.Failed(step, &probe.Failure{Class: class, Err: failed}))
	}
	return out, nil
}

// clean escapes and bounds what came from outside.
func clean(s *evidence.Storage) {
	s.Provider, s.API = probe.Text(s.Provider, maxTextBytes), probe.Text(s.API, maxTextBytes)
	s.Locations, s.Notes = texts(s.Locations), texts(s.Notes)
	s.Replicas = s.Replicas[:min(len(s.Replicas), maxTexts)]
	for i := range s.Replicas {
		r := &s.Replicas[i]
		r.Target, r.Location, r.Rule = probe.Text(r.Target, maxTextBytes), probe.Text(r.Location, maxTextBytes), probe.Text(r.Rule, maxTextBytes)
		r.Host = probe.Text(r.Host, maxTextBytes)
	}
}

func texts(all []string) []string {
	all = all[:min(len(all), maxTexts)]
	for i := range all {
		all[i] = probe.Text(all[i], maxTextBytes)
	}
	return all
}

// Doors returns the endpoints of their own that copies of the targets have, as far
// as the observations know: they are looked at like any other.
func Doors(targets []probe.Target, seen []evidence.Observation) []probe.Target {
	private := map[string]bool{} // by bucket
	for _, t := range targets {
		if bucket, ok := t.Bucket(); ok {
			private[bucket.String()] = t.AllowPrivate
		}
	}
	var out []probe.Target
	for _, o := range seen {
		said, ok := o.(*evidence.Storage)
		if !ok {
			continue
		}
		allow, asked := private[said.Target]
		for _, r := range said.Replicas {
			door := probe.Target{Host: r.Host, Port: providers.DefaultPort, AllowPrivate: allow}
			if asked && door.Check() == nil && !slices.Contains(out, door) {
				out = append(out, door)
			}
		}
	}
	return out
}
