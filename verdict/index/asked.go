package index

// AskedFor is what can send the clients of a host on: an HTTPS record of its name,
// or a redirect.
type AskedFor struct {
	Host   string // in lower case
	Record bool
}

// noteAsked notes that the file of a line asked.
func (c *Index) noteAsked(what AskedFor, id string) {
	if c.SentOn[what] == nil {
		c.SentOn[what] = map[string]bool{}
	}
	c.SentOn[what][c.SupplierOf(id).Name] = true
}
