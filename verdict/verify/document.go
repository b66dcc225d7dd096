package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The words of landfall.verdicts/v1 that are read.
const (
	schema       = "landfall.verdicts/v1"
	refuted      = "refuted"
	proven       = "proven"
	basisPhysics = "physics"
	frontEnd     = "front-door"
	store        = "store"
	viaLandmark  = "landmark"

	assumesOneHost        = "one-host"
	assumesUserRoots      = "roots-of-user"
	assumesNoInterception = "no-interception"
	assumesRegions        = "provider-regions"
	assumesDoorRegion     = "door-region"
)

// The bounds of a document.
const (
	maxBytes      = 4 << 30
	maxValueBytes = 16 << 20 // of one verdict
	maxDisks      = 10_000   // of one proof
)

// verdict is what is read of a verdict. Everything else is passed over.
type verdict struct {
	Vendor      string   `json:"vendor"`
	Claim       string   `json:"claim"`
	Endpoint    string   `json:"endpoint"`
	Addr        string   `json:"addr"`
	Port        uint16   `json:"port"`
	DerivedFrom string   `json:"derived_from"`
	Subject     string   `json:"subject"`
	Result      string   `json:"result"`
	Basis       string   `json:"basis"`
	Ratio       float64  `json:"ratio"`
	MarginKM    float64  `json:"margin_km"`
	Assumes     []string `json:"assumes"`
	Measured    *span    `json:"measured"`
	Proof       *proof   `json:"proof"`
}

type span struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

type proof struct {
	Disks    []proofDisk `json:"disks"`
	Together bool        `json:"together"`
	Within   *position   `json:"within"`
	Regions  string      `json:"regions"`
	Nearest  *nearest    `json:"nearest"`
}

type proofDisk struct {
	Vantage          string  `json:"vantage"`
	Evidence         string  `json:"evidence"`
	Door             string  `json:"door"`
	Via              string  `json:"via"`
	Landmark         string  `json:"landmark"`
	LandmarkEvidence string  `json:"landmark_evidence"`
	Lat              float64 `json:"lat"`
	Lon              float64 `json:"lon"`
	RTTMS            float64 `json:"rtt_ms"`
	RadiusKM         float64 `json:"radius_km"`
	Ratio            float64 `json:"ratio"`
}

type position struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type nearest struct {
	KM float64 `json:"km"`
}

// errValueSize is the error of a value that is too long to be a verdict.
var errValueSize = fmt.Errorf("a value is longer than %d bytes", maxValueBytes)

// meter bounds how much is read for one value.
type meter struct {
	from io.Reader
	left int
}

func (m *meter) Read(to []byte) (int, error) {
	if m.left <= 0 {
		return 0, errValueSize
	}
	n, err := m.from.Read(to[:min(len(to), m.left)])
	m.left -= n
	return n, err
}

func (m *meter) reset() { m.left = maxValueBytes }

// eachVerdict reads a document and passes on its verdicts, one after another.
func eachVerdict(doc io.Reader, do func(*verdict)) error {
	m := &meter{from: io.LimitReader(doc, maxBytes)}
	m.reset()
	d := json.NewDecoder(m)
	if err := delimiter(d, '{'); err != nil {
		return fmt.Errorf("reading verdicts: %w", err)
	}
	found := ""
	for d.More() {
		m.reset()
		key, err := d.Token()
		switch {
		case err != nil:
		case key == "schema":
			err = d.Decode(&found)
		case key == "verdicts":
			err = readVerdicts(d, m, do)
		default:
			err = skip(d, m)
		}
		if err != nil {
			return fmt.Errorf("reading verdicts: byte %d: %w", d.InputOffset(), err)
		}
	}
	if err := delimiter(d, '}'); err != nil {
		return fmt.Errorf("reading verdicts: %w", err)
	}
	if found != schema {
		return fmt.Errorf("reading verdicts: schema is %.80q; %q is expected", found, schema)
	}
	return nil
}

func readVerdicts(d *json.Decoder, m *meter, do func(*verdict)) error {
	if err := delimiter(d, '['); err != nil {
		return err
	}
	for d.More() {
		m.reset()
		var v verdict
		if err := d.Decode(&v); err != nil {
			return err
		}
		do(&v)
	}
	return delimiter(d, ']')
}

func delimiter(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err == nil && token != want {
		err = errors.New("expected " + want.String())
	}
	return err
}

// skip passes over a value without holding it in memory.
func skip(d *json.Decoder, m *meter) error {
	for depth := 0; ; {
		m.reset()
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
