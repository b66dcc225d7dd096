// Package ranges reads the address ranges that cloud providers publish, and
// finds the entries for an address.
//
// What a provider publishes is its own word: it can agree with a claim or
// dispute it, and a measurement outweighs it. An address that no entry covers
// says nothing.
//
// [Sources] lists what can be read and how. Parsers take any bytes: a row that
// makes no sense is skipped with its place and the reason ([Feed.Skipped]), and
// the rest of the file is kept.
package ranges
