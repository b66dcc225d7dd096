package atlas

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/probe"
)

// maxExisting bounds how many measurements of others are looked at for an
// address.
const maxExisting = 3

var _ platform.Library = (*Client)(nil)

// others is a measurement of somebody's, as the API lists it.
type others struct {
	ID           int
	Type         string
	Status       struct{ ID int }
	Start        int64 `json:"start_time"` // seconds since 1970
	Stop         int64 `json:"stop_time"`  // 0: it has no end
	Participants int   `json:"participant_count"`
}

// tells reports whether it tells round trips, of a time since.
func (m *others) tells(since time.Time) bool {
	timed := m.Type == platform.TypePing || m.Type == platform.TypeTraceroute
	return timed && (m.Status.ID == statusOngoing || max(m.Start, m.Stop) >= since.Unix())
}

// Existing looks for public measurements of an address (Listing and Filtering
// Measurements), among the newest of them.
func (c *Client) Existing(ctx context.Context, addr netip.Addr, since time.Time) ([]string, error) {
	const fields = "id,type,status,start_time,stop_time,participant_count"
	body, _, err := c.API.Get(ctx, fmt.Sprintf("/api/v2/measurements/?target_ip=%s&is_public=true&sort=-id&fields=%s&page_size=%d", url.QueryEscape(addr.Unmap().String()), fields, pageSize))
	if err != nil {
		return nil, fmt.Errorf("asking RIPE Atlas for measurements of %s: %w", addr, err)
	}
	var list struct{ Results []others }
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, probe.Fail(evidence.ClassHTTP, "the measurements of %s that RIPE Atlas lists: %w", addr, err)
	}
	found := slices.DeleteFunc(list.Results, func(m others) bool { return !m.tells(since) })
	slices.SortStableFunc(found, func(a, b others) int { return cmp.Compare(b.Participants, a.Participants) })
	var out []string
	for _, m := range found[:min(len(found), maxExisting)] {
		out = append(out, strconv.Itoa(m.ID))
	}
	return out, nil
}

// Latest returns the newest result of each probe (Results and Latest), in the form
// of [Client.Fetch].
func (c *Client) Latest(ctx context.Context, id string) (platform.Answer, error) {
	if strings.Trim(id, "0123456789") != "" || id == "" {
		return platform.Answer{}, probe.Fail(evidence.ClassOther, "%q is no measurement of RIPE Atlas; its number is expected", id)
	}
	body, _, err := c.API.Get(ctx, "/api/v2/measurements/"+id+"/latest/?format=json")
	if err != nil {
		return platform.Answer{}, fmt.Errorf("asking RIPE Atlas for the latest results of %s: %w", id, err)
	}
	var byProbe map[string][]json.RawMessage
	if err := json.Unmarshal(body, &byProbe); err != nil {
		return platform.Answer{}, probe.Fail(evidence.ClassHTTP, "the latest results of RIPE Atlas's measurement %s: %w", id, err)
	}
	list := []json.RawMessage{}
	for _, key := range slices.Sorted(maps.Keys(byProbe)) {
		list = append(list, byProbe[key]...)
	}
	results, err := json.Marshal(list)
	if err != nil {
		return platform.Answer{}, fmt.Errorf("the latest results of RIPE Atlas's measurement %s: %w", id, err)
	}
	return c.withProbes(ctx, answer{Results: results})
}
