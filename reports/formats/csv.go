package formats

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/text"
	"github.com/landfall-audit/landfall/reports/view"
)

// csvColumns are the columns of the CSV format, one row for each address of
// each claim.
func csvColumns() []string {
	return []string{"vendor", "claim", "claim_result", "result", "subject", "basis", "endpoint", "address", "user_countries", "countries",
		"ratio", "margin_km", "single_vantage", "verdicts", "evidence", "sentence", "says", "source", "run", "started"}
}

// writeCSV writes CSV (RFC 4180) that a spreadsheet opens without running
// anything in it.
func writeCSV(w io.Writer, v view.View) error {
	out := csv.NewWriter(w)
	err := out.Write(csvColumns())
	for _, c := range v.AllClaims() {
		if len(c.Findings) == 0 && err == nil {
			err = out.Write(csvRow(c, nil, nil))
		}
		for i := range c.Findings {
			for j := range c.Findings[i].Rows {
				if err == nil {
					err = out.Write(csvRow(c, &c.Findings[i], &c.Findings[i].Rows[j]))
				}
			}
		}
	}
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func csvRow(c *view.Claim, f *view.Finding, r *view.Row) []string {
	if f == nil {
		f, r = &view.Finding{Result: c.Result}, &view.Row{}
	}
	var ids []string
	for _, reason := range r.Because {
		ids = append(ids, reason.Evidence...)
	}
	sentence := text.Claim(c)
	if r.Name() != "" {
		sentence = text.Row(c.Started, f, r)
	}
	row := []string{c.Vendor, c.ID, string(c.Result), string(f.Result), string(f.Subject), string(f.Basis), r.Endpoint, r.Addr,
		strings.Join(r.Clients, " "), strings.Join(r.Countries, " "), number(r.Ratio), number(r.MarginKM), strconv.FormatBool(f.SingleVantage),
		strconv.Itoa(r.Verdicts), strings.Join(ids, " "), sentence, c.Says, c.Source.URL, c.Run, c.Started}
	for i := range row {
		row[i] = csvCell(row[i])
	}
	return row
}

func number(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// csvCell makes a cell that no spreadsheet takes for a formula. A quote in
// front is what all of them read as "this is text"; numbers stay numbers.
func csvCell(value string) string {
	value = sanitize.Visible(value)
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return value
	}
	first := strings.TrimLeft(value, " \u00a0")
	if first != "" && strings.ContainsRune("=+-@\t\r|%＝＋－＠", []rune(first)[0]) {
		return "'" + value
	}
	return value
}
