package gcs

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/landfall-audit/landfall/internal/storetest"
)

// transfersOf tells what is said of a bucket's transfers, in lines.
func transfersOf(t *testing.T, c *Cloud, name string, anonymous bool) []string {
	t.Helper()
	lines := storetest.Said(c.Locate(t.Context(), bucket(name), anonymous))
	return slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, transferAPI) })
}

// TestTransfers: jobs and replications of the user's project copy a bucket to
// others, which are where Google says that they are.
func TestTransfers(t *testing.T) {
	recorded := storetest.Load(t, "testdata/recorded.txtar")
	storetest.Settings(t, storetest.GoogleUser(t, http.StatusOK)...)
	c := New(storetest.Serve(t, recorded).Client)
	for name, want := range map[string]string{
		"zonal": "transferJobs.list: [gs://pair, gcp:europe-north1, transfer job transferJobs/1] [gs://pair, gcp:europe-west4, transfer job transferJobs/1] [gs://closed, transfer job transferJobs/2] " +
			"[file system /backup, transfer job transferJobs/4] [gs://odd, gcp:mars-north1, replication transferJobs/6] " +
			"(the transfer job transferJobs/3 to gs://asia gcp-geo:asia is switched off; copies that it made before may still be there)",
		"area": "transferJobs.list:",
	} {
		if got := transfersOf(t, c, name, false); len(got) != 1 || got[0] != want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
	if n := strings.Count(strings.Join(recorded.Asked(), "\n"), "/v1/transferJobs"); n != 2 {
		t.Errorf("the jobs of the project were asked for %d times", n)
	}
	if got := transfersOf(t, c, "zonal", true); len(got) != 0 {
		t.Errorf("without credentials: %q", got)
	}
	for project, want := range map[string]string{
		"off":    "other! transferJobs.list: the Storage Transfer API is off in the project",
		"closed": "denied! transferJobs.list: the credentials may not ask this; the permission storagetransfer.jobs.list would help",
	} {
		storetest.Settings(t, append(storetest.GoogleUser(t, http.StatusOK), "GOOGLE_CLOUD_PROJECT="+project)...)
		if got := transfersOf(t, New(storetest.Serve(t, recorded).Client), "zonal", false); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", project, got)
		}
	}
}

// TestBadTransfers meets what the list of jobs may be.
func TestBadTransfers(t *testing.T) {
	const replica = "[gs://copy, transfer job transferJobs/1]"
	jobs := func(more string) string {
		return `{"transferJobs": [{"name": "transferJobs/1", "status": "ENABLED", "transferSpec": {"gcsDataSource": {"bucketName": "zonal"}, "gcsDataSink": {"bucketName": "copy"}}}` + more
	}
	for name, tc := range map[string]struct {
		answer func(w http.ResponseWriter, replications bool)
		want   []string
	}{
		"Broken": {func(w http.ResponseWriter, _ bool) { w.WriteHeader(http.StatusNotImplemented) }, []string{"http! transferJobs.list: the server answered with status 501"}},
		// What one list gives is kept where the other is refused.
		"Half": {func(w http.ResponseWriter, replications bool) {
			if replications {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			_, _ = io.WriteString(w, jobs("]}"))
		}, []string{"transferJobs.list: " + replica, "denied! transferJobs.list: the credentials may not ask this; the permission storagetransfer.jobs.list would help"}},
		"PagesForEver": {func(w http.ResponseWriter, _ bool) { _, _ = io.WriteString(w, `{"nextPageToken": "again"}`) },
			[]string{"http! transferJobs.list: the list has more than 100 pages; the rest was not read"}},
		// Jobs lead to and from other things than buckets.
		"OtherPlaces": {func(w http.ResponseWriter, replications bool) {
			if replications {
				_, _ = io.WriteString(w, `{"transferJobs": [{"name": "transferJobs/2", "replicationSpec": {"gcsDataSource": {"bucketName": "zonal"}}}, {"name": "transferJobs/3", "replicationSpec": {"gcsDataSink": {"bucketName": "zonal"}}}]}`)
				return
			}
			_, _ = io.WriteString(w, jobs(`, {"name": "transferJobs/4", "transferSpec": {"posixDataSource": {"rootDirectory": "/"}, "posixDataSink": {"rootDirectory": "/"}}},
				{"name": "transferJobs/5", "transferSpec": {"gcsDataSource": {"bucketName": "zonal"}}}, {"name": "transferJobs/6"}]}`))
		}, []string{"transferJobs.list: " + replica}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Settings(t, storetest.GoogleUser(t, http.StatusOK)...)
			recorded := storetest.Load(t, "testdata/recorded.txtar")
			pages := 0
			c := New(storetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/transferJobs" {
					recorded.ServeHTTP(w, r)
					return
				}
				pages++
				tc.answer(w, strings.Contains(r.URL.Query().Get("filter"), replications))
			})).Client)
			if got := transfersOf(t, c, "zonal", false); !slices.Equal(got, tc.want) {
				t.Errorf("\ngot  %q\nwant %q", got, tc.want)
			}
			if pages > 2*(maxPages+1) {
				t.Errorf("%d pages were read", pages)
			}
		})
	}
}

// TestNoProject: of a user who logged in and named no project, none is known.
func TestNoProject(t *testing.T) {
	storetest.Settings(t)
	if _, err := New(nil).transfers(t.Context(), &session{}, bucket("zonal")); err == nil || !strings.Contains(err.Error(), "set GOOGLE_CLOUD_PROJECT") {
		t.Errorf("got %v", err)
	}
}
