package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/sources"
)

// Probe looks, and writes what was seen as evidence while the run goes on. Out is a
// file or an address in object storage here; where it is empty, the evidence goes
// to w. Nothing is judged and no data set is fetched: AdHoc, Window and Accepted
// have no effect.
func Probe(ctx context.Context, o Options, w io.Writer) error {
	p, sink, err := o.prepareProbe(ctx)
	if err != nil {
		return err
	}
	defer p.data.Close()
	ctx, cancel := o.Look.Within(ctx)
	defer cancel()
	path, err := sink.File(p.campaign.Now())
	if err != nil {
		return err
	}
	recording, err := p.campaign.Begin(path, w, p.planned)
	if err != nil {
		return err
	}
	summary, err := p.campaign.Run(ctx)
	err = join(err, recording.Close())
	if p.campaign.CutOff(ctx, summary) {
		err = fmt.Errorf("%w: nothing could be measured", sources.ErrNoNetwork)
	}
	return incomplete(err, sink.Upload(ctx, o.Look.Events, recording.Path, recording.Header.Run))
}

// DryProbe says what the next round of a probe would order of platforms, and orders
// nothing.
func DryProbe(ctx context.Context, o Options) (*campaign.DryRun, error) {
	p, _, err := o.prepareProbe(ctx)
	if err != nil {
		return nil, err
	}
	defer p.data.Close()
	ctx, cancel := o.Look.Within(ctx)
	defer cancel()
	return p.dryRun(ctx)
}

func (o *Options) prepareProbe(ctx context.Context) (*prepared, *archive.Sink, error) {
	p, err := o.check(ctx)
	if err != nil {
		return nil, nil, err
	}
	sink, err := archive.OpenSink(ctx, o.Out)
	if err != nil {
		return nil, nil, err
	}
	if o.Out != "" && o.Look.Resume != "" && !sink.Remote() {
		return nil, nil, errors.New("--resume goes on in its own file: leave out --out, or give one in object storage")
	}
	data := o.Data
	data.Offline = true
	return p, sink, p.open(ctx, data)
}
