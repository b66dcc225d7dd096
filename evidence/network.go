package evidence

import "slices"

// Where a vantage's measurements come from.
const (
	NetworkLocal      = "local"
	NetworkGlobalping = "globalping"
	NetworkAtlas      = "atlas"
	NetworkImport     = "import" // measured by something else; it has passed no self-check
)

// VantageNetwork is what is known of those that measure under one word.
type VantageNetwork struct {
	Name string
	// Hosted says that its machines stand in many people's networks and measure for
	// whoever orders: who runs such a network could shape what all in it see.
	Hosted bool
	// SelfReported says that a machine's place is what its owner gave.
	SelfReported bool
	// Machines says that it tells one machine from another in one place.
	Machines bool
	// Ping is the method by which it times round trips at the lowest cost.
	Ping string
	// NamesByTLS says that what it asks a name for, it asks over TLS: a failure
	// speaks of the endpoint's TLS.
	NamesByTLS bool
}

// vantageNetworks is the closed table of them. What it lacks is trusted least.
var vantageNetworks = []VantageNetwork{
	{Name: NetworkLocal, SelfReported: true, Machines: true, Ping: MethodTCP},
	{Name: NetworkGlobalping, Hosted: true, SelfReported: true, Ping: MethodTCP, NamesByTLS: true},
	// Atlas times TCP by traceroute alone, at five times the cost.
	{Name: NetworkAtlas, Hosted: true, SelfReported: true, Machines: true, Ping: MethodICMP},
	{Name: NetworkImport, SelfReported: true},
}

// VantageNetworks returns the table of those that measure.
func VantageNetworks() []VantageNetwork { return slices.Clone(vantageNetworks) }

// NetworkOf returns what is known of those that measure under a word. A missing or
// unknown word is [NetworkImport], which is trusted least.
func NetworkOf(word string) VantageNetwork {
	for _, n := range vantageNetworks {
		if n.Name == word {
			return n
		}
	}
	return NetworkOf(NetworkImport)
}
