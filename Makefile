# make quick  lint and all unit tests; it needs nothing but Go, and two minutes
# make test   installs what the tests need where it may, and runs all of them
# make build  builds ./landfall
# make bench  prints the figures of the docs

.PHONY: build quick test need lint generated unit bench fuzz

build:
	go build -o landfall ./cmd/landfall

# What takes namespaces, a browser, servers of others or long is left out by -short
# (internal/needs), and is run by make test. So is what only asks the network (go mod).
# Many tests wait for time to pass: more of them at once than there are cores.
quick:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "not gofmt'ed: run gofmt -w on these files"; exit 1; }
	go vet ./...
	go tool -modfile=.ci/tools.mod staticcheck ./...
	go test -short -p 4 ./...

test: need lint generated unit

# What the tests use besides Go. Whatever cannot be installed is said, and what
# needs it says so again when it runs.
need:
	@sh .ci/need

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "not gofmt'ed: run gofmt -w on these files"; exit 1; }
	go vet ./...
	go tool -modfile=.ci/tools.mod staticcheck ./...
	go mod tidy -diff
	go mod verify

# Generated files that need nothing from outside are made again and compared.
generated:
	go generate ./providers/... ./probes/...
	@git diff --exit-code --stat -- providers probes README.md || { echo "generated files are not up to date: commit what go generate wrote"; exit 1; }

# The command's tests time handshakes in simulated networks. The race detector
# makes a handshake five times as slow, and busy neighbours do: they run without
# it, and all else beside them at the lowest priority, the longest first.
unit:
	@. ./.ci/environment; \
	{ nice -n 19 go test -timeout 45m $$RACE ./verdict ./reports/site $$(go list ./... | grep -v /cmd/landfall$$) && \
	  nice -n 19 go test -timeout 45m $$RACE ./cmd/landfall -run '^TestScripts$$'; } & others=$$!; \
	go test -timeout 45m ./cmd/landfall; own=$$?; \
	wait $$others && exit $$own

bench:
	go test ./verdict -run '^$$' -bench 'Labelled|Liars|Trust|Crowd|Landmarks|MovedGenerated|Decoys|Anycast|Retrieval|LyingReaders|Calibrated|Transferred|Peers|Stream|Million' -benchtime 1x -timeout 1h
	LANDFALL_KILLS=100 go test ./cmd/landfall -run KilledWhileOrdering -count=1 -v
	go test ./cmd/landfall -run '^$$' -bench 'Canary|Net' -benchtime 1x -timeout 1h
	go test ./audit/archive -run '^$$' -bench . -benchtime 1x -timeout 1h
	go test ./verdict/plan -run '^$$' -bench Plan -benchtime 1x -timeout 2h
	go test ./internal/geo ./providers/ranges ./reports/site -run '^$$' -bench .

# Each parser of outside input for a while.
FUZZTIME ?= 20s
fuzz:
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; go test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done; done
