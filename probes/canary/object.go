package canary

import (
	"bytes"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// namePrefix begins the name of every object that a canary writes. Nothing else
// is ever deleted.
const namePrefix = "landfall-canary-"

// object is what is written once, read once in one place, and deleted. Its
// bytes come from a seed that nobody else has, so that they need not be kept and
// cannot be guessed.
type object struct {
	key  string
	seed [32]byte
	size int64
	from int64 // where the range begins that is read
}

// newObject makes the object number n of a run. The range is nowhere near the
// beginning by rule, since servers keep beginnings at hand.
func newObject(run string, n int, size int64) *object {
	o := &object{key: fmt.Sprintf("%s%s-%04d", namePrefix, run, n), size: size, from: 1 + rand.Int64N(size-readBytes)}
	_, _ = cryptorand.Read(o.seed[:]) // never fails
	return o
}

// isCanary reports whether a key is of an object that a canary wrote.
func isCanary(key string) bool {
	return strings.HasPrefix(key, namePrefix) && !strings.Contains(key, "/")
}

// content returns the bytes of the whole object.
func (o *object) content() io.Reader { return io.LimitReader(rand.NewChaCha8(o.seed), o.size) }

// expected returns the bytes of the range that is read.
func (o *object) expected() []byte {
	all := o.content()
	_, _ = io.CopyN(io.Discard, all, o.from)
	out := make([]byte, readBytes)
	_, _ = io.ReadFull(all, out) // a generator has no errors
	return out
}

// errWrongBytes is an answer that is not what was written.
var errWrongBytes = errors.New("the bytes are not those that were written")

// check reads a range and compares it with what was written. Decided is called
// once so many bytes are there that right ones cannot be a guess.
func check(body io.Reader, want []byte, decided func()) error {
	got := make([]byte, len(want))
	if _, err := io.ReadFull(body, got[:decisiveBytes]); err != nil {
		return fmt.Errorf("the answer ended early: %w", err)
	}
	decided()
	if _, err := io.ReadFull(body, got[decisiveBytes:]); err != nil {
		return fmt.Errorf("the answer ended early: %w", err)
	}
	if !bytes.Equal(got, want) {
		return errWrongBytes
	}
	if n, _ := io.ReadFull(body, make([]byte, 1)); n > 0 {
		return fmt.Errorf("the answer is longer than the %d bytes that were asked for", len(want))
	}
	return nil
}
