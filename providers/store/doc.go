// Package store is what object stores are called: the addresses of their buckets
// and objects, and what differs between the clouds that have them.
//
// Each cloud is one folder here. Its file cloud.yaml says what its addresses look
// like and what users read of it; [Kinds] reads them all, so that no list of
// them is kept by hand. Its Go package asks the cloud and stands in the list of
// package clouds. This package asks nobody.
package store
