package fakeplatform

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// base is what both platforms are made of: machines that measure, an interface
// over HTTP, and a ledger of what was ordered.
type base struct {
	*ledger
	Options
	machines []*machine
	mux      *http.ServeMux
	ctx      context.Context
	stop     context.CancelFunc
	tests    sync.WaitGroup
}

func newBase(s *scenario.Scenario, platform scenario.Service, o Options) *base {
	b := &base{ledger: newLedger(), Options: o, machines: machinesOf(s, platform), mux: http.NewServeMux()}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// Close ends the platform and what it measures.
func (b *base) Close() error {
	b.stop()
	b.tests.Wait()
	var errs []error
	for _, m := range b.machines {
		errs = append(errs, m.close())
	}
	return errors.Join(errs...)
}

// ServeHTTP answers as the API does.
func (b *base) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.Instead != nil && b.Instead(w, r) {
		return
	}
	b.mux.ServeHTTP(w, r)
}

// measure does a test beside others, and keeps its result no sooner than a
// measurement takes.
func (b *base) measure(test func(context.Context) map[string]any, keep func(result map[string]any)) {
	began := time.Now()
	b.tests.Go(func() {
		result := test(b.ctx)
		select {
		case <-time.After(b.Takes - time.Since(began)):
		case <-b.ctx.Done():
		}
		keep(result)
	})
}
