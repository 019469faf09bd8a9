# SPDX-License-Identifier: EUPL-1.2
# The front door. Each target first installs what it needs and is not there (and says so); a second run does nothing needless.
# The work itself is in tools/, bench/ and CMakePresets.json; this file only opens the doors.
PREFIX  ?= /usr/local
DESTDIR ?=
SECONDS ?= 30
PERSONS ?= 10000
CHECKS  ?=
MAKEFLAGS += --no-print-directory

.PHONY: help demo check bench fuzz format install clean deps-build deps-check release
.DEFAULT_GOAL := help

help:
	@echo "emc2: an encrypted health data warehouse with an OHDSI cohort engine. What you can make:"
	@echo "  make demo     build emc2 and run the whole circuit: five holders, the pseudonym authority, the warehouse, a study (PERSONS=$(PERSONS))"
	@echo "  make check    the gate: every check and every test (CHECKS=\"format layers\" for some; tools/check --list)"
	@echo "  make bench    measure load, size, cohort time and intake beside their peers"
	@echo "  make fuzz     each fuzz target for SECONDS=$(SECONDS) seconds"
	@echo "  make format   clang-format over the tree"
	@echo "  make install  the release build into PREFIX=$(PREFIX) (DESTDIR is honoured)"
	@echo "  make clean    remove build/, dist/ and demo/ (what was downloaded stays in .deps/)"

deps-build:
	@tools/install-deps build

deps-check:
	@tools/install-deps check

release: deps-build
	@test -e build/release/build.ninja || cmake --preset release --log-level=WARNING >/dev/null
	@ninja -C build/release --quiet emc2

demo: release
	@tools/demo build/release/emc2 --persons $(PERSONS) --out demo

check: deps-check
	@tools/check $(CHECKS)

bench: release
	@bench/run

fuzz: deps-check
	@tools/fuzz $(SECONDS)

format: deps-check
	@tools/format

install: release
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" | sed -n 's/^-- Installing: /installed /p'

clean:
	rm -rf build dist demo
