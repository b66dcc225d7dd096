//go:build !race

package main

// raceDetector is whether the tests and the command were built with it.
const raceDetector = false
