package audit

import (
	"context"
	"errors"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/providers"
)

// prepared is all that a run needs, checked before anything is probed.
type prepared struct {
	planned  []string // the targets, as the user named them
	sheets   []*providers.Sheet
	campaign *campaign.Campaign
	data     *sources.Opened
}

// prepare checks what is asked for and opens the data sets of an audit.
func (o *Options) prepare(ctx context.Context) (*prepared, error) {
	claim, err := o.AdHoc.Claim()
	if err != nil {
		return nil, err
	}
	p, err := o.check(ctx)
	if err != nil {
		return nil, err
	}
	if err := target.Attach(claim, p.sheets); err != nil {
		return nil, err
	}
	data := o.Data
	data.Offline = data.Offline || target.OnlyBuckets(p.campaign.Targets())
	return p, p.open(ctx, data)
}

// check reads the targets and what is to be known before they are contacted.
func (o *Options) check(ctx context.Context) (*prepared, error) {
	o.Look = o.Look.WithDefaults()
	list := target.List{Names: o.Targets, Files: o.TargetFiles, Claims: o.Claims, In: o.In, Clouds: o.Look.Clouds}
	p := &prepared{}
	var err error
	var unlisted *target.ListError
	if p.planned, err = list.Expand(ctx); errors.As(err, &unlisted) {
		return nil, incomplete(err)
	} else if err != nil {
		return nil, err
	}
	var sheetsErr error
	p.sheets, sheetsErr = o.sheets(p.planned)
	if p.campaign, err = campaign.New(o.Look, p.sheets); sheetsErr != nil || err != nil {
		return nil, errors.Join(sheetsErr, err)
	}
	return p, nil
}

// sheets returns the sheets of targets and claims files, and copies of those that
// were read already.
func (o *Options) sheets(targets []string) ([]*providers.Sheet, error) {
	if len(o.Sheets) == 0 {
		return target.Sheets(targets, o.Claims)
	}
	var out []*providers.Sheet
	if len(targets)+len(o.Claims) > 0 {
		named, err := target.Sheets(targets, o.Claims)
		if err != nil {
			return nil, err
		}
		out = named
	}
	for _, sheet := range o.Sheets {
		copied := *sheet
		out = append(out, &copied)
	}
	return out, providers.CheckUnique(out)
}

// open opens the data sets that addresses are looked up in.
func (p *prepared) open(ctx context.Context, o sources.Options) error {
	var err error
	if p.data, err = o.Open(ctx, p.campaign.Now(), p.campaign.Events); err != nil {
		return err
	}
	p.campaign.Consult(p.data)
	return nil
}

func (p *prepared) dryRun(ctx context.Context) (*campaign.DryRun, error) {
	next, err := p.campaign.DryRun(ctx)
	var unreached *campaign.ConnectError
	if errors.As(err, &unreached) {
		return nil, incomplete(err)
	}
	return next, err
}
