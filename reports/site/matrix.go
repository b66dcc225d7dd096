package site

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/reports/figures"
	"github.com/landfall-audit/landfall/reports/view"
)

// matrix is which countries' users are given hosts that can be in which
// countries.
type matrix struct {
	Landings []view.Country // columns, the most frequent first
	More     int            // columns that are left out
	Rows     []matrixRow
	RowsMore int
	ByUser   bool // answers were asked for, country by country
}

// matrixRow is users with the same counts.
type matrixRow struct {
	Users []string  // names of countries; empty: users were not asked for by country
	Cells []landing // one for each column
	Open  int       // addresses that are not narrowed down
	key   string
}

// landing is how many of the users' addresses can be in a country, and how many
// of those nowhere else.
type landing struct{ Can, Only int }

const (
	matrixColumns = 12
	matrixRows    = 40
)

// newMatrix returns nil where no landing place is known.
func newMatrix(v *view.Vendor) *matrix {
	users := view.LandingsByUser(v)
	var codes []string
	weight := map[string]int{}
	for _, addrs := range users {
		for _, list := range addrs {
			for _, code := range list {
				if weight[code]++; weight[code] == 1 {
					codes = append(codes, code)
				}
			}
		}
	}
	if len(codes) == 0 {
		return nil
	}
	slices.SortFunc(codes, func(a, b string) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), strings.Compare(a, b))
	})
	m := &matrix{More: max(0, len(codes)-matrixColumns)}
	codes = codes[:len(codes)-m.More]
	for _, code := range codes {
		m.Landings = append(m.Landings, view.Country{Code: code, Name: view.CountryName(code)})
	}
	m.fill(users, codes)
	return m
}

func (m *matrix) fill(users map[string]map[string][]string, codes []string) {
	byKey := map[string]*matrixRow{}
	for user, addrs := range users {
		row := matrixRow{Cells: make([]landing, len(codes))}
		for _, list := range addrs {
			if len(list) == 0 {
				row.Open++
			}
			for i, code := range codes {
				if slices.Contains(list, code) {
					row.Cells[i].Can++
					if len(list) == 1 {
						row.Cells[i].Only++
					}
				}
			}
		}
		row.key = rowKey(user, &row)
		if byKey[row.key] == nil {
			byKey[row.key] = &row
		}
		if user != "" {
			m.ByUser = true
			byKey[row.key].Users = append(byKey[row.key].Users, view.CountryName(user))
		}
	}
	for _, row := range byKey {
		slices.Sort(row.Users)
		m.Rows = append(m.Rows, *row)
	}
	slices.SortFunc(m.Rows, func(a, b matrixRow) int {
		return cmp.Or(cmp.Compare(len(b.Users), len(a.Users)), strings.Compare(a.key, b.key))
	})
	m.RowsMore = max(0, len(m.Rows)-matrixRows)
	m.Rows = m.Rows[:len(m.Rows)-m.RowsMore]
}

// rowKey is equal for users with the same counts. Users that were not asked for by
// country are like no others.
func rowKey(user string, row *matrixRow) string {
	var b strings.Builder
	if user == "" {
		b.WriteByte('~')
	}
	for _, c := range append(row.Cells, landing{row.Open, 0}) {
		b.WriteString(figures.Number(float64(c.Can)) + "/" + figures.Number(float64(c.Only)) + " ")
	}
	return b.String()
}
