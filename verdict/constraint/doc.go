// Package constraint is what a claim allows: the areas and zones in which data may
// be, compiled for the land index, and the geometry that both are made of.
package constraint
