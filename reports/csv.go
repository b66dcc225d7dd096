package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvColumns are the columns of the CSV format, one row for each address of
// each claim.
func csvColumns() []string {
	return []string{"vendor", "claim", "claim_result", "result", "subject", "basis", "endpoint", "address", "user_countries", "countries",
		"ratio", "margin_km", "single_vantage", "verdicts", "evidence", "sentence", "says", "source", "run", "started"}
}

// writeCSV writes CSV (RFC 4180) that a spreadsheet opens without running
// anything in it.
func writeCSV(w io.Writer, v View) error {
	out := csv.NewWriter(w)
	err := out.Write(csvColumns())
	for _, c := range v.allClaims() {
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

func csvRow(c *Claim, f *Finding, r *Row) []string {
	if f == nil {
		f, r = &Finding{Result: c.Result}, &Row{}
	}
	var ids []string
	for _, reason := range r.Because {
		ids = append(ids, reason.Evidence...)
	}
	sentence := c.Sentence
	if r.place() != "" {
		sentence = rowSentence(c.Started, f, r)
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
func csvCell(text string) string {
	text = visible(text)
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	first := strings.TrimLeft(text, " \u00a0")
	if first != "" && strings.ContainsRune("=+-@\t\r|%＝＋－＠", []rune(first)[0]) {
		return "'" + text
	}
	return text
}
