package scenario

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"text/template"
)

// templateFiles are scenarios with places, addresses, ports and names left open:
// each a network that misleads whoever measures in it, and the same network
// without that. The file with the underscore has the parts that most of them
// share.
//
//go:embed templates/*.yaml templates/cities.csv
var templateFiles embed.FS

const (
	templateFolder = "templates"
	sharedParts    = "_shared.yaml"
)

// city is a row of templates/cities.csv. The cities of a country are neighbours,
// and far enough inside it that two of them show a host to be there.
type city struct {
	country, name, region, city string
	at                          Place
}

// Templates returns the names of the templates, in order.
func Templates() ([]string, error) {
	files, err := templateFiles.ReadDir(templateFolder)
	if err != nil {
		return nil, fmt.Errorf("listing the templates of scenarios: %w", err)
	}
	var out []string
	for _, f := range files {
		if name, yaml := strings.CutSuffix(f.Name(), ".yaml"); yaml && f.Name() != sharedParts {
			out = append(out, name)
		}
	}
	return out, nil
}

// FromTemplate fills a template in: with the fault that it is about or without
// it, its twin. A seed gives the same cities, ports, addresses and orders each
// time, and the same cities and ports to both twins; another seed gives others.
func FromTemplate(name string, fault bool, seed uint64) (*Scenario, error) {
	cast, err := newCast(name, fault, seed)
	if err != nil {
		return nil, err
	}
	file := templateFolder + "/" + name + ".yaml"
	t, err := template.New(name+".yaml").Option("missingkey=error").Funcs(cast.functions()).ParseFS(templateFiles, file, templateFolder+"/"+sharedParts)
	if err != nil {
		return nil, fmt.Errorf("reading the template %q: %w", name, err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, cast); err != nil {
		return nil, fmt.Errorf("filling in the template %s: %w", name, err)
	}
	s, err := Parse(file, text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w, in\n%s", err, &text)
	}
	s.Name, s.Seed = name, seed
	if !fault {
		s.Name += "-honest"
	}
	cast.random.Shuffle(len(s.Vantages), func(i, j int) { s.Vantages[i], s.Vantages[j] = s.Vantages[j], s.Vantages[i] })
	cast.random.Shuffle(len(s.Hosts), func(i, j int) { s.Hosts[i], s.Hosts[j] = s.Hosts[j], s.Hosts[i] })
	return s, nil
}

// cast is who plays the parts of a template. The vendor's host is away, and the
// fault makes it look as if it were at home; without it, it is at home.
type cast struct {
	Fault  bool
	Vendor string // a word, also of its domain
	Port   int    // of its service
	Other  int    // another port

	random *rand.Rand
	cities map[string]city
	given  map[string]string // addresses by the names that asked for them
	nets   []int             // numbers of networks that nobody has yet
}

// farKM is how far countries of a cast are apart at the least, so that no host
// is near two of them.
const farKM = 5000

// networks is how many networks of 256 addresses a cast has, all below those of
// landmarks.
const networks = 400

func newCast(name string, fault bool, seed uint64) (*cast, error) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // a hash takes everything
	c := &cast{Fault: fault, random: rand.New(rand.NewPCG(seed, hash.Sum64())), given: map[string]string{}}
	all, err := readCities()
	if err != nil {
		return nil, err
	}
	if c.cities, err = c.castCities(all); err != nil {
		return nil, err
	}
	c.Vendor = c.pick("alder", "birch", "cedar", "dogwood", "elm", "fir", "gorse", "hazel")
	ports := []int{443, 8443, 9443, 10443}
	c.random.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
	c.Port, c.Other = ports[0], ports[1]
	c.nets = c.random.Perm(networks)
	return c, nil
}

// castCities chooses three countries that are far from each other, and returns
// the cities of each in some order: home, home2, home3 and so on.
func (c *cast) castCities(all []city) (map[string]city, error) {
	by := map[string][]city{}
	var codes []string
	for _, place := range all {
		if by[place.country] == nil {
			codes = append(codes, place.country)
		}
		by[place.country] = append(by[place.country], place)
	}
	const tries = 1000
	for range tries {
		c.random.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
		a, b, d := by[codes[0]], by[codes[1]], by[codes[2]]
		if min(a[0].at.KM(b[0].at), b[0].at.KM(d[0].at), d[0].at.KM(a[0].at)) < farKM {
			continue
		}
		out := map[string]city{}
		for part, country := range map[string][]city{"home": a, "away": b, "third": d} {
			out[part] = country[0]
			for i, place := range country[1:] {
				out[part+strconv.Itoa(i+2)] = place
			}
		}
		return out, nil
	}
	return nil, errors.New("templates/cities.csv: no three countries are far from each other")
}

func readCities() ([]city, error) {
	data, err := templateFiles.ReadFile(templateFolder + "/cities.csv")
	if err != nil {
		return nil, fmt.Errorf("reading the cities of templates: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("templates/cities.csv: %w", err)
	}
	var out []city
	for _, row := range rows[1:] {
		lat, latErr := strconv.ParseFloat(row[4], 64)
		lon, lonErr := strconv.ParseFloat(row[5], 64)
		if err := errors.Join(latErr, lonErr); err != nil {
			return nil, fmt.Errorf("templates/cities.csv: %s: %w", row[3], err)
		}
		out = append(out, city{row[0], row[1], row[2], row[3], Place{lat, lon}})
	}
	return out, nil
}

// functions are what templates can ask for.
func (c *cast) functions() template.FuncMap {
	of := func(tell func(city) string) func(part string) (string, error) {
		return func(part string) (string, error) {
			place, known := c.cities[part]
			if !known {
				return "", fmt.Errorf("there is no part %q", part)
			}
			return tell(place), nil
		}
	}
	return template.FuncMap{
		"at":         of(func(p city) string { return fmt.Sprintf("{lat: %g, lon: %g}", p.at.Lat, p.at.Lon) }),
		"lat":        of(func(p city) string { return fmt.Sprint(p.at.Lat) }),
		"lon":        of(func(p city) string { return fmt.Sprint(p.at.Lon) }),
		"city":       of(func(p city) string { return p.city }),
		"country":    of(func(p city) string { return p.country }),
		"called":     of(func(p city) string { return p.name }),
		"regionCode": of(func(p city) string { return p.region }),
		"region":     of(func(p city) string { return "aws:" + p.region }),
		"addr":       c.addr,
		"names":      func(names ...string) []string { return names },
		"part":       func(part string, i int) string { return part + strconv.Itoa(i+2) },
		"network":    c.network,
		"pick":       c.pick,
	}
}

// addr returns an address for a name, in a network of its own: always the same
// for the same name.
func (c *cast) addr(name string) (string, error) {
	if c.given[name] == "" {
		if len(c.nets) == 0 {
			return "", fmt.Errorf("no network is left for %s", name)
		}
		net := c.nets[0]
		c.nets = c.nets[1:]
		c.given[name] = fmt.Sprintf("198.%d.%d.%d", 18+net/256, net%256, 1+c.random.IntN(254))
	}
	return c.given[name], nil
}

// network returns the network that an address is in.
func (c *cast) network(name string) (string, error) {
	addr, err := c.addr(name)
	return addr[:strings.LastIndexByte(addr, '.')+1] + "0/24", err
}

// pick returns one of the words.
func (c *cast) pick(words ...string) string {
	if len(words) == 0 {
		return ""
	}
	return words[c.random.IntN(len(words))]
}
