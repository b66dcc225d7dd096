package fakenet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/packet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// view is a scenario as it is from one vantage: who answers at which address,
// and after what time.
type view struct {
	scenario *scenario.Scenario
	vantage  *scenario.Vantage
	nodes    map[netip.Addr]*node
	hosts    map[string]*node
}

// node is a host, or a router as a host.
type node struct {
	host   *scenario.Host
	at     scenario.Place
	web    *scenario.Web
	path   *path         // to the host
	boxes  []interceptor // what answers in its place
	ports  map[uint16]scenario.Port
	moved  map[uint16]*path // to where packets to a port are forwarded
	sealed bool             // a firewall lets nothing through to it
	router bool
}

// path is the way from the vantage to who answers.
type path struct {
	rtt     time.Duration // there and back, without jitter
	jitter  time.Duration
	loss    float64
	hops    []hop
	backlog *lane
}

// hop is a router on a path.
type hop struct {
	router *scenario.Router
	rtt    time.Duration
}

// addr returns the router's address of a packet's family.
func (h hop) addr(is6 bool) netip.Addr {
	for _, a := range h.router.Addrs {
		if a.Is6() == is6 {
			return a
		}
	}
	return netip.Addr{}
}

// interceptor is a middlebox on the path to a host.
type interceptor struct {
	box  *scenario.Middlebox
	path *path
}

// newView works out what the scenario looks like from the vantage of that name.
// The scenario is one that passed its checks.
func newView(s *scenario.Scenario, vantage string) (*view, error) {
	v := &view{scenario: s, nodes: map[netip.Addr]*node{}, hosts: map[string]*node{}}
	for i := range s.Vantages {
		if s.Vantages[i].Name == vantage {
			v.vantage = &s.Vantages[i]
		}
	}
	if v.vantage == nil {
		return nil, fmt.Errorf("the scenario %s has no vantage %q", s.Name, vantage)
	}
	routers := map[string]*scenario.Router{}
	for i := range s.Routers {
		routers[s.Routers[i].Name] = &s.Routers[i]
	}
	for i := range s.Hosts {
		if n := v.nodeOf(&s.Hosts[i], routers); slices.Contains(v.vantage.Unreachable, n.host.Name) {
			v.hosts[n.host.Name] = n // names lead to it all the same
		} else {
			v.add(n)
		}
	}
	for i := range s.Routers {
		v.addRouter(&s.Routers[i], routers)
	}
	return v, nil
}

func (v *view) add(n *node) {
	v.hosts[n.host.Name] = n
	for _, a := range n.host.Addrs {
		v.nodes[a] = n
	}
}

// nodeOf returns the host as it answers here: of an anycast host, the site that
// is nearest as the light runs.
func (v *view) nodeOf(h *scenario.Host, routers map[string]*scenario.Router) *node {
	n := &node{host: h, web: &h.Web, ports: map[uint16]scenario.Port{}, moved: map[uint16]*path{}}
	for _, p := range h.Ports {
		n.ports[p.Port] = p
		if p.At != nil {
			n.moved[p.Port] = v.pathTo(h, *p.At, h.Via, routers)
		}
	}
	if h.At != nil {
		n.at, n.path = *h.At, v.pathTo(h, *h.At, h.Via, routers)
	}
	for i := range h.Sites {
		site := &h.Sites[i]
		way := v.pathTo(h, site.At, append(h.Via[:len(h.Via):len(h.Via)], site.Via...), routers)
		if n.path == nil || way.rtt < n.path.rtt {
			n.at, n.path, n.web = site.At, way, &h.Web
			if site.Web != nil {
				n.web = site.Web
			}
		}
	}
	v.intercept(n, routers)
	return n
}

// addRouter makes a router answer echo requests to its own addresses, at the
// end of the vantage's own routers up to it.
func (v *view) addRouter(r *scenario.Router, routers map[string]*scenario.Router) {
	if r.Silent || len(r.Addrs) == 0 {
		return
	}
	h := &scenario.Host{Name: r.Name, Addrs: r.Addrs, At: &r.At, Others: scenario.Filtered, PTR: r.PTR}
	n := v.nodeOf(h, routers)
	n.router, n.boxes, n.sealed = true, nil, false
	for _, other := range v.scenario.Hosts {
		known := v.hosts[other.Name]
		for i, hop := range known.path.hops {
			if hop.router == r { // as far as it is as a step on the way
				n.path.rtt, n.path.hops = hop.rtt, known.path.hops[:i]
			}
		}
	}
	for _, a := range r.Addrs {
		v.nodes[a] = n
	}
}

// pathTo measures the way through the vantage's own routers and those of the
// host: the sum of its legs, each as long as the great circle times the stretch.
func (v *view) pathTo(h *scenario.Host, at scenario.Place, via []string, routers map[string]*scenario.Router) *path {
	stretch := max(h.Stretch, 1)
	way := &path{jitter: scenario.Milliseconds(h.JitterMS), loss: h.Loss, backlog: new(lane)}
	here, km := v.vantage.At, 0.0
	for i, name := range append(v.vantage.Via[:len(v.vantage.Via):len(v.vantage.Via)], via...) {
		r := routers[name]
		if i == len(v.vantage.Via) {
			here, km = v.throughTunnel(h, here, km)
		}
		km += here.KM(r.At) * stretch
		here = r.At
		way.hops = append(way.hops, hop{r, 2 * scenario.OneWay(km)})
	}
	if len(via) == 0 {
		here, km = v.throughTunnel(h, here, km)
	}
	km += here.KM(at) * stretch
	way.rtt = 2*scenario.OneWay(km) + scenario.Milliseconds(h.ExtraMS)
	return way
}

// throughTunnel takes a way to a host on to the exit of the vantage's tunnel,
// where it has one that packets to the host go through.
func (v *view) throughTunnel(h *scenario.Host, here scenario.Place, km float64) (scenario.Place, float64) {
	t := v.vantage.Tunnel
	if t == nil || slices.Contains(t.Except, h.Name) {
		return here, km
	}
	return t.Exit, km + here.KM(t.Exit)
}

// intercept puts the vantage's middleboxes on the path to a host.
func (v *view) intercept(n *node, routers map[string]*scenario.Router) {
	for i := range v.vantage.Middleboxes {
		box := &v.vantage.Middleboxes[i]
		if len(box.Hosts) > 0 && !slices.Contains(box.Hosts, n.host.Name) {
			continue
		}
		n.boxes = append(n.boxes, interceptor{box, v.pathTo(&scenario.Host{Name: n.host.Name}, box.At, nil, routers)})
		n.sealed = n.sealed || box.Refuses
	}
}

// answering returns the path of what answers TCP at a port: the host's, or that
// of a middlebox, which is returned too.
func (n *node) answering(port uint16) (*path, *interceptor) {
	for i := range n.boxes {
		if slices.Contains(n.boxes[i].box.Ports, port) {
			return n.boxes[i].path, &n.boxes[i]
		}
	}
	return n.direct(port), nil
}

// direct returns the path to a port with no middlebox on it.
func (n *node) direct(port uint16) *path {
	if way := n.moved[port]; way != nil {
		return way
	}
	return n.path
}

// lag is how much longer than a handshake an answer over a connection takes:
// the way on from who took the connection to the server, there and back.
func (n *node) lag(port uint16, box *interceptor) time.Duration {
	var lag time.Duration
	if behind := n.ports[port].Behind; behind != nil {
		lag = 2 * scenario.OneWay(n.place(port).KM(*behind))
	}
	if box != nil {
		lag += max(0, n.direct(port).rtt-box.path.rtt)
	}
	return lag
}

// place is where packets to a port get to.
func (n *node) place(port uint16) scenario.Place {
	if at := n.ports[port].At; at != nil {
		return *at
	}
	return n.at
}

// webOf returns what is answered to requests at a port, and where.
func (n *node) webOf(port uint16) (*scenario.Web, scenario.Place) {
	p, at := n.ports[port], n.place(port)
	if p.Behind != nil {
		at = *p.Behind
	}
	if p.Web != nil {
		return p.Web, at
	}
	return n.web, at
}

// state returns what a port does.
func (n *node) state(port uint16) (scenario.PortState, scenario.Service) {
	if p, listed := n.ports[port]; listed {
		if p.State == "" {
			return scenario.Open, p.Service
		}
		return p.State, p.Service
	}
	if n.host.Others == "" {
		return scenario.Closed, ""
	}
	return n.host.Others, ""
}

// arrivalTTL is the hop limit that a packet from the end of the path has left.
func (w *path) arrivalTTL() uint8 { return uint8(packet.HostTTL - min(len(w.hops), packet.HostTTL-1)) }
