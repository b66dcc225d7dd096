package providers

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/landfall-audit/landfall/providers/schema"
)

// OwnershipSchemaID names the language of the ownership table and its version.
const OwnershipSchemaID = "landfall.ownership/v1"

// ownershipYAML is the table of who holds whom.
//
//go:embed ownership.yaml
var ownershipYAML []byte

// Organisation is one that runs services or networks, or holds one that does.
type Organisation struct {
	Name          string
	Jurisdictions []string // ISO 3166-1: of its law first, then of its seat
	Also          []string // other names, such as those that networks are registered under
	ASNs          []uint32 // networks that are registered under one of its names
	Pos           schema.Pos
}

// Holding is a statement that one holds a part of an organisation.
type Holding struct {
	Of            string   // name of the organisation
	Holder        string   // name of an organisation, a person or a public body
	Jurisdictions []string // of the holder, ISO 3166-1
	Share         Percent  // of the capital
	Votes         Percent  // of the votes
	From          Date     // first day on which it is known; zero: the source states no date
	Until         Date     // last day on which it can be taken to stand; zero: nothing says that it ended
	Source        Source
	Note          string
	Pos           schema.Pos
}

// On reports whether the holding can be taken to stand on a day. One without a
// date in its source can on every day, which [Holding.Undated] tells.
func (h Holding) On(day Date) bool {
	return !day.Before(h.From) && (h.Until.IsZero() || !day.After(h.Until))
}

// Undated reports whether the source states no date.
func (h Holding) Undated() bool { return h.From.IsZero() }

// Percent is a part of a whole from 0 to 100. Its zero value is not stated.
type Percent struct {
	Value  float64
	Stated bool
}

// String is the part as a number with its sign, or "not stated".
func (p Percent) String() string {
	if !p.Stated {
		return "not stated"
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", p.Value), "0"), ".") + " %"
}

// Ownership is a table of holdings. Rows that disagree stand side by side: they
// are what the sources say.
type Ownership struct {
	Organisations []Organisation
	Holdings      []Holding
	Open          []string // questions that no source has answered yet
	byName        map[string]int
	byASN         map[uint32]int
}

// Owners is the table that comes with the program. It is tested, so that it
// cannot be read is a broken build.
func Owners() *Ownership {
	table, err := loadOwners()
	if err != nil {
		panic(err)
	}
	return table
}

var loadOwners = sync.OnceValues(func() (*Ownership, error) { return ParseOwnership("ownership.yaml", ownershipYAML) })

// ParseOwnership reads a table. file is the name to use in messages. The error
// is of type [schema.Problems] and lists everything that is wrong.
func ParseOwnership(file string, data []byte) (*Ownership, error) {
	table, err := schema.Parse(file, data, OwnershipSchemaID, ownershipType())
	if err != nil {
		return nil, err
	}
	return &table, nil
}

// Organisation is the one that goes by a name, whatever its case, marks and
// blanks.
func (o *Ownership) Organisation(name string) (Organisation, bool) {
	i, ok := o.byName[nameKey(name)]
	if !ok {
		return Organisation{}, false
	}
	return o.Organisations[i], true
}

// OrganisationOfASN is the one that an autonomous system is registered to.
func (o *Ownership) OrganisationOfASN(asn uint32) (Organisation, bool) {
	i, ok := o.byASN[asn]
	if !ok {
		return Organisation{}, false
	}
	return o.Organisations[i], true
}

// nameKey is a name without what registers write in different ways: "OVH SAS"
// and "O.V.H. sas" have one key.
func nameKey(name string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsLetter(char) || unicode.IsDigit(char) {
			return unicode.ToLower(char)
		}
		return -1
	}, name)
}

// index makes the table searchable and refuses names and networks that stand
// twice, and holdings of organisations that are not listed.
func (o *Ownership) index(r *schema.Reader) bool {
	o.byName, o.byASN = map[string]int{}, map[uint32]int{}
	ok := true
	for i, organisation := range o.Organisations {
		for _, name := range append([]string{organisation.Name}, organisation.Also...) {
			if first, twice := o.byName[nameKey(name)]; twice && first != i {
				r.FaultAt(organisation.Pos, "%s is a name of %s already, leave it out of one of them", schema.Quote(name), schema.Quote(o.Organisations[first].Name))
				ok = false
			}
			o.byName[nameKey(name)] = i
		}
		for _, asn := range organisation.ASNs {
			if first, twice := o.byASN[asn]; twice {
				r.FaultAt(organisation.Pos, "AS%d belongs to %s already, leave it out of one of them", asn, schema.Quote(o.Organisations[first].Name))
				ok = false
			}
			o.byASN[asn] = i
		}
	}
	for _, holding := range o.Holdings {
		if _, known := o.byName[nameKey(holding.Of)]; !known {
			r.FaultAt(holding.Pos, "%s is not under organisations, add it there; %s", schema.Quote(holding.Of), schema.Suggest(holding.Of, o.names()))
			ok = false
		}
	}
	return ok
}

func (o *Ownership) names() []string {
	names := make([]string, len(o.Organisations))
	for i, organisation := range o.Organisations {
		names[i] = organisation.Name
	}
	slices.Sort(names)
	return names
}

// finishHolding checks the dates of a row against each other, and the holder
// against what is held.
func finishHolding(r *schema.Reader, at schema.Nodes, h *Holding, ok bool) bool {
	h.Pos = r.Pos(at.Of("holder"))
	if !h.Until.IsZero() && h.Until.Before(h.From) {
		r.Fault(at["until"], "until %s is before from %s, swap them or mend one", h.Until, h.From)
		return false
	}
	if nameKey(h.Of) == nameKey(h.Holder) && ok {
		r.Fault(at["holder"], "%s holds itself, name another holder", schema.Quote(h.Holder))
		return false
	}
	return ok
}

func finishOrganisation(r *schema.Reader, at schema.Nodes, o *Organisation, ok bool) bool {
	o.Pos = r.Pos(at.Of("name"))
	return ok
}

func finishOwnership(r *schema.Reader, _ schema.Nodes, o *Ownership, ok bool) bool {
	return ok && o.index(r)
}

// percent is a number from 0 to 100.
func percent(what string) schema.Type[Percent] {
	return schema.Type[Percent]{
		Schema: schema.JSONSchema{"type": "number", "minimum": 0, "maximum": 100},
		Read: func(r *schema.Reader, n ast.Node) (Percent, bool) {
			var value float64
			switch node := n.(type) {
			case *ast.IntegerNode:
				if _, err := fmt.Sscan(node.GetToken().Value, &value); err != nil {
					value = -1
				}
			case *ast.FloatNode:
				value = node.Value
			default:
				value = -1
			}
			if !(value >= 0 && value <= 100) {
				r.Fault(n, "%s is %s, expected a number from 0 to 100 without a sign", what, schema.NodeName(n))
				return Percent{}, false
			}
			return Percent{value, true}, true
		},
	}
}
