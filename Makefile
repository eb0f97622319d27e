# The commands of the README. Everything else is plain cargo.
#
# Root is needed for two things, and asked for (through sudo) only then: installing the packages
# that are missing, and loading programs into the kernel.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Empty for root, and where there is no sudo: what needs root then says so itself.
SUDO := $(shell [ "$$(id -u)" -eq 0 ] || command -v sudo)
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
STROBE := $(TARGET_DIR)/release/strobe

# LLVM 19 is in Debian 12, Debian 13 and Ubuntu 24.04 alike; g++ brings the static C++ library.
BUILD_PACKAGES := llvm-19-dev zlib1g-dev libzstd-dev g++
TEST_PACKAGES := bpftool valgrind clang-19
# Not in Ubuntu, where a browser of another name does.
PAGE_PACKAGES := chromium
KERNEL_PACKAGES := qemu-system-x86 xfsprogs bpftool
BENCH_PACKAGES := bpftrace bpftool clang-19 strace

FUZZ_SECONDS ?= 600

# Random programs of `make semantics`.
SEED ?= 1
COUNT ?= 20000

# Test binaries run as root, cargo itself as whoever calls it.
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
RUNNER := CARGO_TARGET_$(shell echo '$(HOST)' | tr 'a-z-' 'A-Z_')_RUNNER
AS_ROOT := $(if $(SUDO),$(RUNNER)='sudo -E')

.PHONY: demo build test test-kernels bench dist fuzz semantics link-order help cargo

help:
	@echo 'make demo    five seconds of read sizes by process, from the live kernel'
	@echo 'make test    every test (root is needed for those that load programs)'
	@echo 'make bench   compile time by script size, start-up beside that of bpftrace, attaching in virtual machines'
	@echo 'make test-kernels  the cases of every provider on other kernels, in virtual machines'
	@echo 'make dist    a tarball that runs on any Linux of this architecture'
	@echo 'make semantics COUNT ($(COUNT)) random programs from SEED ($(SEED)) on, against an evaluator'
	@echo 'make fuzz    every fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)) seconds'

demo: build
	@$(if $(SUDO),echo 'Root is needed to load programs into the kernel: using sudo.')
	@SUDO='$(SUDO)' STROBE='$(STROBE)' .ci/demo

build: cargo
	@.ci/packages 'build strobe' $(BUILD_PACKAGES)
	cargo build --release --locked

test: cargo
	@.ci/packages 'build strobe' $(BUILD_PACKAGES)
	@.ci/packages --optional 'look at what the kernel holds' $(TEST_PACKAGES)
	@command -v chromium-browser google-chrome >/dev/null || .ci/packages --optional 'open a page of explain' $(PAGE_PACKAGES)
	@$(if $(SUDO),echo 'Root is needed by the tests that load programs into the kernel: using sudo.')
	$(AS_ROOT) cargo test --workspace --locked --no-fail-fast

# KERNELS may name further images, each with its config-* beside it; CASES a part of a name, or
# several with | between them.
test-kernels: cargo
	@.ci/packages 'build strobe' $(BUILD_PACKAGES)
	@.ci/packages --optional 'boot kernels' $(KERNEL_PACKAGES)
	cargo test --locked --test run -- kernels $(KERNELS) $(if $(CASES),'$(CASES)')

bench: build
	@.ci/packages 'compare with bpftrace' $(BENCH_PACKAGES)
	@$(if $(SUDO),echo 'Root is needed to load programs into the kernel: using sudo.')
	cargo bench --locked --bench compile
	STROBE='$(abspath $(STROBE))' $(AS_ROOT) cargo bench --locked --bench peer
	@.ci/packages --optional 'boot kernels' $(KERNEL_PACKAGES)
	STROBE='$(abspath $(STROBE))' cargo test --release --locked --test run -- kernels figures:

dist: build
	@.ci/dist '$(STROBE)' '$(TARGET_DIR)'

# Every program runs in the kernel, and must print what the evaluator of the tests says.
semantics: cargo
	@.ci/packages 'build strobe' $(BUILD_PACKAGES)
	@$(if $(SUDO),echo 'Root is needed to load programs into the kernel: using sudo.')
	$(AS_ROOT) cargo test --locked --test semantics -- --many $(SEED) $(COUNT)

# Sanitizers are nightly flags; RUSTC_BOOTSTRAP lets the stable compiler take them.
fuzz: cargo
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	@for target in $$(cargo fuzz list); do \
	  echo "fuzz $$target for $(FUZZ_SECONDS) s"; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

# After a change of LLVM's version, or of what is used of it.
link-order: cargo
	@.ci/packages 'see which functions run' valgrind
	$(SUDO) .ci/link-order

cargo:
	@command -v cargo >/dev/null || { echo 'make: a Rust toolchain is needed: see https://rustup.rs' >&2; exit 1; }
