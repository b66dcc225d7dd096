package verdict

// The codes of the rules that keep a result down. Each says in one word why; programs
// read the code. Where one rule has several sentences, the limits have codes of their
// own.
const (
	CodeUntrustedCertificate   = "untrusted-certificate"        // no certificate that is valid for the name was shown
	CodeTLSFailed              = "tls-failed"                   // a TLS handshake was refused, or stayed without an answer
	CodeTransportOnly          = "transport-only"               // the endpoint speaks TLS, and only replies that anybody on the way could have given say so
	CodePingOnly               = "ping-only"                    // only replies to no service say so, and the endpoint is a port
	CodeOneVantage             = "one-vantage"                  // one vantage alone carries it, not by a landmark and the endpoint's own key
	CodeVantagesUnproven       = "vantages-not-credible"        // no two of those that carry it are believed, and no more say so than may lie
	CodeOneNetwork             = "one-network"                  // all that carry it are in one network
	CodeManyHosts              = "many-hosts"                   // many hosts may share the address
	CodeOneHostNotShown        = "one-host-not-shown"           // it follows only if one host answered all vantages, and nothing speaks for that
	CodeElsewhereAside         = "seen-elsewhere"               // a vantage that is set aside was answered from elsewhere
	CodeOneHostRefutation      = "refutation-needs-one-host"    // it would lean on several replies having come from one host
	CodeRest                   = "rest-not-seen-from-front-end" // the claim speaks of data at rest
	CodeBootstrap              = "bootstrap"                    // the endpoint only says which host to use
	CodeOneSupplier            = "one-supplier-against-others"  // one supplier's evidence alone carries it, and others' contradicts
	CodeImportsAgainstMeasured = "imports-against-measured"     // only imported evidence carries it, and measured evidence of others contradicts
	CodeAddressByOneSupplier   = "address-by-one-supplier"      // one supplier alone was given the address
	CodeRequire                = "required-copies-not-seen"     // the claim asks for copies in certain places
	CodeNameOnly               = "place-by-name"                // a place is known from a name alone
	CodeCopyUnknown            = "copy-of-unknown-place"        // where a copy is, nothing says
	CodeRedirect               = "derived-by-redirect"          // a redirect of one request does not show where data is sent
	CodePath                   = "path-not-kept"                // what passes a host on the way is not shown to be kept there
	CodeClaimNotInForce        = "claim-not-in-force"           // the replies that carry it were measured when the claim did not stand
	CodeClients                = "clients-not-measured"         // users of most countries were not measured
	CodeTerritory              = "territory-of-named-country"   // it can be in a territory with a code of its own, and the claim names the country
)

// HeldBack says what a result would be but for the rules that keep it down.
type HeldBack struct {
	WouldBe Result   `json:"would_be"`
	Why     []string `json:"why"` // codes
}
