package providers

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/landfall-audit/landfall/providers/schema"
)

// ownershipType is the language of the ownership table.
func ownershipType() schema.Type[Ownership] {
	return schema.Object("the table", []schema.Member[Ownership]{
		schema.Field("schema", "The language and its version: "+OwnershipSchemaID+".", constant(OwnershipSchemaID), func(*Ownership) *string { return new(string) }).
			Needed("schema: " + OwnershipSchemaID),
		schema.Field("organisations", "Those that run services or networks, or hold one that does.", schema.Records("organisations", maxRecords, organisationType()), func(o *Ownership) *[]Organisation { return &o.Organisations }).
			Needed("organisations: a list"),
		schema.Field("holdings", "One row a holding and a statement of it.", schema.Records("holdings", maxRecords, holdingType()), func(o *Ownership) *[]Holding { return &o.Holdings }).
			Needed("holdings: a list"),
		schema.Field("open", "Questions that no source has answered yet.", schema.List("open", 0, maxItems, schema.Text(maxQuote)), func(o *Ownership) *[]string { return &o.Open }),
	}, finishOwnership)
}

func organisationType() schema.Type[Organisation] {
	return schema.Object("the organisation", []schema.Member[Organisation]{
		schema.Field("name", "Its name.", schema.Text(maxName), func(o *Organisation) *string { return &o.Name }).Needed("name: its name"),
		schema.Field("jurisdictions", "Countries, ISO 3166-1: of its law first, then of its seat.", schema.List("jurisdictions", 1, maxItems, country()), func(o *Organisation) *[]string { return &o.Jurisdictions }),
		schema.Field("also", "Other names, such as those that networks are registered under.", schema.List("also", 1, maxItems, schema.Text(maxName)), func(o *Organisation) *[]string { return &o.Also }),
		schema.Field("asns", "Numbers of the networks that are registered under one of its names.", schema.List("asns", 1, maxItems, asn()), func(o *Organisation) *[]uint32 { return &o.ASNs }),
	}, finishOrganisation)
}

func holdingType() schema.Type[Holding] {
	return schema.Object("the holding", []schema.Member[Holding]{
		schema.Field("of", "The organisation that is held.", schema.Text(maxName), func(h *Holding) *string { return &h.Of }).Needed("of: the organisation that is held"),
		schema.Field("holder", "Who holds it.", schema.Text(maxName), func(h *Holding) *string { return &h.Holder }).Needed("holder: who holds it"),
		schema.Field("jurisdictions", "Countries of the holder, ISO 3166-1.", schema.List("jurisdictions", 1, maxItems, country()), func(h *Holding) *[]string { return &h.Jurisdictions }),
		schema.Field("share_percent", "Part of the capital.", percent("share_percent"), func(h *Holding) *Percent { return &h.Share }),
		schema.Field("votes_percent", "Part of the votes.", percent("votes_percent"), func(h *Holding) *Percent { return &h.Votes }),
		schema.Field("from", "First day on which it is known.", date(), func(h *Holding) *Date { return &h.From }),
		schema.Field("until", "Last day on which it can be taken to stand.", date(), func(h *Holding) *Date { return &h.Until }),
		schema.Field("source", "Where it was read.", sourceType(), func(h *Holding) *Source { return &h.Source }).
			Needed(`where it was read: source: {url: "https://…", retrieved: YYYY-MM-DD}`),
		schema.Field("note", "What else the source says.", schema.Text(maxQuote), func(h *Holding) *string { return &h.Note }),
	}, finishHolding)
}

// asn is the number of an autonomous system (RFC 6793).
func asn() schema.Type[uint32] {
	return schema.Type[uint32]{
		Schema: schema.JSONSchema{"type": "integer", "minimum": 1, "maximum": 1<<32 - 1},
		Read: func(r *schema.Reader, n ast.Node) (uint32, bool) {
			if node, ok := n.(*ast.IntegerNode); ok {
				if value, err := strconv.ParseUint(node.GetToken().Value, 10, 32); err == nil && value > 0 {
					return uint32(value), true
				}
			}
			r.Fault(n, "the number of a network is %s, expected a whole number from 1 to 4294967295, without AS in front", schema.NodeName(n))
			return 0, false
		},
	}
}

// OwnershipSchema is the JSON Schema (draft 2020-12) of the ownership table.
func OwnershipSchema() ([]byte, error) {
	return schemaDocument(ownershipType().Schema, "ownership.schema.json", OwnershipSchemaID, "Who holds whom, on which day, by which source.")
}
