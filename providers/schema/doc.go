// Package schema reads YAML files by a definition of what they may hold.
//
// A [Type] is that definition. Its reader and its JSON Schema both come from it,
// so that the two cannot differ in what they know. All that is wrong with a file is
// reported at once, each with its place ([Problems]).
//
// Files come from outside: their size, depth and structure are bounded before they
// are parsed, and anchors, aliases and tags are refused.
package schema
