# Thin: CMake does the work (CMakePresets.json). `make help` lists the targets.
SHELL := /bin/sh
CMAKE ?= cmake
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
BREAK ?=

# ccache, where it is installed, makes later builds cheap.
CCACHE := $(shell command -v ccache)
ifneq ($(CCACHE),)
export CMAKE_C_COMPILER_LAUNCHER ?= $(CCACHE)
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(CCACHE)
endif

packages = @cmake/install-packages.sh
programs = mapiguard mapiguard-worker mapiguard-symbols mapiguard-hive
configure = @mkdir -p build && { $(CMAKE) --preset $(1) $(2) > build/$(1).log 2>&1 || { cat build/$(1).log; exit 1; }; }
compile = @$(CMAKE) --build build/$(1) --parallel $(JOBS) $(if $(2),--target $(2))
ctest = @tests/run_ctest.sh build/$(1) $(JOBS)

.DEFAULT_GOAL := build
.PHONY: build demo test proof proof-long torture mutants fuzz bench asan tsan coverage docs faults lint install clean help

build: build/release/build.ninja  ## build/release/mapiguard and mapiguard-worker, usable in place (the default)
	$(call compile,release,$(programs))

# Without the tests at first: they need more packages. `make test` turns them on.
build/release/build.ninja:
	-@cmake/install-packages.sh --check build
	$(call configure,release,-DMAPIGUARD_TESTS=OFF)

demo:  ## installs what is needed, builds, converts a corpus with a poison message in it, shows what happened
	$(packages) build
	@$(MAKE) --no-print-directory build
	$(call compile,release,mapiguard-corpus misbehave)
	@tests/demo.sh build/release

test:  ## installs, builds, and runs the whole test suite
	$(packages) build test
	-$(packages) servers # without them their tests are skipped
	$(call configure,faults)
	$(call configure,release,-DMAPIGUARD_TESTS=ON)
	$(call compile,faults,$(programs))
	$(call compile,release)
	$(call ctest,release)

faults:  ## build/faults/mapiguard, where convert --plant CLASS makes our own worker die that way
	$(call configure,faults)
	$(call compile,faults,$(programs))

proof:  ## promises under kills: death classes, kill points, rotation, broken disks; BREAK=ndr (a build that forgets the NDR) must fail
	$(packages) build test
	$(call configure,release,-DMAPIGUARD_TESTS=ON)
	$(call compile,release,$(programs) misbehave kill_at fail_io without_namespaces trying-worker $(if $(BREAK),broken-$(BREAK))) >&2
	$(if $(BREAK),,$(call configure,faults))
	$(if $(BREAK),,@$(CMAKE) --build build/faults --parallel $(JOBS) --target $(programs) >&2)
	@tests/proof/proof.py --build build/release --full $(if $(BREAK),--programs build/release/broken-$(BREAK))
	$(if $(BREAK),,@tests/proof/death_classes.py --build build/release --faults build/faults)
	$(if $(BREAK),,@tests/proof/rotation.py --build build/release)
	$(if $(BREAK),,@tests/proof/faults.py --build build/release --points 60)

proof-long:  ## the neighbour test (10,000 messages, 1 % killers of ten kinds) and the soak (200,000 through one Guard)
	$(packages) build test
	$(call configure,release,-DMAPIGUARD_TESTS=ON)
	$(call compile,release,$(programs) soak) >&2
	@tests/proof/neighbours.py --build build/release
	@tests/proof/soak.sh build/release

torture: build  ## faults of every kind against the programs of this build, quick profile
	@build/release/mapiguard torture --profile quick

mutants: build  ## damaged variants of the messages in MAPIGUARD_CORPUS: what dies, what is salvaged (msgconvert beside)
	@tests/corpus/mutants.py --mapiguard build/release/mapiguard

fuzz:  ## every fuzz target for FUZZ_SECONDS (60) each, from the seeds and the samples
	$(packages) build fuzz
	$(call configure,fuzz)
	$(call compile,fuzz,fuzzers)
	@fuzz/run.sh build/fuzz/fuzz $(FUZZ_SECONDS)

bench:  ## every measured goal in one run, as ratios, with its target
	$(packages) build bench
	$(call configure,bench)
	$(call compile,bench)
	@bench/run.py --build build/bench

asan:  ## the test suite under AddressSanitizer and UndefinedBehaviorSanitizer
	$(packages) build test
	$(call configure,asan)
	$(call compile,asan)
	$(call ctest,asan)

tsan:  ## the test suite under ThreadSanitizer
	$(packages) build test
	$(call configure,tsan)
	$(call compile,tsan)
	$(call ctest,tsan)

coverage:  ## build/coverage/coverage.html, and the share of converter/ that tests and replays reach
	$(packages) build test coverage
	$(call configure,coverage)
	$(call compile,coverage)
	$(call ctest,coverage)
	@gcovr --root . --object-directory build/coverage --filter base/ --filter converter/ --filter guardian/ --filter persist/ \
	  --filter tools/ --exclude-throw-branches --txt build/coverage/coverage.txt --html-details build/coverage/coverage.html \
	  --json build/coverage/coverage.json
	@tail -n 4 build/coverage/coverage.txt
	@gcovr --root . --add-tracefile build/coverage/coverage.json --filter converter/ --print-summary \
	  --txt build/coverage/converter.txt | sed -n 's/^lines: /converter\/ lines: /p'

docs:  ## build/docs: the manual pages as HTML, and a check that every file named in the documents exists
	$(packages) docs
	@docs/build.sh build/docs

lint:  ## clang-tidy over the sources, layers, formatting
	$(packages) build test lint
	$(call configure,dev)
	@python3 tests/layers_test.py
	@run-clang-tidy-19 -quiet -p build/dev -j $(JOBS) '/(base|converter|guardian|persist|tools)/'

install: build  ## PREFIX (/usr/local), DESTDIR
	@DESTDIR='$(DESTDIR)' $(CMAKE) --install build/release --prefix '$(PREFIX)'

clean:  ## removes build/
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## /  \1\t/p' Makefile | expand -t 14
