package store_test

import (
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/providers/store"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"s3://b/run/x.jsonl?region=eu-central-1": "s3://b/run/x.jsonl", "azblob://acc/con/run/": "azblob://acc/con/run/", "gs://b": "gs://b/",
		"s3://": "", "s3:///k": "", "azblob://acc": "", "https://b/k": "", "file.jsonl": "", "s3://key:secret@b/k": "",
	} {
		a, err := store.ParseAddress(text)
		if got := text; err == nil && a.String() != want || (err != nil) != (want == "") {
			t.Errorf("%s: %v", got, err)
		}
		if err != nil && strings.Contains(text, "secret") && strings.Contains(err.Error(), "secret") {
			t.Errorf("an error tells the secret: %v", err)
		}
	}
	for text, moved := range map[string]bool{
		"azblob://acc/con": false, "azblob://acc/con/k?domain=blob.example.com": true, "azblob://acc/con?protocol=http": true, "s3://b?endpoint=https://s3.example.com": false,
	} {
		if a, err := store.ParseAddress(text); err != nil || a.Moved() != moved {
			t.Errorf("%s: moved %v, %v", text, a.Moved(), err)
		}
	}
	folder, _ := store.ParseAddress("s3://b/run/")
	whole, _ := store.ParseAddress("s3://b/run")
	if folder.In("x").Key != "run/x" || whole.In("x").Key != "run" {
		t.Errorf("%s, %s", folder.In("x"), whole.In("x"))
	}
}
