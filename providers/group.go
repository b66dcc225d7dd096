package providers

import (
	_ "embed"
	"fmt"
	"maps"
	"sync"

	"github.com/goccy/go-yaml"
)

// groupsYAML is the table of groups and of the dates of membership.
//
//go:embed groups.yaml
var groupsYAML []byte

// Group is a named group of countries whose members change with time.
type Group struct {
	Name     string       `yaml:"name"`     // as written in a claim, such as EU
	Title    string       `yaml:"title"`    // in full
	Source   string       `yaml:"source"`   // where the dates can be checked
	Includes []string     `yaml:"includes"` // groups whose members are members too
	From     string       `yaml:"from"`     // the day from which the group exists, YYYY-MM-DD
	Members  []Membership `yaml:"members"`
	// Outside are territories of members that the group's law leaves out, unless
	// they are members too. A territory that stands nowhere may be either.
	Outside []string `yaml:"outside"`
}

// Membership is the time for which a country is in a group.
type Membership struct {
	Country string `yaml:"country"` // ISO 3166-1 alpha-2
	From    string `yaml:"from"`    // first day, YYYY-MM-DD
	Until   string `yaml:"until"`   // last day; empty: still a member
}

// groupEntry is a group with its dates parsed.
type groupEntry struct {
	Group
	from    Date
	members []memberEntry
}

type memberEntry struct {
	country     string
	from, until Date
}

func (m memberEntry) on(day Date) bool {
	return !day.Before(m.from) && (m.until.IsZero() || !day.After(m.until))
}

// overlaps reports whether two memberships have a day in common.
func (m memberEntry) overlaps(other memberEntry) bool {
	return m.on(other.from) || other.on(m.from)
}

// groupTable is every group, in the order of the file, with an index by name.
type groupTable struct {
	list   []groupEntry
	byName map[string]int
}

// groups reads the embedded table once. It is tested, so an error is a broken
// build.
func groups() *groupTable {
	table, err := loadGroups()
	if err != nil {
		panic(err)
	}
	return table
}

var loadGroups = sync.OnceValues(func() (*groupTable, error) { return readGroups(groupsYAML) })

func readGroups(data []byte) (*groupTable, error) {
	var file struct {
		Groups []Group `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("groups.yaml: %w", err)
	}
	table := &groupTable{byName: map[string]int{}}
	for _, group := range file.Groups {
		entry, err := readGroup(group)
		if err != nil {
			return nil, fmt.Errorf("groups.yaml: %s: %w", group.Name, err)
		}
		for _, included := range group.Includes {
			// A group includes only groups above it in the file, so there is no cycle.
			if _, ok := table.byName[included]; !ok {
				return nil, fmt.Errorf("groups.yaml: %s includes %s, which does not stand above it", group.Name, included)
			}
		}
		table.byName[group.Name] = len(table.list)
		table.list = append(table.list, entry)
	}
	return table, nil
}

func readGroup(group Group) (groupEntry, error) {
	entry := groupEntry{Group: group}
	if err := entry.from.UnmarshalText([]byte(group.From)); err != nil {
		return groupEntry{}, err
	}
	for _, territory := range group.Outside {
		if err := checkCountry(territory); err != nil {
			return groupEntry{}, err
		}
	}
	for _, member := range group.Members {
		if err := checkCountry(member.Country); err != nil {
			return groupEntry{}, err
		}
		read := memberEntry{country: member.Country}
		if err := read.from.UnmarshalText([]byte(member.From)); err != nil {
			return groupEntry{}, fmt.Errorf("%s: %w", member.Country, err)
		}
		if err := read.until.UnmarshalText([]byte(member.Until)); err != nil {
			return groupEntry{}, fmt.Errorf("%s: %w", member.Country, err)
		}
		for _, other := range entry.members {
			if other.country == read.country && other.overlaps(read) {
				return groupEntry{}, fmt.Errorf("%s is a member twice at one time, from %s and from %s; mend the dates", member.Country, other.from, read.from)
			}
		}
		entry.members = append(entry.members, read)
	}
	return entry, nil
}

// Groups is every group of countries that a claim may name.
func Groups() []Group {
	var list []Group
	for _, entry := range groups().list {
		list = append(list, entry.Group)
	}
	return list
}

func groupNames() []string {
	var names []string
	for _, entry := range groups().list {
		names = append(names, entry.Name)
	}
	return names
}

// members is the set of countries in the named group on a day. A group that did
// not exist yet is empty.
func (t *groupTable) members(name string, on Date) map[string]bool {
	set := map[string]bool{}
	index, ok := t.byName[name]
	if !ok || on.Before(t.list[index].from) {
		return set
	}
	for _, member := range t.list[index].members {
		if member.on(on) {
			set[member.country] = true
		}
	}
	for _, included := range t.list[index].Includes {
		for country := range t.members(included, on) {
			set[country] = true
		}
	}
	return set
}

// outside is the set of territories that the named group leaves out on a day.
func (t *groupTable) outside(name string, on Date) map[string]bool {
	set := map[string]bool{}
	index, ok := t.byName[name]
	if !ok {
		return set
	}
	for _, included := range t.list[index].Includes {
		maps.Copy(set, t.outside(included, on))
	}
	for _, territory := range t.list[index].Outside {
		set[territory] = true
	}
	for country := range t.members(name, on) {
		delete(set, country)
	}
	return set
}
