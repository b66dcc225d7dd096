package verdict

// askedFor is what can send the clients of a host on: an HTTPS record of its name,
// or a redirect.
type askedFor struct {
	host   string // in lower case
	record bool
}

// noteAsked notes that the file of a line asked.
func (c *caseFile) noteAsked(what askedFor, id string) {
	if c.sentOn[what] == nil {
		c.sentOn[what] = map[string]bool{}
	}
	c.sentOn[what][c.supplierOf(id).name] = true
}
