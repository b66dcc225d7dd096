package providers

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/landfall-audit/landfall/providers/schema"
	"github.com/landfall-audit/landfall/providers/store"
)

// The bounds of the language, in characters and items. They are far above what a
// real sheet needs, and keep a hostile one from growing in memory.
const (
	maxName    = 200
	maxQuote   = 8000
	maxURL     = 2000
	maxRecords = 10000
	maxItems   = 1000
)

// sheetType is the claims language: every field, with what it may hold. The
// reader, the JSON Schema and the table of the README all come from it.
func sheetType() schema.Type[Sheet] {
	return schema.Object("the sheet", []schema.Member[Sheet]{
		schema.Field("schema", "The language and its version: "+SchemaID+".", constant(SchemaID), func(s *Sheet) *string { return &s.Schema }).
			Needed("schema: " + SchemaID),
		schema.Field("vendor", "Id of the vendor's service, lower case, unique.", id(), func(s *Sheet) *string { return &s.Vendor }).
			Needed("an id such as vendor: example-drive"),
		schema.Field("name", "The vendor's name for the service.", schema.Text(maxName), func(s *Sheet) *string { return &s.Name }).
			Needed("the service's name such as name: Example Drive"),
		schema.Field("operator", "Who runs the service, by the vendor's own word.", operatorType(), func(s *Sheet) *Operator { return &s.Operator }),
		schema.Field("endpoints", "Hosts that the vendor's clients talk to.", schema.Records("endpoints", maxRecords, endpointType()), func(s *Sheet) *[]Endpoint { return &s.Endpoints }),
		schema.Field("claims", "What the vendor promises, one entry a promise.", schema.Records("claims", maxRecords, claimType()), func(s *Sheet) *[]Claim { return &s.Claims }),
		schema.Field("open", "Questions that no source has answered yet.", schema.List("open", 0, maxItems, schema.Text(maxQuote)), func(s *Sheet) *[]string { return &s.Open }),
	}, finishSheet)
}

func operatorType() schema.Type[Operator] {
	return schema.Object("operator", []schema.Member[Operator]{
		schema.Field("organisation", "The organisation that runs the service.", schema.Text(maxName), func(o *Operator) *string { return &o.Organisation }).
			Needed("organisation: its name"),
		schema.Field("jurisdiction", "The country whose law it is under, ISO 3166-1.", country(), func(o *Operator) *string { return &o.Jurisdiction }),
	}, nil)
}

func endpointType() schema.Type[Endpoint] {
	return schema.Object("the endpoint", []schema.Member[Endpoint]{
		schema.Field("host", "A DNS name, an IP address, or a bucket URL ("+strings.Join(store.BucketSchemes(), ", ")+").", hostName(), func(e *Endpoint) *string { return &e.Host }).
			Needed("a host such as host: api.example.com"),
		schema.Field("port", "TCP port, 443 unless stated.", port(), func(e *Endpoint) *uint16 { return &e.Port }),
		schema.Field("roles", "What clients use the host for.", schema.List("roles", 1, maxItems, schema.Word("role", Roles())), func(e *Endpoint) *[]Role { return &e.Roles }),
		schema.Field("bootstrap", "True if the host only tells the client which host to use.", boolean("bootstrap"), func(e *Endpoint) *bool { return &e.Bootstrap }),
		schema.Field("when", "For which users, plans or regions the host is used.", conditionType(), func(e *Endpoint) *Condition { return &e.When }),
		schema.Field("source", "Where it was read that clients use the host.", sourceType(), func(e *Endpoint) *Source { return &e.Source }),
	}, finishEndpoint)
}

func claimType() schema.Type[Claim] {
	return schema.Object("the claim", []schema.Member[Claim]{
		schema.Field("id", "Id of the claim, lower case, unique in the sheet.", id(), func(c *Claim) *string { return &c.ID }).
			Needed("an id such as id: only-in-europe"),
		schema.Field("says", "The vendor's words, verbatim.", schema.Text(maxQuote), func(c *Claim) *string { return &c.Says }).
			Needed("the vendor's words, verbatim"),
		schema.Field("source", "Where the words were read.", sourceType(), func(c *Claim) *Source { return &c.Source }).
			Needed(`where the words were read: source: {url: "https://…", retrieved: YYYY-MM-DD}`),
		schema.Field("about", "What kind of promise it is; location unless stated.", schema.Word("kind of promise", Abouts()), func(c *Claim) *About { return &c.About }),
		schema.Field("covers", "Which data it is about; content unless stated.", schema.List("covers", 1, maxItems, schema.Word("kind of data", Covers())), func(c *Claim) *[]Cover { return &c.Covers }),
		schema.Field("state", "Data at rest, in processing, or any; any unless stated.", schema.Word("state", States()), func(c *Claim) *State { return &c.State }),
		schema.Field("allow", "Every copy is in one of these places.", places("allow"), func(c *Claim) *[]Place { return &c.Allow }),
		schema.Field("deny", "No copy is in one of these places.", places("deny"), func(c *Claim) *[]Place { return &c.Deny }),
		schema.Field("require", "There is a copy in each of these places.", places("require"), func(c *Claim) *[]Place { return &c.Require }),
		schema.Field("operators", "Which operators are promised or ruled out; for about: operator.", operatorTerms(), func(c *Claim) *OperatorTerms { return &c.Operators }),
		schema.Field("when", "Where the claim applies; elsewhere it is not judged.", conditionType(), func(c *Claim) *Condition { return &c.When }),
		schema.Field("keyed_on", "What decides whose data it is; account-country unless stated.", schema.Word("key", KeyedOns()), func(c *Claim) *KeyedOn { return &c.KeyedOn }),
		schema.Field("strength", "How firmly it is put; commitment unless stated.", schema.Word("strength", Strengths()), func(c *Claim) *Strength { return &c.Strength }),
		schema.Field("since", "First day on which the claim stood.", date(), func(c *Claim) *Date { return &c.Since }),
		schema.Field("until", "Last day on which it is known to have stood; null while it stands.", date(), func(c *Claim) *Date { return &c.Until }),
		schema.Field("deadline", "The day by which an announcement is to have come true.", date(), func(c *Claim) *Date { return &c.Deadline }),
		schema.Field("exceptions", "What the vendor takes out of the claim, in words.", schema.List("exceptions", 0, maxItems, schema.Text(maxQuote)), func(c *Claim) *[]string { return &c.Exceptions }),
	}, finishClaim)
}

func sourceType() schema.Type[Source] {
	return schema.Object("the source", []schema.Member[Source]{
		schema.Field("url", "The page, http or https.", pageURL(), func(s *Source) *string { return &s.URL }).Needed(`the page it was read on: url: "https://…"`),
		schema.Field("retrieved", "The day it was read.", date(), func(s *Source) *Date { return &s.Retrieved }).Needed("the day it was read: retrieved: YYYY-MM-DD"),
		schema.Field("published", "The day it was published, if stated.", date(), func(s *Source) *Date { return &s.Published }),
		schema.Field("sha256", "SHA-256 of the page as it was read.", digest(), func(s *Source) *string { return &s.SHA256 }),
		schema.Field("grade", "How near the source is to the vendor's own words.", schema.Word("grade", Grades()), func(s *Source) *Grade { return &s.Grade }),
	}, nil)
}

func operatorTerms() schema.Type[OperatorTerms] {
	set := schema.Object("the set of operators", []schema.Member[OperatorSet]{
		schema.Field("organisations", "Names of organisations.", schema.List("organisations", 1, maxItems, schema.Text(maxName)), func(s *OperatorSet) *[]string { return &s.Organisations }),
		schema.Field("jurisdictions", "Countries whose law an operator is under, ISO 3166-1.", schema.List("jurisdictions", 1, maxItems, country()), func(s *OperatorSet) *[]string { return &s.Jurisdictions }),
	}, nil)
	return schema.Object("operators", []schema.Member[OperatorTerms]{
		schema.Field("allow", "Every operator is one of these.", set, func(t *OperatorTerms) *OperatorSet { return &t.Allow }),
		schema.Field("deny", "No operator is one of these.", set, func(t *OperatorTerms) *OperatorSet { return &t.Deny }),
	}, nil)
}

func conditionType() schema.Type[Condition] {
	return schema.Object("when", []schema.Member[Condition]{
		schema.Field("plan", "Plans, in the vendor's words.", schema.OneOrMore("plan", maxItems, schema.Text(maxName)), func(c *Condition) *[]string { return &c.Plans }),
		schema.Field("region", "Regions, in the vendor's words.", schema.OneOrMore("region", maxItems, schema.Text(maxName)), func(c *Condition) *[]string { return &c.Regions }),
		schema.Field("user_country", "Countries of users, ISO 3166-1: a list, or {not: [ … ]}.", countryRule(), func(c *Condition) *CountryRule { return &c.UserCountry }),
	}, nil)
}

// countryRule is a country, a list of countries, or {not: [ … ]}.
func countryRule() schema.Type[CountryRule] {
	in := schema.OneOrMore("user_country", maxItems, country())
	not := schema.Object("user_country", []schema.Member[CountryRule]{
		schema.Field("not", "All countries but these.", schema.OneOrMore("not", maxItems, country()), func(c *CountryRule) *[]string { return &c.NotIn }).
			Needed("not: [ … ], or write the countries as a list"),
	}, nil)
	return schema.Type[CountryRule]{
		Schema: schema.JSONSchema{"anyOf": []any{in.Schema, not.Schema}},
		Read: func(r *schema.Reader, n ast.Node) (CountryRule, bool) {
			if _, isMapping := schema.Pairs(n); isMapping {
				return not.Read(r, n)
			}
			countries, ok := in.Read(r, n)
			return CountryRule{In: countries}, ok
		},
	}
}

func places(what string) schema.Type[[]Place] {
	return schema.List(what, 1, maxItems, schema.Checked(schema.Text(maxPlaceLength), schema.JSONSchema{"$ref": "#/$defs/place"}, ParsePlace))
}

// definitions is the schemas that others refer to by name.
func definitions() schema.JSONSchema {
	return schema.JSONSchema{
		"country": schema.JSONSchema{"enum": countryCodes()},
		"place":   schema.JSONSchema{"anyOf": placeSchemas()},
	}
}

// placeSchemas lets an editor complete countries, groups and geographies, and
// checks the syntax of the rest. A lone "-" in front is part of each.
func placeSchemas() []any {
	either := func(words []string) schema.JSONSchema {
		return schema.JSONSchema{"pattern": "^-?(" + strings.Join(words, "|") + ")$"}
	}
	return []any{
		schema.JSONSchema{"enum": slices.Concat(groupNames(), countryCodes(), regions().geographyNames())},
		either(slices.Concat(groupNames(), countryCodes(), regions().geographyNames())),
		schema.JSONSchema{"pattern": "^-?[A-Z]{2}-[A-Z0-9]{1,3}$"},
		schema.JSONSchema{"pattern": "^-?(" + strings.Join(regions().providers, "|") + "):[A-Za-z0-9-]+$"},
		schema.JSONSchema{"pattern": "^-?point:-?[0-9.]+,-?[0-9.]+,[0-9.]+$"},
	}
}

// constant is the text that names a language and its version.
func constant(want string) schema.Type[string] {
	return schema.Checked(schema.Text(schema.MaxWord), schema.JSONSchema{"const": want}, func(value string) (string, error) {
		if value != want {
			return "", fmt.Errorf("schema %s, expected %s, the only one that this program reads", schema.Quote(value), want)
		}
		return value, nil
	})
}

const idPattern = `^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`

func id() schema.Type[string] {
	pattern := regexp.MustCompile(idPattern)
	return schema.Checked(schema.Text(schema.MaxWord), schema.JSONSchema{"pattern": idPattern}, func(value string) (string, error) {
		if !pattern.MatchString(value) {
			return "", fmt.Errorf("id %s, expected lower-case letters, digits and hyphens such as example-drive", schema.Quote(value))
		}
		return value, nil
	})
}

func country() schema.Type[string] {
	return schema.Checked(schema.Text(schema.MaxWord), schema.JSONSchema{"$ref": "#/$defs/country"}, func(value string) (string, error) {
		return value, checkCountry(value)
	})
}

func hostName() schema.Type[string] {
	return schema.Checked(schema.Text(maxURL), schema.JSONSchema{"pattern": `^[A-Za-z0-9._:/$?=\[\]-]+$`}, func(value string) (string, error) {
		return value, CheckHost(value)
	})
}

func pageURL() schema.Type[string] {
	return schema.Checked(schema.Text(maxURL), schema.JSONSchema{"pattern": `^https?://[^/\s]+\S*$`}, func(value string) (string, error) {
		parsed, err := url.Parse(value)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || strings.ContainsAny(value, " \t\n") {
			return "", fmt.Errorf("url %s, expected one that begins with https:// or http:// and has no blanks", schema.Quote(value))
		}
		if parsed.User != nil {
			return "", errors.New("url with a user name or password, which must not be published, leave it out")
		}
		return value, nil
	})
}

const digestPattern = `^[0-9a-f]{64}$`

func digest() schema.Type[string] {
	pattern := regexp.MustCompile(digestPattern)
	return schema.Checked(schema.Text(schema.MaxWord), schema.JSONSchema{"pattern": digestPattern}, func(value string) (string, error) {
		if !pattern.MatchString(value) {
			return "", fmt.Errorf("sha256 %s, expected 64 hexadecimal digits in lower case", schema.Quote(value))
		}
		return value, nil
	})
}

// date is a calendar date. null is the zero date, so that a sheet can say that
// there is none.
func date() schema.Type[Date] {
	written := schema.Checked(schema.Text(schema.MaxWord), schema.JSONSchema{"pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}, ParseDate)
	return schema.Type[Date]{
		Schema: schema.JSONSchema{"anyOf": []any{written.Schema, schema.JSONSchema{"type": "null"}}},
		Read: func(r *schema.Reader, n ast.Node) (Date, bool) {
			switch n.(type) {
			case *ast.NullNode:
				return Date{}, true
			case *ast.IntegerNode, *ast.FloatNode:
				_, err := ParseDate(n.GetToken().Value)
				r.Fault(n, "%s", err)
				return Date{}, false
			}
			return written.Read(r, n)
		},
	}
}

func boolean(what string) schema.Type[bool] {
	return schema.Type[bool]{
		Schema: schema.JSONSchema{"type": "boolean"},
		Read: func(r *schema.Reader, n ast.Node) (bool, bool) {
			node, ok := n.(*ast.BoolNode)
			if !ok {
				r.Fault(n, "%s is %s, expected true or false", what, schema.NodeName(n))
				return false, false
			}
			return node.Value, true
		},
	}
}

func port() schema.Type[uint16] {
	return schema.Type[uint16]{
		Schema: schema.JSONSchema{"type": "integer", "minimum": 1, "maximum": 65535},
		Read: func(r *schema.Reader, n ast.Node) (uint16, bool) {
			if node, ok := n.(*ast.IntegerNode); ok {
				if value, err := strconv.ParseUint(node.GetToken().Value, 10, 16); err == nil && value > 0 {
					return uint16(value), true
				}
			}
			r.Fault(n, "port is %s, expected a whole number from 1 to 65535", schema.NodeName(n))
			return 0, false
		},
	}
}
