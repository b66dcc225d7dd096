package cloud

import (
	"context"
	"sync"
)

// Memo asks once for what many stores share, such as the plans of an account.
// That it failed is remembered too, unless whoever asked gave up. The zero value
// is ready, and safe for concurrent use.
type Memo[T any] struct {
	mu    sync.Mutex
	known map[string]*answer[T]
}

// answer is what is known under one key. Whoever holds the turn may ask.
type answer[T any] struct {
	turn  chan struct{}
	done  bool
	value T
	err   error
}

// Get returns what ask gave for the key, the first time that it was asked.
func (m *Memo[T]) Get(ctx context.Context, key string, ask func(context.Context) (T, error)) (T, error) {
	a := m.at(key)
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	defer func() { <-a.turn }()
	if a.done {
		return a.value, a.err
	}
	value, err := ask(ctx)
	if err == nil || ctx.Err() == nil {
		a.value, a.err, a.done = value, err, true
	}
	return value, err
}

func (m *Memo[T]) at(key string) *answer[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*answer[T]{}
	}
	a := m.known[key]
	if a == nil {
		a = &answer[T]{turn: make(chan struct{}, 1)}
		m.known[key] = a
	}
	return a
}
