GO ?= go

# The race detector needs a C compiler. Without one the tests run all the same, but for a CI, where that would be a
# green run which means less than it says.
RACE := $(if $(shell command -v $${CC:-gcc}),-race)
export GORACE := atexit_sleep_ms=0

.PHONY: conformance test mutants peers soak bench figures mutation proof readme golden picture lint race

## conformance: judge the reference, or SUBJECT="command of a driver"
conformance:
	@$(GO) build -o out/sslconform ./conformance/cmd/sslconform
	@out/sslconform run $(if $(SUBJECT),-- $(SUBJECT))

## test: all tests, the suite under go test and in parallel under ginkgo, and lint
test: lint race
	$(GO) test -count=1 -timeout 30m $(RACE) ./...
	$(GO) test -count=1 -run TestManySockets ./impl/bench
	$(GO) test -count=1 -run TestConformance ./conformance -args -heavy
	$(GO) tool ginkgo run -p --procs=2 --randomize-all $(RACE) ./conformance

## mutants: run all specs against each mutant, and compare the clauses that fail with those that it breaks, and with what
## conformance/mutants/testdata/collateral.json has beside them (UPDATE=1 notes that anew); out/mutants.json
mutants:
	$(GO) test -count=1 -timeout 3h -run TestMutants ./conformance/mutants -args -exact $(if $(UPDATE),-update)

## peers: judge the implementations in impl/peers by what is expected of them; out/peers/matrix.html and matrix.md set them
## side by side
peers:
	@$(GO) build -o out/sslconform ./conformance/cmd/sslconform
	@scripts/judge-peers

## soak: for MINUTES=n, repeat the suite where it must not fail: on two correct subjects, in random order, in parallel, with
## the race detector, on one core, on busy ones, halted now and then, and through a relay; out/soak.json has the outcome
soak:
	@$(GO) run ./conformance/cmd/soak --minutes $(or $(MINUTES),5)

## bench: measure, in less than 15 minutes on a machine that does nothing else, how long a verdict takes, what the
## reference costs beside crypto/tls and other implementations, and how both grow; out/bench.json, out/bench.html. For a
## trial: ROUNDS=2 ONLY=handshakes
bench:
	@$(GO) run ./conformance/cmd/bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only '$(ONLY)')

## figures: have README tell what `make bench` has measured last
figures:
	cp out/bench.json fixtures/bench.json
	$(MAKE) readme

## mutation: mutate the source of the reference, with the suite alone as the judge; about an hour; out/mutation.json
mutation:
	$(GO) run ./conformance/mutation

## proof: gather what mutants, mutation and soak have found, and have README tell it
proof:
	$(GO) run ./conformance/cmd/proof
	$(MAKE) readme

## readme: write README's account of what is tried anew
readme:
	$(GO) test -count=1 -run TestReadme ./conformance/cmd/sslconform -args -update

## golden: write the texts of known failures anew, with which those of the tests are compared
golden:
	$(GO) test -count=1 -run 'TestGolden|TestFaultOfTheSuite' ./conformance/cmd/sslconform -args -update

## picture: take the picture of the matrix anew that README shows, of what make peers has written
picture:
	$(GO) test -count=1 -run TestPicture ./conformance/cmd/sslconform -args -update

race:
ifeq ($(RACE),)
	@echo "no C compiler: the race detector is left out"
	@test "$$CI" != true
endif

## lint: gofmt, go vet, staticcheck, go mod tidy
lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
