package toy_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/net/webdav"

	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/probes/canary"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/clouds"
	"github.com/landfall-audit/landfall/providers/store/objects"
	"github.com/landfall-audit/landfall/providers/store/toy"
)

func TestConforms(t *testing.T) {
	server := httptest.NewServer(&webdav.Handler{FileSystem: webdav.NewMemFS(), LockSystem: webdav.NewMemLS()})
	t.Cleanup(server.Close)
	storetest.Conform(t, storetest.Case{
		ID: "toy", Cloud: toy.New(nil), Folder: "toy://box?endpoint=" + server.URL, Overwrites: true,
		Bucket: store.Bucket{Scheme: "toy", Container: "box"},
	})
}

// Whatever knows clouds knows this one.
func TestIsKnown(t *testing.T) {
	if err := providers.CheckHost("toy://box"); err != nil {
		t.Error("claims:", err)
	}
	if _, all, _, err := scope("toy://"); err != nil || !all {
		t.Error("all buckets:", all, err)
	}
	target, err := canary.ParseTarget("toy://box?endpoint=https://toy.example.com")
	if err != nil || target.String() != "toy://box?endpoint=https://toy.example.com" {
		t.Error("canary:", target, err)
	}
	at, err := store.ParseAddress("toy://box/run.jsonl")
	if err == nil {
		err = objects.Check(t.Context(), at)
	}
	if err != nil {
		t.Error("evidence in objects:", err)
	}
	p := &storage.Probe{Clouds: clouds.All(http.DefaultClient)}
	steps := p.Plan([]probe.Target{{Host: "toy://box"}}, probe.NewSeen())
	if len(steps) != 1 {
		t.Fatal("the probe asks nothing")
	}
	if out, err := p.Run(t.Context(), steps[0]); err != nil || len(out) != 1 {
		t.Error("the probe:", out, err)
	}
}

func scope(text string) (string, bool, string, error) {
	scheme, of, all, err := store.ParseScope(text)
	return scheme, all, of, err
}
