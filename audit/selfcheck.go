package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/evidence"
)

// Selfcheck tests whether this machine can be trusted as a vantage. The evidence
// goes to the file out, if that is not empty. The result is nil where the run was
// too short for one; with an [IncompleteError] there may be one all the same.
func Selfcheck(ctx context.Context, o campaign.Options, out string) (*evidence.Selfcheck, error) {
	c, err := campaign.New(o, nil)
	if err != nil {
		return nil, err
	}
	if !c.OnlyHere() {
		return nil, errors.New("selfcheck is of this machine: give --vantage here@LAT,LON alone")
	}
	ctx, cancel := c.Within(ctx)
	defer cancel()
	recording, err := c.Begin(out, io.Discard, nil)
	if err != nil {
		return nil, err
	}
	summary, err := c.Look(ctx, nil)
	err = join(err, recording.Close())
	if c.CutOff(ctx, summary) {
		err = fmt.Errorf("%w: nothing could be checked", sources.ErrNoNetwork)
	}
	var last *evidence.Selfcheck
	for _, o := range recording.Seen() {
		if s, ok := o.(*evidence.Selfcheck); ok {
			last = s
		}
	}
	return last, incomplete(err)
}
