package providers

import "slices"

// Condition is where a claim or an endpoint applies. Its zero value applies
// everywhere; several parts must all hold.
type Condition struct {
	Plans       []string    // any of these plans, in the vendor's words; empty: every plan
	Regions     []string    // any of these regions, in the vendor's words; empty: every region
	UserCountry CountryRule // whose data, see [Claim.KeyedOn]
}

// CountryRule is a set of countries: those in In, or all but those in NotIn. At
// most one of them is not empty; if both are, every country is in the set.
type CountryRule struct {
	In    []string // ISO 3166-1 alpha-2
	NotIn []string // ISO 3166-1 alpha-2
}

// IsZero reports whether the condition applies everywhere.
func (c Condition) IsZero() bool {
	return len(c.Plans) == 0 && len(c.Regions) == 0 && c.UserCountry.isZero()
}

func (r CountryRule) isZero() bool { return len(r.In) == 0 && len(r.NotIn) == 0 }

// AppliesToUser reports whether the condition holds for the data of a user of a
// country (ISO 3166-1 alpha-2). An empty country is a user of unknown country:
// the condition holds only if it names none, since it is not known to hold.
func (c Condition) AppliesToUser(country string) bool {
	if c.UserCountry.isZero() {
		return true
	}
	return country != "" && c.UserCountry.contains(country)
}

// AppliesToPlan reports whether the condition holds for a plan. An empty plan is
// unknown: the condition holds only if it names none.
func (c Condition) AppliesToPlan(plan string) bool {
	return len(c.Plans) == 0 || slices.Contains(c.Plans, plan)
}

// AppliesToRegion reports whether the condition holds for a region, in the
// vendor's words. An empty region is unknown: the condition holds only if it
// names none.
func (c Condition) AppliesToRegion(region string) bool {
	return len(c.Regions) == 0 || slices.Contains(c.Regions, region)
}

// Overlaps reports whether both conditions can hold at once.
func (c Condition) Overlaps(other Condition) bool {
	return listsOverlap(c.Plans, other.Plans) && listsOverlap(c.Regions, other.Regions) &&
		c.UserCountry.overlaps(other.UserCountry)
}

func listsOverlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(one string) bool { return slices.Contains(b, one) })
}

func (r CountryRule) contains(country string) bool {
	if len(r.In) > 0 {
		return slices.Contains(r.In, country)
	}
	return !slices.Contains(r.NotIn, country)
}

func (r CountryRule) overlaps(other CountryRule) bool {
	if len(r.In) > 0 {
		return slices.ContainsFunc(r.In, other.contains)
	}
	if len(other.In) > 0 {
		return slices.ContainsFunc(other.In, r.contains)
	}
	// Two complements of short lists always share a country.
	return true
}
