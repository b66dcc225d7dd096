package providers

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// ownershipShape is the language of the ownership table.
func ownershipShape() shape[Ownership] {
	return object("the table", []member[Ownership]{
		field("schema", "The language and its version: "+OwnershipSchemaID+".", constant(OwnershipSchemaID), func(*Ownership) *string { return new(string) }).
			needed("schema: " + OwnershipSchemaID),
		field("organisations", "Those that run services or networks, or hold one that does.", records("organisations", maxRecords, organisationShape()), func(o *Ownership) *[]Organisation { return &o.Organisations }).
			needed("organisations: a list"),
		field("holdings", "One row a holding and a statement of it.", records("holdings", maxRecords, holdingShape()), func(o *Ownership) *[]Holding { return &o.Holdings }).
			needed("holdings: a list"),
		field("open", "Questions that no source has answered yet.", list("open", 0, maxItems, text(maxQuote)), func(o *Ownership) *[]string { return &o.Open }),
	}, finishOwnership)
}

func organisationShape() shape[Organisation] {
	return object("the organisation", []member[Organisation]{
		field("name", "Its name.", text(maxName), func(o *Organisation) *string { return &o.Name }).needed("name: its name"),
		field("jurisdictions", "Countries, ISO 3166-1: of its law first, then of its seat.", list("jurisdictions", 1, maxItems, country()), func(o *Organisation) *[]string { return &o.Jurisdictions }),
		field("also", "Other names, such as those that networks are registered under.", list("also", 1, maxItems, text(maxName)), func(o *Organisation) *[]string { return &o.Also }),
		field("asns", "Numbers of the networks that are registered under one of its names.", list("asns", 1, maxItems, asn()), func(o *Organisation) *[]uint32 { return &o.ASNs }),
	}, finishOrganisation)
}

func holdingShape() shape[Holding] {
	return object("the holding", []member[Holding]{
		field("of", "The organisation that is held.", text(maxName), func(h *Holding) *string { return &h.Of }).needed("of: the organisation that is held"),
		field("holder", "Who holds it.", text(maxName), func(h *Holding) *string { return &h.Holder }).needed("holder: who holds it"),
		field("jurisdictions", "Countries of the holder, ISO 3166-1.", list("jurisdictions", 1, maxItems, country()), func(h *Holding) *[]string { return &h.Jurisdictions }),
		field("share_percent", "Part of the capital.", percent("share_percent"), func(h *Holding) *Percent { return &h.Share }),
		field("votes_percent", "Part of the votes.", percent("votes_percent"), func(h *Holding) *Percent { return &h.Votes }),
		field("from", "First day on which it is known.", date(), func(h *Holding) *Date { return &h.From }),
		field("until", "Last day on which it can be taken to stand.", date(), func(h *Holding) *Date { return &h.Until }),
		field("source", "Where it was read.", sourceShape(), func(h *Holding) *Source { return &h.Source }).
			needed(`where it was read: source: {url: "https://…", retrieved: YYYY-MM-DD}`),
		field("note", "What else the source says.", text(maxQuote), func(h *Holding) *string { return &h.Note }),
	}, finishHolding)
}

// asn is the number of an autonomous system (RFC 6793).
func asn() shape[uint32] {
	return shape[uint32]{
		schema: schema{"type": "integer", "minimum": 1, "maximum": 1<<32 - 1},
		read: func(r *reader, n ast.Node) (uint32, bool) {
			if node, ok := n.(*ast.IntegerNode); ok {
				if value, err := strconv.ParseUint(node.GetToken().Value, 10, 32); err == nil && value > 0 {
					return uint32(value), true
				}
			}
			r.fault(n, "the number of a network is %s, expected a whole number from 1 to 4294967295, without AS in front", nodeName(n))
			return 0, false
		},
	}
}

// OwnershipSchema is the JSON Schema (draft 2020-12) of the ownership table.
func OwnershipSchema() ([]byte, error) {
	return schemaDocument(ownershipShape().schema, "ownership.schema.json", OwnershipSchemaID, "Who holds whom, on which day, by which source.")
}
