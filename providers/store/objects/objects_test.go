package objects_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/storetest"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
)

func address(t *testing.T, form, key string) store.Address {
	t.Helper()
	a, err := store.ParseAddress(strings.Replace(form, "KEY", key, 1))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const line = `{"schema":"landfall.evidence/v1","run":"r","tool":"t","started":"2026-11-22T07:00:00Z"}` + "\n"

func TestPutAndEach(t *testing.T) {
	for name, serve := range map[string]func(*testing.T) string{"s3": storetest.S3Objects, "gs": storetest.GoogleObjects} {
		t.Run(name, func(t *testing.T) {
			form := serve(t)
			for _, key := range []string{"run/b.jsonl.zst", "run/a.jsonl", "run/c.jsonl.gz", "run/deeper/d.jsonl", "run/notes.txt", "other/e.jsonl"} {
				if err := objects.Put(t.Context(), address(t, form, key), strings.NewReader(line)); err != nil {
					t.Fatal(err)
				}
			}
			// Nothing that was collected is overwritten.
			again := objects.Put(t.Context(), address(t, form, "run/a.jsonl"), strings.NewReader("other"))
			if name == "gs" && (again == nil || !strings.Contains(again.Error(), "exists")) {
				t.Errorf("an object that exists: %v", again)
			}
			var names []string
			err := objects.Each(t.Context(), address(t, form, "run/*.jsonl*"), func(name string, r io.Reader) error {
				names = append(names, name)
				b, err := evidence.ReadAll(name, r)
				if err == nil && b.Header.Run != "r" {
					t.Errorf("%s: %+v", name, b.Header)
				}
				return err
			})
			want := strings.ReplaceAll("X://fleet/run/a.jsonl X://fleet/run/b.jsonl.zst X://fleet/run/c.jsonl.gz", "X", name)
			if err != nil || strings.Join(names, " ") != want {
				t.Errorf("%q, %v", names, err)
			}
			for _, nothing := range []string{"run/none-*", "none"} {
				if err := objects.Each(t.Context(), address(t, form, nothing), func(string, io.Reader) error { return nil }); err == nil || !strings.Contains(err.Error(), nothing) {
					t.Errorf("%s: %v", nothing, err)
				}
			}
		})
	}
}

// What ends early is not kept, and why is said.
func TestPutOfAPart(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, serve := range map[string]func(*testing.T) string{"s3": storetest.S3Objects, "gs": storetest.GoogleObjects} {
		t.Run(name, func(t *testing.T) {
			form := serve(t)
			for _, key := range []string{"run/part.jsonl", "run/part.jsonl.zst"} {
				whole := io.MultiReader(strings.NewReader(strings.Repeat(line, 1000)), iotest.ErrReader(broken))
				if err := objects.Put(t.Context(), address(t, form, key), whole); !errors.Is(err, broken) {
					t.Errorf("%s: %v", key, err)
				}
				if err := objects.Each(t.Context(), address(t, form, key), func(string, io.Reader) error { return nil }); err == nil {
					t.Errorf("%s: a part is there", key)
				}
			}
		})
	}
}

func TestPutToAFolder(t *testing.T) {
	if err := objects.Put(t.Context(), address(t, "s3://b/KEY", "run/"), new(bytes.Buffer)); err == nil {
		t.Error("a folder is written to")
	}
}
