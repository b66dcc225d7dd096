package judge

import (
	"iter"
	"runtime"

	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/index"
	"github.com/landfall-audit/landfall/verdict/store"
)

// task is a claim to judge, and where what follows is waited for.
type task struct {
	sheet *providers.Sheet
	claim *providers.Claim
	done  chan judgement
}

func everyClaim(sheets []*providers.Sheet) iter.Seq[task] {
	return func(yield func(task) bool) {
		for _, sheet := range sheets {
			for i := range sheet.Claims {
				if !yield(task{sheet, &sheet.Claims[i], make(chan judgement, 1)}) {
					return
				}
			}
		}
	}
}

// offer reports whether the task was taken before quit was closed.
func offer(to chan<- task, t task, quit <-chan struct{}) bool {
	select {
	case to <- t:
		return true
	case <-quit:
		return false
	}
}

// judgeAll judges the claims, several at once, and takes what follows in their
// order: the verdicts to emit, the rest to the document.
func judgeAll(c *index.Index, sheets []*providers.Sheet, encode bool, emit func(judgement) error, doc *verdict.Document) error {
	// A task is in order before it is worked on, so that no more are done than
	// there are workers before the first of them is taken.
	tasks, ordered, quit := make(chan task), make(chan task, 1), make(chan struct{})
	defer close(quit)
	for range runtime.GOMAXPROCS(0) {
		go work(store.New(c), tasks, encode)
	}
	go func() {
		defer close(ordered)
		defer close(tasks)
		for t := range everyClaim(sheets) {
			if !offer(ordered, t, quit) || !offer(tasks, t, quit) {
				return
			}
		}
	}()
	for t := range ordered {
		j := <-t.done
		if j.err != nil {
			return j.err
		}
		doc.Claims = append(doc.Claims, j.claim)
		for result, n := range j.count {
			doc.Summary[result] += n
		}
		if err := emit(j); err != nil {
			return err
		}
	}
	return nil
}

// work judges the claims that it is given, until there are no more.
func work(c *store.Stores, tasks <-chan task, encode bool) {
	for t := range tasks {
		t.done <- judged(c, t.sheet, t.claim, encode)
	}
}

// judgement is what follows for one claim.
type judgement struct {
	verdicts []verdict.Verdict // nil if they are to be written
	lines    []byte            // the verdicts as JSON, if they are to be written
	count    map[verdict.Result]int
	claim    verdict.ClaimResult
	err      error
}

func judged(c *store.Stores, sheet *providers.Sheet, claim *providers.Claim, encode bool) judgement {
	verdicts, why, err := judgeClaim(c, sheet, claim)
	if err != nil {
		return judgement{err: err}
	}
	j := judgement{verdicts: verdicts, count: map[verdict.Result]int{}, claim: rollUp(sheet, claim, verdicts, why)}
	for i := range verdicts {
		j.count[verdicts[i].Result]++
	}
	if encode {
		j.lines, j.err = encodeLines(verdicts)
		j.verdicts = nil
	}
	return j
}
