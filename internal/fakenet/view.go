package fakenet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// view is a scenario as it is from one vantage: who answers at which address,
// and after what time.
type view struct {
	scenario *Scenario
	vantage  *Vantage
	nodes    map[netip.Addr]*node
	hosts    map[string]*node
}

// node is a host, or a router as a host.
type node struct {
	host   *Host
	at     Place
	web    *Web
	path   *path         // to the host
	boxes  []interceptor // what answers in its place
	ports  map[uint16]Port
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
	router *Router
	rtt    time.Duration
}

// addr gives the router's address of a packet's family.
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
	box  *Middlebox
	path *path
	lag  time.Duration // between the middlebox and the host, there and back
}

// newView works out what the scenario looks like from the vantage of that name.
// The scenario is one that passed its checks.
func newView(s *Scenario, vantage string) (*view, error) {
	v := &view{scenario: s, nodes: map[netip.Addr]*node{}, hosts: map[string]*node{}}
	for i := range s.Vantages {
		if s.Vantages[i].Name == vantage {
			v.vantage = &s.Vantages[i]
		}
	}
	if v.vantage == nil {
		return nil, fmt.Errorf("the scenario %s has no vantage %q", s.Name, vantage)
	}
	routers := map[string]*Router{}
	for i := range s.Routers {
		routers[s.Routers[i].Name] = &s.Routers[i]
	}
	for i := range s.Hosts {
		v.add(v.nodeOf(&s.Hosts[i], routers))
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

// nodeOf gives the host as it answers here: of an anycast host, the site that
// is nearest as the light runs.
func (v *view) nodeOf(h *Host, routers map[string]*Router) *node {
	n := &node{host: h, web: &h.Web, ports: map[uint16]Port{}}
	for _, p := range h.Ports {
		n.ports[p.Port] = p
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
func (v *view) addRouter(r *Router, routers map[string]*Router) {
	if r.Silent || len(r.Addrs) == 0 {
		return
	}
	h := &Host{Name: r.Name, Addrs: r.Addrs, At: &r.At, Others: Filtered, PTR: r.PTR}
	n := v.nodeOf(h, routers)
	n.router, n.boxes = true, nil
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
func (v *view) pathTo(h *Host, at Place, via []string, routers map[string]*Router) *path {
	stretch := max(h.Stretch, 1)
	way := &path{jitter: milliseconds(h.JitterMS), loss: h.Loss, backlog: new(lane)}
	here, km := v.vantage.At, 0.0
	for _, name := range append(v.vantage.Via[:len(v.vantage.Via):len(v.vantage.Via)], via...) {
		r := routers[name]
		km += here.KM(r.At) * stretch
		here = r.At
		way.hops = append(way.hops, hop{r, 2 * oneWay(km)})
	}
	km += here.KM(at) * stretch
	way.rtt = 2*oneWay(km) + milliseconds(h.ExtraMS)
	return way
}

// intercept puts the vantage's middleboxes on the path to a host.
func (v *view) intercept(n *node, routers map[string]*Router) {
	for i := range v.vantage.Middleboxes {
		box := &v.vantage.Middleboxes[i]
		if len(box.Hosts) > 0 && !slices.Contains(box.Hosts, n.host.Name) {
			continue
		}
		way := v.pathTo(&Host{}, box.At, nil, routers)
		n.boxes = append(n.boxes, interceptor{box, way, max(0, n.path.rtt-way.rtt)})
	}
}

// answering gives the path of what answers TCP at a port: the host's, or that
// of a middlebox, which is given too.
func (n *node) answering(port uint16) (*path, *interceptor) {
	for i := range n.boxes {
		if slices.Contains(n.boxes[i].box.Ports, port) {
			return n.boxes[i].path, &n.boxes[i]
		}
	}
	return n.path, nil
}

// state gives what a port does.
func (n *node) state(port uint16) (PortState, Service) {
	if p, listed := n.ports[port]; listed {
		if p.State == "" {
			return Open, p.Service
		}
		return p.State, p.Service
	}
	if n.host.Others == "" {
		return Closed, ""
	}
	return n.host.Others, ""
}

// arrivalTTL is the hop limit that a packet from the end of the path has left.
func (w *path) arrivalTTL() uint8 { return uint8(hostTTL - min(len(w.hops), hostTTL-1)) }
