// Package sentence has the sentence of each code, in English, and writes it with the
// arguments that belong to it. It is the one place where the judge's sentences stand.
//
// In a template, {name} is an argument and {name:format} says how it is written. What
// stands in brackets is left out where an argument in it is missing, and [a|b] is b
// where an argument of a is missing; brackets within it do not count for that.
package sentence
