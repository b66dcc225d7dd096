package fakenet

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakenet/tcpstack"
)

// World is a scenario that runs, as it is from one vantage. It answers what is
// read from a device, and needs nothing else of the system.
type World struct {
	view     *view
	device   io.ReadWriteCloser
	fabric   *fabric
	pacer    *pacer
	stack    *tcpstack.Stack
	services *services
	workers  sync.WaitGroup
}

// newWorld starts a world behind a device that gives and takes one IP packet a
// call. Its reads end when it is closed.
func newWorld(s *scenario.Scenario, vantage string, device io.ReadWriteCloser, platforms ...Platform) (*World, error) {
	if s.Landmarks {
		return nil, scenario.ErrLandmarks
	}
	v, err := newView(s, vantage)
	if err != nil {
		return nil, err
	}
	w := &World{view: v, device: device}
	if w.services, err = newServices(v, platforms); err != nil {
		return nil, err
	}
	w.pacer, err = newPacer(func(raw []byte) {
		_, _ = device.Write(raw) // a full or closed device loses packets, as every queue does
	})
	if err != nil {
		return nil, errors.Join(err, w.services.close())
	}
	w.fabric = newFabric(v, w.pacer)
	w.stack, err = tcpstack.Serve(v.addrs(), func(raw []byte) { w.fabric.outbound(raw, time.Now()) }, w.serve)
	if err != nil {
		w.pacer.close()
		return nil, errors.Join(err, w.services.close())
	}
	w.fabric.tcp, w.fabric.udp = w.stack.Deliver, w.services.datagram
	w.services.start()
	w.workers.Add(1)
	go w.read()
	return w, nil
}

// addrs returns every address of the world. Those of the vantage are among them,
// though the stack never answers for them: it looks for who a packet is from
// among its own addresses, and where it finds nobody it has compared them all.
func (v *view) addrs() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, addr := range v.vantage.Addrs {
			if !yield(addr) {
				return
			}
		}
		maps.Keys(v.nodes)(yield)
	}
}

// read takes packets from the device until it is closed.
func (w *World) read() {
	defer w.workers.Done()
	buffer := make([]byte, 1<<16)
	for {
		n, err := w.device.Read(buffer)
		if err != nil {
			return // closed, by close alone
		}
		at := time.Now()
		// The stack, and answers that wait, keep the packet.
		w.fabric.inbound(append([]byte(nil), buffer[:n]...), at)
	}
}

// serve answers who wants to open a connection.
func (w *World) serve(r *tcpstack.Request) {
	_, host := r.Ends()
	n := w.view.nodes[host.Addr()]
	if n == nil {
		r.Refuse()
		return
	}
	state, service := n.state(host.Port())
	_, box := n.answering(host.Port())
	if state == scenario.Closed && box == nil || box != nil && box.box.Refuses {
		r.Refuse()
		return
	}
	conn, err := r.Accept()
	if err != nil {
		return // the vantage went away
	}
	w.services.take(conn, n, host.Port(), service, state, box)
}

// close ends everything that the world started, and waits for it.
func (w *World) close() error {
	err := w.device.Close()
	w.workers.Wait()
	err = errors.Join(err, w.services.close())
	w.stack.Close()
	w.pacer.close()
	if err != nil && !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("ending the simulated internet: %w", err)
	}
	return nil
}
