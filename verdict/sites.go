package verdict

// Sites are the places that share an address, as far as they can be distinguished:
// disks of which no two have anything in common cannot hold one host.
type Sites struct {
	AtLeast int        `json:"at_least"` // how many there are
	Groups  []SiteSeen `json:"groups"`   // at most [maxSites]
	// UnlessWrong are vantages, one in five at most, without which one host would
	// explain all replies: there are several unless these are not where they say,
	// or something near them answered. Empty where so few do not explain it.
	UnlessWrong []string `json:"unless_wrong,omitempty"`
}

// SiteSeen is one site, and what the claim is for those who are answered by it:
// the vantages whose disk can hold this one of the sites and no other.
type SiteSeen struct {
	Vantages  []string `json:"vantages"`  // ids of those that it answered
	Evidence  []string `json:"evidence"`  // ids of the lines with its replies
	Countries []string `json:"countries"` // where it can be by the smallest disk, where these are at most ten
	Result    Result   `json:"result"`
}
