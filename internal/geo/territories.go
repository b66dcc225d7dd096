package geo

// What the source draws and what ISO 3166-1 codes differ in places. Here
// stands what each piece may count as. A piece with several codes is held to
// be possibly each of them: it never lets a claim about one be refuted, and
// never lets one be proven.

// unnumbered are the source's areas that have no ISO number.
var unnumbered = map[string][]string{
	"Akrotiri":                {"GB", "CY"},
	"Bajo Nuevo Bank":         {"CO", "JM", "NI", "US"},
	"Baikonur":                {"KZ", "RU"},
	"Clipperton I.":           {"FR"},
	"Coral Sea Is.":           {"AU"},
	"Cyprus U.N. Buffer Zone": {"CY"},
	"Dhekelia":                {"GB", "CY"},
	"Indian Ocean Ter.":       {"CX", "CC", "AU"},
	"Kosovo":                  {"XK", "RS"}, // XK is user-assigned, used by the EU and others
	"N. Cyprus":               {"CY", "TR"},
	"Scarborough Reef":        {"CN", "PH", "TW"},
	"Serranilla Bank":         {"CO", "HN", "JM", "US"},
	"Siachen Glacier":         {"IN", "PK"},
	"Somaliland":              {"SO"},
	"Spratly Is.":             {"BN", "CN", "MY", "PH", "TW", "VN"},
	"USNB Guantanamo Bay":     {"CU", "US"},
}

// alsoCoded are territories with a code of their own that ISO 3166-2 lists as
// a subdivision of another country too. China's list has HK, MO and TW; here,
// by the claims language, CN is the mainland alone.
var alsoCoded = map[string][]string{
	"AS": {"US"}, "GU": {"US"}, "MP": {"US"}, "PR": {"US"}, "UM": {"US"}, "VI": {"US"},
	"BL": {"FR"}, "MF": {"FR"}, "NC": {"FR"}, "PF": {"FR"}, "PM": {"FR"}, "TF": {"FR"}, "WF": {"FR"},
	"AW": {"NL"}, "CW": {"NL"}, "SX": {"NL"},
	"AX": {"FI"},
	"EH": {"MA"}, // Western Sahara: held by Morocco for the most part
}

// part is a piece of a country's area that has codes of its own.
type part struct {
	name         string
	of           string // the country that the source draws it in
	codes        []string
	disputed     bool // which of the codes it is depends on who is asked
	south, north float64
	west, east   float64
}

// partsWithCodes are pieces that the source draws as their country and that
// have a code of their own, or are held by one state and claimed by another.
var partsWithCodes = []part{
	{"French Guiana", "FR", []string{"GF", "FR"}, false, 2, 6, -55, -51},
	{"Guadeloupe", "FR", []string{"GP", "FR"}, false, 15.7, 16.6, -62, -60.9},
	{"Martinique", "FR", []string{"MQ", "FR"}, false, 14.3, 15, -61.3, -60.7},
	{"Mayotte", "FR", []string{"YT", "FR"}, false, -13.1, -12.5, 44.9, 45.4},
	{"Réunion", "FR", []string{"RE", "FR"}, false, -21.5, -20.8, 55, 56},
	{"Bonaire", "NL", []string{"BQ", "NL"}, false, 11.9, 12.4, -68.6, -68},
	{"Saba and Sint Eustatius", "NL", []string{"BQ", "NL"}, false, 17.4, 17.7, -63.4, -62.9},
	{"Svalbard", "NO", []string{"SJ", "NO"}, false, 74, 81, 10, 34},
	{"Jan Mayen", "NO", []string{"SJ", "NO"}, false, 70.7, 71.3, -9.3, -7.8},
	{"Bouvet Island", "NO", []string{"BV", "NO"}, false, -54.6, -54.2, 3.1, 3.6},
	{"Tokelau", "NZ", []string{"TK", "NZ"}, false, -9.6, -8.4, -172.7, -171},
	{"Crimea", "RU", []string{"RU", "UA"}, true, 44.3, 46.3, 32.4, 36.7},
}

// partOf returns the part of a country that a polygon is; the country as a whole
// where it is none with codes of its own.
func partOf(whole part, outer *ring) part {
	for _, p := range partsWithCodes {
		if p.of == whole.codes[0] && outer.minLat >= p.south && outer.maxLat <= p.north &&
			outer.minLon >= p.west && outer.maxLon <= p.east {
			return p
		}
	}
	return whole
}
