package fakeplatform_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakeplatform"
	"github.com/landfall-audit/landfall/internal/needs"
)

const token = "official-token"

// TestHoldsAWorld is how this test program is started again to hold a world.
func TestHoldsAWorld(t *testing.T) {
	fakenet.Main(fakeplatform.GlobalpingPlatform(fakeplatform.Options{Token: token, Credits: 5, Limit: 30}))
	if fakenet.Inside() {
		t.Error("a world without a command came back")
	}
}

// script drives the platform with the client that Globalping itself writes, and
// prints what it understands.
const script = `
const { Globalping } = require(process.argv[1]);
(async () => {
	const said = {};
	const gp = new Globalping({ auth: process.argv[2] });
	said.probes = (await gp.listProbes()).data.length;
	const limits = (await gp.getLimits()).data;
	said.limit = limits.rateLimit.measurements.create.limit;
	said.credits = limits.credits.remaining;
	for (const order of [
		{ type: 'ping', target: '203.0.113.20', locations: [{ city: 'Singapore', limit: 2 }], measurementOptions: { packets: 4, protocol: 'TCP', port: 443 } },
		{ type: 'ping', target: 'photos.far.example', locations: [{ magic: 'singapore' }], limit: 1 },
		{ type: 'traceroute', target: '203.0.113.20', locations: [{ country: 'FR' }], limit: 1 },
		{ type: 'mtr', target: '203.0.113.20', locations: [{ asn: 64531 }], limit: 1 },
		{ type: 'dns', target: 'photos.far.example', locations: [{ magic: 'DE' }], limit: 1 },
	]) {
		const made = await gp.createMeasurement(order);
		if (!made.ok) throw new Error(order.type + ' ' + JSON.stringify(made.data));
		const done = await gp.awaitMeasurement(made.data.id);
		if (!done.ok || !Globalping.isFinished && done.data.status !== 'finished') throw new Error(JSON.stringify(done.data));
		const key = order.type + ' ' + order.target;
		said[key] = done.data.results.map(r => r.result.stats ? r.result.stats.rcv : (r.result.hops || r.result.answers).length);
	}
	const again = await gp.createMeasurement({ type: 'ping', target: '203.0.113.20', locations: [{ magic: 'nowhere' }] });
	said.nowhere = [again.ok, again.response.status, again.data.error.type];
	const bad = await gp.createMeasurement({ type: 'ping', target: '127.0.0.1' });
	said.bad = [bad.ok, bad.response.status, bad.data.error.type];
	const stranger = await new Globalping({ auth: 'wrong' }).getLimits();
	said.stranger = [stranger.ok, stranger.response.status];
	const lost = await gp.getMeasurement('nope');
	said.lost = [lost.ok, lost.response.status, lost.data.error.type];
	const much = await gp.createMeasurement({ type: 'ping', target: '203.0.113.20', locations: [{ magic: 'world', limit: 22 }] });
	const more = await gp.createMeasurement({ type: 'ping', target: '203.0.113.20', locations: [{ magic: 'world', limit: 22 }] });
	said.more = [much.ok, more.ok, more.response.status, more.data.error.type, Number(more.response.headers.get('X-RateLimit-Remaining'))];
	console.log(JSON.stringify(said));
})().catch(e => { console.error(e); process.exit(1); });
`

// What the official client of Globalping expects of the platform, it finds.
func TestOfficialClient(t *testing.T) {
	needs.Program(t, "node")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	client := filepath.Join(cache, "landfall-tests", "globalping", "dist", "cjs", "bundle.cjs")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(client); err != nil || missing != nil {
		needs.Missing(t, "LANDFALL_NEED_GLOBALPING", fmt.Sprintf("node and the package globalping are not there (sh .ci/need fetches it): %v", errors.Join(err, missing)))
	}
	s, err := scenario.Named("from-everywhere")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	err = fakenet.Run(t.Context(), s, "virginia", fakenet.Job{
		Again: []string{"-test.run=^TestHoldsAWorld$"}, Path: "/bin/sh",
		Args:   []string{"sh", "-c", `NODE_EXTRA_CA_CERTS="$SSL_CERT_FILE" exec "$0" "$@"`, node, "-e", script, client, token},
		Stdout: &out, Stderr: &errs,
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	var got, want any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	const expected = `{"probes":22,"limit":30,"credits":5,"ping 203.0.113.20":[4,4],"ping photos.far.example":[3],"traceroute 203.0.113.20":[1],
		"mtr 203.0.113.20":[1],"dns photos.far.example":[1],"nowhere":[false,422,"no_probes_found"],"bad":[false,400,"validation_error"],
		"stranger":[false,401],"lost":[false,404,"not_found"],"more":[true,false,429,"too_many_requests",2]}`
	if err := json.Unmarshal([]byte(expected), &want); err != nil {
		t.Fatal(err)
	}
	g, _ := json.MarshalIndent(got, "", " ")
	w, _ := json.MarshalIndent(want, "", " ")
	if !bytes.Equal(g, w) {
		t.Errorf("the client says %s\nexpected %s", g, w)
	}
}
