//go:build !unix

package probes

// descriptors is how many files and sockets this process may have open. Where
// the system sets no limit that can be asked for, it is taken to be generous.
func descriptors() int { return 1 << 14 }
