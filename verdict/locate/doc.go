// Package locate is what replies show of where a host or a store is: disks, what they
// have in common, whether many hosts answered, and what follows for a claim, by whom
// and whether they are a quorum.
package locate
