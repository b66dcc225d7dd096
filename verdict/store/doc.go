// Package store judges where data is stored: by its provider's metadata and by timed
// reads of bytes that only the store has.
package store
