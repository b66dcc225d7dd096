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

// sheetShape is the claims language: every field, with what it may hold. The
// reader, the JSON Schema and the table of the README all come from it.
func sheetShape() shape[Sheet] {
	return object("the sheet", []member[Sheet]{
		field("schema", "The language and its version: "+SchemaID+".", constant(SchemaID), func(s *Sheet) *string { return &s.Schema }).
			needed("schema: " + SchemaID),
		field("vendor", "Id of the vendor's service, lower case, unique.", id(), func(s *Sheet) *string { return &s.Vendor }).
			needed("an id such as vendor: example-drive"),
		field("name", "The vendor's name for the service.", text(maxName), func(s *Sheet) *string { return &s.Name }).
			needed("the service's name such as name: Example Drive"),
		field("operator", "Who runs the service, by the vendor's own word.", operatorShape(), func(s *Sheet) *Operator { return &s.Operator }),
		field("endpoints", "Hosts that the vendor's clients talk to.", records("endpoints", maxRecords, endpointShape()), func(s *Sheet) *[]Endpoint { return &s.Endpoints }),
		field("claims", "What the vendor promises, one entry a promise.", records("claims", maxRecords, claimShape()), func(s *Sheet) *[]Claim { return &s.Claims }),
		field("open", "Questions that no source has answered yet.", list("open", 0, maxItems, text(maxQuote)), func(s *Sheet) *[]string { return &s.Open }),
	}, finishSheet)
}

func operatorShape() shape[Operator] {
	return object("operator", []member[Operator]{
		field("organisation", "The organisation that runs the service.", text(maxName), func(o *Operator) *string { return &o.Organisation }).
			needed("organisation: its name"),
		field("jurisdiction", "The country whose law it is under, ISO 3166-1.", country(), func(o *Operator) *string { return &o.Jurisdiction }),
	}, nil)
}

func endpointShape() shape[Endpoint] {
	return object("the endpoint", []member[Endpoint]{
		field("host", "A DNS name, an IP address, or a bucket URL (s3://, gs://, azblob://).", hostName(), func(e *Endpoint) *string { return &e.Host }).
			needed("a host such as host: api.example.com"),
		field("port", "TCP port, 443 unless stated.", port(), func(e *Endpoint) *uint16 { return &e.Port }),
		field("roles", "What clients use the host for.", list("roles", 1, maxItems, word("role", Roles())), func(e *Endpoint) *[]Role { return &e.Roles }),
		field("bootstrap", "True if the host only tells the client which host to use.", boolean("bootstrap"), func(e *Endpoint) *bool { return &e.Bootstrap }),
		field("when", "For which users, plans or regions the host is used.", conditionShape(), func(e *Endpoint) *Condition { return &e.When }),
		field("source", "Where it was read that clients use the host.", sourceShape(), func(e *Endpoint) *Source { return &e.Source }),
	}, finishEndpoint)
}

func claimShape() shape[Claim] {
	return object("the claim", []member[Claim]{
		field("id", "Id of the claim, lower case, unique in the sheet.", id(), func(c *Claim) *string { return &c.ID }).
			needed("an id such as id: only-in-europe"),
		field("says", "The vendor's words, verbatim.", text(maxQuote), func(c *Claim) *string { return &c.Says }).
			needed("the vendor's words, verbatim"),
		field("source", "Where the words were read.", sourceShape(), func(c *Claim) *Source { return &c.Source }).
			needed(`where the words were read: source: {url: "https://…", retrieved: YYYY-MM-DD}`),
		field("about", "What kind of promise it is; location unless stated.", word("kind of promise", Abouts()), func(c *Claim) *About { return &c.About }),
		field("covers", "Which data it is about; content unless stated.", list("covers", 1, maxItems, word("kind of data", Covers())), func(c *Claim) *[]Cover { return &c.Covers }),
		field("state", "Data at rest, in processing, or any; any unless stated.", word("state", States()), func(c *Claim) *State { return &c.State }),
		field("allow", "Every copy is in one of these places.", places("allow"), func(c *Claim) *[]Place { return &c.Allow }),
		field("deny", "No copy is in one of these places.", places("deny"), func(c *Claim) *[]Place { return &c.Deny }),
		field("require", "There is a copy in each of these places.", places("require"), func(c *Claim) *[]Place { return &c.Require }),
		field("operators", "Which operators are promised or ruled out; for about: operator.", operatorTerms(), func(c *Claim) *OperatorTerms { return &c.Operators }),
		field("when", "Where the claim applies; elsewhere it is not judged.", conditionShape(), func(c *Claim) *Condition { return &c.When }),
		field("keyed_on", "What decides whose data it is; account-country unless stated.", word("key", KeyedOns()), func(c *Claim) *KeyedOn { return &c.KeyedOn }),
		field("strength", "How firmly it is put; commitment unless stated.", word("strength", Strengths()), func(c *Claim) *Strength { return &c.Strength }),
		field("since", "First day on which the claim stood.", date(), func(c *Claim) *Date { return &c.Since }),
		field("until", "Last day on which it is known to have stood; null while it stands.", date(), func(c *Claim) *Date { return &c.Until }),
		field("deadline", "The day by which an announcement is to have come true.", date(), func(c *Claim) *Date { return &c.Deadline }),
		field("exceptions", "What the vendor takes out of the claim, in words.", list("exceptions", 0, maxItems, text(maxQuote)), func(c *Claim) *[]string { return &c.Exceptions }),
	}, finishClaim)
}

func sourceShape() shape[Source] {
	return object("the source", []member[Source]{
		field("url", "The page, http or https.", pageURL(), func(s *Source) *string { return &s.URL }).needed(`the page it was read on: url: "https://…"`),
		field("retrieved", "The day it was read.", date(), func(s *Source) *Date { return &s.Retrieved }).needed("the day it was read: retrieved: YYYY-MM-DD"),
		field("published", "The day it was published, if stated.", date(), func(s *Source) *Date { return &s.Published }),
		field("sha256", "SHA-256 of the page as it was read.", digest(), func(s *Source) *string { return &s.SHA256 }),
		field("grade", "How near the source is to the vendor's own words.", word("grade", Grades()), func(s *Source) *Grade { return &s.Grade }),
	}, nil)
}

func operatorTerms() shape[OperatorTerms] {
	set := object("the set of operators", []member[OperatorSet]{
		field("organisations", "Names of organisations.", list("organisations", 1, maxItems, text(maxName)), func(s *OperatorSet) *[]string { return &s.Organisations }),
		field("jurisdictions", "Countries whose law an operator is under, ISO 3166-1.", list("jurisdictions", 1, maxItems, country()), func(s *OperatorSet) *[]string { return &s.Jurisdictions }),
	}, nil)
	return object("operators", []member[OperatorTerms]{
		field("allow", "Every operator is one of these.", set, func(t *OperatorTerms) *OperatorSet { return &t.Allow }),
		field("deny", "No operator is one of these.", set, func(t *OperatorTerms) *OperatorSet { return &t.Deny }),
	}, nil)
}

func conditionShape() shape[Condition] {
	return object("when", []member[Condition]{
		field("plan", "Plans, in the vendor's words.", oneOrMore("plan", maxItems, text(maxName)), func(c *Condition) *[]string { return &c.Plans }),
		field("region", "Regions, in the vendor's words.", oneOrMore("region", maxItems, text(maxName)), func(c *Condition) *[]string { return &c.Regions }),
		field("user_country", "Countries of users, ISO 3166-1: a list, or {not: [ … ]}.", countryRule(), func(c *Condition) *CountryRule { return &c.UserCountry }),
	}, nil)
}

// countryRule is a country, a list of countries, or {not: [ … ]}.
func countryRule() shape[CountryRule] {
	in := oneOrMore("user_country", maxItems, country())
	not := object("user_country", []member[CountryRule]{
		field("not", "All countries but these.", oneOrMore("not", maxItems, country()), func(c *CountryRule) *[]string { return &c.NotIn }).
			needed("not: [ … ], or write the countries as a list"),
	}, nil)
	return shape[CountryRule]{
		schema: schema{"anyOf": []any{in.schema, not.schema}},
		read: func(r *reader, n ast.Node) (CountryRule, bool) {
			if _, isMapping := pairs(n); isMapping {
				return not.read(r, n)
			}
			countries, ok := in.read(r, n)
			return CountryRule{In: countries}, ok
		},
	}
}

func places(what string) shape[[]Place] {
	return list(what, 1, maxItems, checked(text(maxPlaceLength), schema{"$ref": "#/$defs/place"}, ParsePlace))
}

// definitions is the schemas that others refer to by name.
func definitions() schema {
	return schema{
		"country": schema{"enum": countryCodes()},
		"place":   schema{"anyOf": placeSchemas()},
	}
}

// placeSchemas lets an editor complete countries, groups and geographies, and
// checks the syntax of the rest. A lone "-" in front is part of each.
func placeSchemas() []any {
	either := func(words []string) schema {
		return schema{"pattern": "^-?(" + strings.Join(words, "|") + ")$"}
	}
	return []any{
		schema{"enum": slices.Concat(groupNames(), countryCodes(), regions().geographyNames())},
		either(slices.Concat(groupNames(), countryCodes(), regions().geographyNames())),
		schema{"pattern": "^-?[A-Z]{2}-[A-Z0-9]{1,3}$"},
		schema{"pattern": "^-?(" + strings.Join(regions().providers, "|") + "):[A-Za-z0-9-]+$"},
		schema{"pattern": "^-?point:-?[0-9.]+,-?[0-9.]+,[0-9.]+$"},
	}
}

// constant is the text that names a language and its version.
func constant(want string) shape[string] {
	return checked(text(maxWord), schema{"const": want}, func(value string) (string, error) {
		if value != want {
			return "", fmt.Errorf("schema %s, expected %s, the only one that this program reads", shown(value), want)
		}
		return value, nil
	})
}

const idPattern = `^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`

func id() shape[string] {
	pattern := regexp.MustCompile(idPattern)
	return checked(text(maxWord), schema{"pattern": idPattern}, func(value string) (string, error) {
		if !pattern.MatchString(value) {
			return "", fmt.Errorf("id %s, expected lower-case letters, digits and hyphens such as example-drive", shown(value))
		}
		return value, nil
	})
}

func country() shape[string] {
	return checked(text(maxWord), schema{"$ref": "#/$defs/country"}, func(value string) (string, error) {
		return value, checkCountry(value)
	})
}

func hostName() shape[string] {
	return checked(text(maxURL), schema{"pattern": `^[A-Za-z0-9._:/$?=\[\]-]+$`}, func(value string) (string, error) {
		return value, CheckHost(value)
	})
}

func pageURL() shape[string] {
	return checked(text(maxURL), schema{"pattern": `^https?://[^/\s]+\S*$`}, func(value string) (string, error) {
		parsed, err := url.Parse(value)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || strings.ContainsAny(value, " \t\n") {
			return "", fmt.Errorf("url %s, expected one that begins with https:// or http:// and has no blanks", shown(value))
		}
		if parsed.User != nil {
			return "", errors.New("url with a user name or password, which must not be published, leave it out")
		}
		return value, nil
	})
}

const digestPattern = `^[0-9a-f]{64}$`

func digest() shape[string] {
	pattern := regexp.MustCompile(digestPattern)
	return checked(text(maxWord), schema{"pattern": digestPattern}, func(value string) (string, error) {
		if !pattern.MatchString(value) {
			return "", fmt.Errorf("sha256 %s, expected 64 hexadecimal digits in lower case", shown(value))
		}
		return value, nil
	})
}

// date is a calendar date. null is the zero date, so that a sheet can say that
// there is none.
func date() shape[Date] {
	written := checked(text(maxWord), schema{"pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}, ParseDate)
	return shape[Date]{
		schema: schema{"anyOf": []any{written.schema, schema{"type": "null"}}},
		read: func(r *reader, n ast.Node) (Date, bool) {
			switch n.(type) {
			case *ast.NullNode:
				return Date{}, true
			case *ast.IntegerNode, *ast.FloatNode:
				_, err := ParseDate(n.GetToken().Value)
				r.fault(n, "%s", err)
				return Date{}, false
			}
			return written.read(r, n)
		},
	}
}

func boolean(what string) shape[bool] {
	return shape[bool]{
		schema: schema{"type": "boolean"},
		read: func(r *reader, n ast.Node) (bool, bool) {
			node, ok := n.(*ast.BoolNode)
			if !ok {
				r.fault(n, "%s is %s, expected true or false", what, nodeName(n))
				return false, false
			}
			return node.Value, true
		},
	}
}

func port() shape[uint16] {
	return shape[uint16]{
		schema: schema{"type": "integer", "minimum": 1, "maximum": 65535},
		read: func(r *reader, n ast.Node) (uint16, bool) {
			if node, ok := n.(*ast.IntegerNode); ok {
				if value, err := strconv.ParseUint(node.GetToken().Value, 10, 16); err == nil && value > 0 {
					return uint16(value), true
				}
			}
			r.fault(n, "port is %s, expected a whole number from 1 to 65535", nodeName(n))
			return 0, false
		},
	}
}
