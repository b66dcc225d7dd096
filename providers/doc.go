// Package providers is the vendor's side of an audit: what a storage vendor
// says about where data goes, which hosts its clients talk to, and what the
// places it names mean.
//
// A vendor is described by one [Sheet] in the claims language
// landfall.claims/v1, written in YAML. [Parse], [LoadFile] and [LoadPath] read
// sheets that a user brings; [Catalogue] and [Lookup] read the ones that are
// compiled into the program. Everything is checked while it is read: a sheet
// that parses needs no further validation, and every fault in one that does
// not is reported at once, each with file, line and column ([schema.Problems]).
//
// A claim names places ([Place]): countries, subdivisions, groups of countries,
// cloud regions, geographies of a cloud provider, or a point with a radius.
// [Resolve] turns a list of places into the [Extent] that it has on a given
// date, since groups change their members.
//
// The package reads its own embedded data and the files that it is pointed to.
// It never touches the network or the clock.
package providers
