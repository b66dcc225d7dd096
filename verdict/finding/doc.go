// Package finding is what one sort of evidence says of a claim, and the rules that
// hold it back.
package finding
