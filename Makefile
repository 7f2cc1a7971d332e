# Parley: what a developer or an installer types. `make help` lists it.

PREFIX ?= /usr/local
DESTDIR ?=
CONFIGURATION ?= release
# Programs and plugins carry the Swift runtime, so that an installed tree needs no toolchain. A plugin
# does so by a compiler flag of its own, hence the second build folder.
SWIFT_FLAGS = -c $(CONFIGURATION) --static-swift-stdlib
PLUGIN_FLAGS = -c $(CONFIGURATION) --scratch-path .build/plugins -Xswiftc -static-stdlib
BUILD = .build/$(CONFIGURATION)
PLUGIN_BUILD = .build/plugins/$(CONFIGURATION)
STAGE = .build/stage
FUZZ_SECONDS ?= 60

.PHONY: help deps build compile stage manual manual-pages deb deb-test run run-assistant test check format bench soak fuzz install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that Parley needs
	@etc/scripts/install-packages

build: deps compile ## build everything, optimised

compile:
	swift build $(SWIFT_FLAGS) --product parleyd
	swift build $(SWIFT_FLAGS) --product parleyctl
	swift build $(SWIFT_FLAGS) --product parley-transport-host
	swift build $(SWIFT_FLAGS) --product parley-fake-realtime
	swift build $(PLUGIN_FLAGS) --product loopback
	swift build $(PLUGIN_FLAGS) --product openai-websocket
	swift build $(PLUGIN_FLAGS) --product webrtc

stage: build ## lay out a tree that runs where it lies, in .build/stage
	@etc/scripts/stage "$(BUILD)" "$(PLUGIN_BUILD)" "$(STAGE)"

manual: stage manual-pages ## manual pages of parleyctl, in .build/stage/share/man

manual-pages:
	swift package --disable-sandbox plugin generate-manual --configuration debug --multi-page
	@install -D -m 644 -t "$(STAGE)/share/man/man1" \
	    .build/plugins/GenerateManual/outputs/parleyctl/*.1
	@# whatis(1) wants the name of the file, "parleyctl.say", where the generator writes "parleyctl say".
	@sed -i '/^\.Sh NAME$$/,/^\.Nd/{/^\.Nm "/{s/^\.Nm "\(.*\)"/\1/;s/ /./g;s/^/.Nm /}}' \
	    "$(STAGE)"/share/man/man1/parleyctl*.1

run: stage ## hear yourself: a loopback session on the default devices, live
	@etc/scripts/run "$(STAGE)"

run-assistant: stage ## speak with a fake assistant, without an account; barge in, see the truncation
	@etc/scripts/run-assistant "$(STAGE)"

test: deps ## every test
	@etc/scripts/test

check: ## format, lint and unit tests
	@etc/scripts/check

format: ## rewrite the sources in the project's format
	swift format --in-place --recursive Sources Tests Plugins Fuzz Package.swift

bench: stage ## measure against the budgets of docs/Performance.md; PARTS="cpu idle" for some
	@etc/scripts/bench "$(STAGE)" $(PARTS)

soak: stage ## break everything around it for SOAK_MINUTES (10); memory, descriptors, delay must not grow
	@etc/scripts/soak "$(STAGE)"

fuzz: ## feed the parsers with invented input for FUZZ_SECONDS (60); TARGETS="RTP" for some
	@etc/scripts/fuzz "$(FUZZ_SECONDS)" $(TARGETS)

install: manual ## install under $(DESTDIR)$(PREFIX)
	@etc/scripts/install "$(STAGE)" "$(DESTDIR)" "$(PREFIX)"

deb: ## Debian packages, in .build/deb
	@PARLEY_PACKAGING=yes etc/scripts/install-packages
	@etc/scripts/deb

deb-test: deb ## try the packages in a clean Debian that a systemd of its own runs; needs root
	@Tests/Systemd/packages .build/deb

clean: ## remove what was built
	rm -rf .build
