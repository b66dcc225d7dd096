package formats

import (
	"fmt"
	"io"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
	"github.com/landfall-audit/landfall/verdict"
)

// writeOpenMetrics writes the results as OpenMetrics text, for Prometheus and
// its kin.
func writeOpenMetrics(w io.Writer, v view.View) error {
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeOpenMetrics))
	for _, family := range []*dto.MetricFamily{claimCounts(&v), claimSamples(&v), claimRatios(&v), runTimes(&v)} {
		if len(family.Metric) == 0 {
			continue
		}
		if err := encoder.Encode(family); err != nil {
			return fmt.Errorf("writing OpenMetrics: %w", err)
		}
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil {
			return fmt.Errorf("writing OpenMetrics: %w", err)
		}
	}
	return nil
}

func gaugeFamily(name, help string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}
}

// gauge makes one sample; labels come in pairs of name and value.
func gauge(value float64, labels ...string) *dto.Metric {
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}}
	for i := 0; i+1 < len(labels); i += 2 {
		text := sanitize.Visible(labels[i+1])
		m.Label = append(m.Label, &dto.LabelPair{Name: &labels[i], Value: &text})
	}
	return m
}

func claimCounts(v *view.View) *dto.MetricFamily {
	f := gaugeFamily("landfall_claims", "Claims by result.")
	for _, r := range verdict.Results() {
		f.Metric = append(f.Metric, gauge(float64(v.Claims.Of(r)), "result", string(r)))
	}
	return f
}

// claimSamples returns for each claim a sample whose value is 1, with its result as a
// label.
func claimSamples(v *view.View) *dto.MetricFamily {
	f := gaugeFamily("landfall_claim_result", "The result of a claim; the value is always 1.")
	for _, c := range v.AllClaims() {
		f.Metric = append(f.Metric, gauge(1, "vendor", c.Vendor, "claim", c.ID, "result", string(c.Result)))
	}
	return f
}

func claimRatios(v *view.View) *dto.MetricFamily {
	f := gaugeFamily("landfall_claim_ratio", "The speed that a claim would need over that of light in fibre, where it is highest.")
	for _, c := range v.AllClaims() {
		if deciding := c.Deciding(); len(deciding) > 0 && deciding[0].Rows[0].Ratio > 0 {
			f.Metric = append(f.Metric, gauge(deciding[0].Rows[0].Ratio, "vendor", c.Vendor, "claim", c.ID))
		}
	}
	return f
}

func runTimes(v *view.View) *dto.MetricFamily {
	f := gaugeFamily("landfall_run_timestamp_seconds", "When the newest run started.")
	if len(v.Runs) > 0 {
		if t, err := time.Parse(time.RFC3339, v.Runs[0].Started); err == nil {
			f.Metric = append(f.Metric, gauge(float64(t.Unix())))
		}
	}
	return f
}
