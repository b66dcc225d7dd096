package site

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// command is something that a reader can run to see for themselves.
type command struct{ Why, Line string }

// commands are what a reader can run to see for themselves. Nothing that came
// from outside gets into a command unless it is an address or a plain host name.
func commands(s *site, p *target, page *addressPage) []command {
	addr, err := netip.ParseAddr(p.Name)
	if err != nil || addr.Zone() != "" {
		return judgeAgain(s)
	}
	target := netip.AddrPortFrom(addr, 443).String()
	out := []command{
		{"Measure the round trip from where you are. The host can be no further away than half of it, times 199.86 km for each millisecond:", "ping -c 10 " + addr.String()},
		{"Or let landfall measure it, with your own position:", "landfall probe " + target + " --vantage here@LAT,LON --out mine.jsonl"},
	}
	for _, item := range page.Items {
		if item.Proof != nil && len(item.Proof.Disks) > 0 {
			d := &item.Proof.Disks[0]
			out = append(out, command{"Or let other people's machines measure it, near the vantage of the first reply:",
				fmt.Sprintf("landfall probe %s --vantage globalping:point:%.2f,%.2f,%d --out theirs.jsonl", target, d.Lat, d.Lon, aroundKM)})
			break
		}
	}
	for _, e := range page.Endpoints {
		if plainHost.MatchString(e) {
			out = append(out, command{"The name may resolve to another address for you:", "dig +short " + e})
			break
		}
	}
	return append(out, judgeAgain(s)...)
}

// aroundKM is how far from a vantage others are asked: as far as there is mostly
// somebody.
const aroundKM = 300

// plainHost is a host name that means nothing else to a shell.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

var plainPath = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,200}$`)

func judgeAgain(s *site) []command {
	o := &s.view.Options
	if !plainPath.MatchString(o.EvidenceFile) || strings.HasPrefix(o.EvidenceFile, "-") {
		return nil
	}
	judge := "landfall judge "
	if plainPath.MatchString(o.ClaimsPath) && !strings.HasPrefix(o.ClaimsPath, "-") {
		judge += "--claims " + o.ClaimsPath + " "
	}
	return []command{{"Judge the evidence of this run again; the same verdicts come out, byte for byte:", judge + o.EvidenceFile}}
}
