package verdict

// Proof is what a refutation or a proof by physics comes down to: the fewest
// disks that suffice, such that each step can be checked by hand. Package verify
// checks it against the evidence.
type Proof struct {
	Disks []ProofDisk `json:"disks"` // the fewest that suffice
	// Together is whether it takes what the disks have in common, as if one
	// host had answered; else each disk says it by itself.
	Together bool `json:"together,omitempty"`
	// Within is a place in all of the disks that the claim allows. What convex
	// disks have in common is of one piece, so that all of it is allowed where
	// it crosses no border of what is not. For proofs that take disks together.
	Within *Position `json:"within,omitempty"`
	// Regions is the provider in one of whose regions the store is taken to be;
	// empty where it can be anywhere on land.
	Regions string `json:"regions,omitempty"`
	// Nearest is the place nearest to the first vantage that the claim may
	// allow; or, in a proof, that it may not.
	Nearest *NearestPlace `json:"nearest,omitempty"`
}

// ViaLandmark marks disks around a host of published place.
const ViaLandmark = "landmark"

// ProofDisk is a reply and how far it can have come: around its vantage or, for
// a timed read by a front end of known region, around the middle of that.
type ProofDisk struct {
	Vantage  string `json:"vantage"`        // id of the vantage
	Evidence string `json:"evidence"`       // id of the line with the reply
	Door     string `json:"door,omitempty"` // the evidence that tells the front end's region
	// Via is [ViaLandmark] where the disk is around a host of published place that
	// the same vantage timed: then RTTMS is the sum of both round trips, and the
	// vantage's own place does not matter.
	Via              string  `json:"via,omitempty"`
	Landmark         string  `json:"landmark,omitempty"`          // its name
	LandmarkEvidence string  `json:"landmark_evidence,omitempty"` // the round trip to it
	Lat              float64 `json:"lat"`                         // of the middle, degrees
	Lon              float64 `json:"lon"`                         // of the middle, degrees
	RTTMS            float64 `json:"rtt_ms"`                      // of the reply; with a landmark the sum of both
	RadiusKM         float64 `json:"radius_km"`                   // the uncertainty of its middle included
	Ratio            float64 `json:"ratio,omitempty"`             // the speed a reply from the nearest place that would overturn it needs, over that assumed
}

// Position is a place in degrees (WGS 84).
type Position struct {
	Lat float64 `json:"lat"` // north, degrees
	Lon float64 `json:"lon"` // east, degrees
}

// NearestPlace is the nearest place of some sort to a vantage.
type NearestPlace struct {
	Position
	Area string  `json:"area"` // as the source of the borders names it
	KM   float64 `json:"km"`   // at the least
}

// Survival is how many of its vantages a result outlasts, whichever they are,
// at the least; and how many of their networks (ASN) and platforms.
type Survival struct {
	Vantages  int `json:"vantages"`  // machines
	Networks  int `json:"networks"`  // by AS number
	Platforms int `json:"platforms"` // networks that measure
	Suppliers int `json:"suppliers"` // files of evidence
	// Assumptions is how many of the things can be lost that speak for what it
	// takes for granted, for one host; nil where none is needed.
	Assumptions *int `json:"assumptions,omitempty"`
}
