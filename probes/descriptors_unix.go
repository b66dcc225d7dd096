//go:build unix

package probes

import "golang.org/x/sys/unix"

// descriptors is how many files and sockets this process may have open. The
// runtime has raised its soft limit to the hard one already.
func descriptors() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return leastDescriptors
	}
	return int(min(uint64(limit.Cur), 1<<20))
}
