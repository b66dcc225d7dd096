package bucket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/evidence/bucket"
)

// s3 returns the address of a bucket of an S3 server.
func s3(t *testing.T) string {
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

// gcs returns the address of a bucket of a Google Cloud Storage server.
func gcs(t *testing.T) string {
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

func address(t *testing.T, form, key string) bucket.Address {
	t.Helper()
	a, err := bucket.Parse(strings.Replace(form, "KEY", key, 1))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const line = `{"schema":"landfall.evidence/v1","run":"r","tool":"t","started":"2026-11-22T07:00:00Z"}` + "\n"

func TestPutAndEach(t *testing.T) {
	for name, serve := range map[string]func(*testing.T) string{"s3": s3, "gs": gcs} {
		t.Run(name, func(t *testing.T) {
			form := serve(t)
			for _, key := range []string{"run/b.jsonl.zst", "run/a.jsonl", "run/c.jsonl.gz", "run/deeper/d.jsonl", "run/notes.txt", "other/e.jsonl"} {
				if err := bucket.Put(t.Context(), address(t, form, key), strings.NewReader(line)); err != nil {
					t.Fatal(err)
				}
			}
			// Nothing that was collected is overwritten.
			again := bucket.Put(t.Context(), address(t, form, "run/a.jsonl"), strings.NewReader("other"))
			if name == "gs" && (again == nil || !strings.Contains(again.Error(), "exists")) {
				t.Errorf("an object that exists: %v", again)
			}
			var names []string
			err := bucket.Each(t.Context(), address(t, form, "run/*.jsonl*"), func(name string, r io.Reader) error {
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
				if err := bucket.Each(t.Context(), address(t, form, nothing), func(string, io.Reader) error { return nil }); err == nil || !strings.Contains(err.Error(), nothing) {
					t.Errorf("%s: %v", nothing, err)
				}
			}
		})
	}
}

// What ends early is not kept, and why is said.
func TestPutOfAPart(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, serve := range map[string]func(*testing.T) string{"s3": s3, "gs": gcs} {
		t.Run(name, func(t *testing.T) {
			form := serve(t)
			for _, key := range []string{"run/part.jsonl", "run/part.jsonl.zst"} {
				whole := io.MultiReader(strings.NewReader(strings.Repeat(line, 1000)), iotest.ErrReader(broken))
				if err := bucket.Put(t.Context(), address(t, form, key), whole); !errors.Is(err, broken) {
					t.Errorf("%s: %v", key, err)
				}
				if err := bucket.Each(t.Context(), address(t, form, key), func(string, io.Reader) error { return nil }); err == nil {
					t.Errorf("%s: a part is there", key)
				}
			}
		})
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"s3://b/run/x.jsonl?region=eu-central-1": "s3://b/run/x.jsonl", "azblob://acc/con/run/": "azblob://acc/con/run/", "gs://b": "gs://b/",
		"s3://": "", "s3:///k": "", "azblob://acc": "", "https://b/k": "", "file.jsonl": "", "s3://key:secret@b/k": "",
	} {
		a, err := bucket.Parse(text)
		if got := a.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
		if err != nil && strings.Contains(text, "secret") && strings.Contains(err.Error(), "secret") {
			t.Errorf("an error tells the secret: %v", err)
		}
	}
	for text, moved := range map[string]bool{
		"azblob://acc/con": false, "azblob://acc/con/k?domain=blob.example.com": true, "azblob://acc/con?protocol=http": true, "s3://b?endpoint=https://s3.example.com": false,
	} {
		if a, err := bucket.Parse(text); err != nil || a.Moved() != moved {
			t.Errorf("%s: moved %v, %v", text, a.Moved(), err)
		}
	}
	folder, _ := bucket.Parse("s3://b/run/")
	whole, _ := bucket.Parse("s3://b/run")
	if folder.In("x").Key != "run/x" || whole.In("x").Key != "run" {
		t.Errorf("%s, %s", folder.In("x"), whole.In("x"))
	}
	if err := bucket.Put(t.Context(), folder, new(bytes.Buffer)); err == nil {
		t.Error("a folder is written to")
	}
}
