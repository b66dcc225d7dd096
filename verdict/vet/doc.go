// Package vet finds the vantages whose replies cannot be true together with those of
// others, and which of the rest are believed (docs/verdicts.md, Who is believed).
package vet
