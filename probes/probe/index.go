package probe

import "github.com/landfall-audit/landfall/evidence"

// index is what was made of the observations of some kinds, and how many of
// each kind are in it.
type index struct {
	value any
	read  map[evidence.Kind]int
}

// Index returns what add makes of all observations of the kinds, which are added
// to what begin gives. Seen keeps it under the key, so that the plans of a long
// run read each observation once and not once each: the key has to hold all that
// add goes by. The value is not to be changed by others.
func Index[T any](s *Seen, key any, begin func() T, add func(T, evidence.Observation), kinds ...evidence.Kind) T {
	if s == nil {
		return begin()
	}
	i := s.indexes[key]
	if i == nil {
		i = &index{value: begin(), read: map[evidence.Kind]int{}}
		s.indexes[key] = i
	}
	value := i.value.(T)
	for _, kind := range kinds {
		for _, o := range s.byKind[kind][i.read[kind]:] {
			add(value, o)
		}
		i.read[kind] = len(s.byKind[kind])
	}
	return value
}
