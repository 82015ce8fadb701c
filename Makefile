# SPDX-License-Identifier: MIT
# `make help` lists the targets.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.SECONDARY:

# ---- what may be set on the command line ------------------------------------

O := build
PREFIX := /usr/local
LIBDIR := lib
DESTDIR :=
CC := gcc
AR := ar
CFLAGS := -O2 -g
LDFLAGS :=
WERROR :=
V :=
# How many compilers and tests at once; seconds that a test program may take; which (default: all).
JOBS := $(shell nproc)
TEST_TIMEOUT := 3600
TESTS :=
# libFuzzer: on what, for how many seconds.
FUZZ := tflite
FUZZ_SECONDS := 3600

# ---- flags --------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# <drm.h>, the kernel's: Debian has it in libdrm-dev, others with the C library's headers.
DRM_INCLUDES := -isystem /usr/include/libdrm -isystem /usr/include/drm
INCLUDES := -Ilibnpu/include -Ilibnpu/src -Ihw-model -Ihw-model/iss -Ifirmware/include -Iuapi \
	$(DRM_INCLUDES)
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(if $(WERROR),-Werror) \
	-fvisibility=hidden -fPIC -pthread $(INCLUDES)
LIBS := -lm -pthread
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# Of a fence alone gcc says that it is not understood: all that have one hold a lock, too.
SANITIZE_THREADS := -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan

# The version has one source.
version_of = $(shell sed -n 's/^.define NPU_VERSION_$(1) *//p' libnpu/include/npu.h)
MAJOR := $(call version_of,MAJOR)
VERSION := $(MAJOR).$(call version_of,MINOR).$(call version_of,PATCH)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# A make inside a recipe: as parallel as this one was asked to be, or else as JOBS says.
MAKE_ALSO = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

# ---- sources ------------------------------------------------------------------

LIB_SRC := $(wildcard libnpu/src/*/*.c hw-model/iss/*.c firmware/src/*.c)
TOOL_SRC := $(wildcard libnpu/tools/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
AUX_SRC := $(wildcard tests/tools/*.c)
MAN := $(wildcard docs/man/*.1)
HEADERS := libnpu/include/npu.h

SONAME := libnpu.so.$(MAJOR)
SHARED := $(O)/libnpu.so.$(VERSION)
STATIC := $(O)/libnpu.a
UNIT := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/unit/%)
ASAN_UNIT := $(UNIT_SRC:tests/unit/%.c=$(O)/asan/unit/%)
AUX := $(AUX_SRC:tests/tools/%.c=$(O)/tests/%)

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
asan_obj = $(patsubst %.c,$(O)/asan/obj/%.o,$(1))
tsan_obj = $(patsubst %.c,$(O)/tsan/obj/%.o,$(1))

# ---- targets ------------------------------------------------------------------

.PHONY: all
all: $(O)/npu $(SHARED) $(O)/libnpu.so $(STATIC) $(O)/libnpu.pc $(O)/onpu-server		## tools and libraries

.PHONY: help
help:		## this list
	@sed -n 's/^\([a-z-]*\):.*## */\1\t/p' Makefile | sort | expand -t 16

# What these rules depend on beside their sources: the flags.
FLAGS_FILE := $(O)/flags
.PHONY: force
force:
$(FLAGS_FILE): force
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(ALL_CFLAGS) $(LDFLAGS)' > $@

# Here the time goes, and nothing in them depends on the optimiser's choices.
FAST := libnpu/src/kernels hw-model/iss
$(FAST:%=$(O)/obj/%/%.o): EXTRA_CFLAGS := -O3

$(O)/obj/tests/unit/%.o $(O)/asan/obj/tests/unit/%.o: EXTRA_CFLAGS := -Itests/unit

# What tests/unit/fault_alloc.h puts in the place of.
FAULT_ALLOC := $(foreach f,malloc calloc realloc aligned_alloc strdup realpath mmap munmap free,-Wl,--wrap=$(f))
$(O)/tests/unit/test_oom $(O)/asan/unit/test_oom: EXTRA_LDFLAGS := $(FAULT_ALLOC)
# It makes the library's model be of other versions.
$(O)/tests/unit/test_versions $(O)/asan/unit/test_versions: EXTRA_LDFLAGS := -Wl,--wrap=onpu_iss_new

$(O)/obj/%.o: %.c $(FLAGS_FILE)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

$(O)/asan/obj/%.o: %.c $(FLAGS_FILE)
	$(call say,CC asan,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

$(O)/tsan/obj/%.o: %.c $(FLAGS_FILE)
	$(call say,CC tsan,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -O1 $(SANITIZE_THREADS) -MMD -MP -c $< -o $@

$(STATIC): $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/asan/libnpu.a: $(call asan_obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/tsan/libnpu.a: $(call tsan_obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(SHARED): $(call obj,$(LIB_SRC)) libnpu/libnpu.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,$(SONAME) -Wl,-z,defs \
		-Wl,--version-script=libnpu/libnpu.map -o $@ $(filter %.o,$^) $(LIBS)

$(O)/libnpu.so: $(SHARED)
	$(Q)ln -sf $(<F) $(O)/$(SONAME) && ln -sf $(SONAME) $@

$(O)/npu: $(call obj,$(TOOL_SRC)) $(STATIC)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/asan/npu: $(call asan_obj,$(TOOL_SRC)) $(O)/asan/libnpu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

# Made anew when PREFIX changes.
$(O)/libnpu.pc: libnpu/libnpu.pc.in force
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' $< | \
		{ cmp -s - $@ || sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< > $@; }

.PHONY: install
install: all		## library, headers, tool, device server, manual pages under $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/drm \
		$(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(O)/npu $(O)/onpu-server $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/
	install -m 644 uapi/drm/onpu_drm.h $(DESTDIR)$(PREFIX)/include/drm/
	install -m 755 $(SHARED) $(DESTDIR)$(PREFIX)/$(LIBDIR)/
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(PREFIX)/$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/$(LIBDIR)/libnpu.so
	install -m 644 $(STATIC) $(DESTDIR)$(PREFIX)/$(LIBDIR)/
	install -m 644 $(O)/libnpu.pc $(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig/
	$(if $(MAN),install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1/)

include hw-model/sim/rtl.mk
include hw-model/sim/server.mk

# ---- networks and the demo ------------------------------------------------------
# Networks are made from public packages and cached outside the checkout; the
# build folder only points there.

# Which requirements the recipes run with; the tests' contain the demo's.
VENV := demo

.PHONY: models models-demo
models:		## every network that models/ can make
	@build-aux/deps demo
	@py=$$(build-aux/venv $(VENV)) && $$py -m models.make --link $(O)/models all
models-demo:
	@build-aux/deps demo
	@py=$$(build-aux/venv $(VENV)) && $$py -m models.make --link $(O)/models face_short_128 face_full_sparse_192

.PHONY: demo
demo:		## finds a face in a photograph, on the compiled hardware
	@build-aux/deps demo
	@$(MAKE_ALSO) all $(O)/tests/kernel_dump $(O)/libonpu_rtl_base.so
	@$(MAKE) --no-print-directory models-demo
	@py=$$(build-aux/venv demo) && $$py examples/face_detect.py --build $(O)

# ---- tests ----------------------------------------------------------------------

$(O)/tests/unit/%: $(O)/obj/tests/unit/%.o $(STATIC)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(EXTRA_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(O)/asan/unit/%: $(O)/asan/obj/tests/unit/%.o $(O)/asan/libnpu.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $(EXTRA_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# Under ThreadSanitizer only what has threads; tests/unit/test_races.py runs it.
$(O)/tsan/test_threads: $(O)/tsan/obj/tests/unit/test_threads.o $(O)/tsan/libnpu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE_THREADS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(O)/tests/%: $(O)/obj/tests/tools/%.o $(STATIC)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# What runs on the compiled hardware, with the library's inner functions.  One counts blocks of the heap.
RTL_TESTS := $(addprefix $(O)/tests/,random_streams faults hostile leftovers moments beats long_run)
$(filter-out %/hostile,$(RTL_TESTS)): $(O)/tests/%: $(O)/obj/tests/rtl/%.o $(STATIC)
$(O)/tests/hostile: $(call obj,$(wildcard tests/rtl/hostile/*.c)) $(STATIC)
$(RTL_TESTS):
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter %/long_run,$@),$(FAULT_ALLOC)) -o $@ $^ -lcmocka $(LIBS)
$(O)/asan/long_run: $(O)/asan/obj/tests/rtl/long_run.o $(O)/asan/libnpu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $(FAULT_ALLOC) -o $@ $^ -lcmocka $(LIBS)
$(O)/obj/tests/rtl/%.o $(O)/asan/obj/tests/rtl/%.o: EXTRA_CFLAGS := -Itests/unit -Itests/rtl

PY_TESTS := $(wildcard tests/*/test_*.py)
COSIM_TESTS := $(wildcard tests/cosim/test_*.py)

# run_tests PROGRAMS: tests find what is built through ONPU_BUILD.
# A test that calls make must call it with the variables of this make, or it would build
# everything anew, below the feet of the other tests.
run_tests = py=$$(build-aux/venv check) && ONPU_BUILD=$(O) ONPU_MAKE_VARIABLES="$(MAKEOVERRIDES)" \
	tests/run --jobs $(JOBS) --timeout $(TEST_TIMEOUT) --python $$py $(if $(V),--verbose) $(1)

.PHONY: check
check:		## every test; TESTS=... picks some, V=1 shows each
	build-aux/deps check
	build-aux/deps guest
	@tests/guest/root > /dev/null
	$(MAKE_ALSO) check-build check-guest-build
	! tests/guest/debug --built > /dev/null 2>&1 || $(MAKE_ALSO) check-debug-build
	$(MAKE) --no-print-directory models-demo VENV=check
	@$(call run_tests,$(or $(TESTS),$(PY_TESTS) $(UNIT) $(ASAN_UNIT)))

.PHONY: check-build
check-build: all $(O)/asan/npu $(O)/asan/onpu-server $(O)/asan/long_run $(O)/tsan/test_threads $(UNIT) $(ASAN_UNIT) $(AUX) $(RTL_TESTS) $(O)/libonpu_rtl_base.so $(O)/libonpu_rtl_nano.so

.PHONY: check-long
check-long:		## as many jobs as a long run has, a quarter of an hour
	build-aux/deps check
	build-aux/deps guest
	$(MAKE_ALSO) check-build check-guest-build
	$(MAKE) --no-print-directory models-demo VENV=check
	@export ONPU_LONG=1; $(call run_tests,tests/rtl/test_long_run.py tests/guest/test_networks.py)

.PHONY: check-unit
check-unit:		## unit tests in C, plain and under sanitizers
	build-aux/deps check
	$(MAKE_ALSO) $(UNIT) $(ASAN_UNIT)
	@$(call run_tests,$(UNIT) $(ASAN_UNIT))

include tests/guest/guest.mk

.PHONY: check-cosim
check-cosim:		## the simulated NPU against the reference kernels
	build-aux/deps check
	$(MAKE_ALSO) all $(AUX) $(RTL_TESTS) $(O)/libonpu_rtl_base.so $(O)/libonpu_rtl_nano.so
	$(MAKE) --no-print-directory models-demo VENV=check
	@$(call run_tests,$(COSIM_TESTS) tests/rtl/test_machine.py tests/rtl/test_cycles.py)

# What it finds stays in $(O)/fuzz: crash-*, and inputs that reach new code in $(FUZZ)/.
# The firmware runs against a host of its own, which is not the library's.
FUZZ_SRC = $(if $(filter firmware,$(FUZZ)),$(wildcard firmware/src/*.c),$(LIB_SRC))
FUZZ_SEEDS := $(O)/fuzz/seeds-$(FUZZ)
.PHONY: fuzz
fuzz:		## libFuzzer on FUZZ=tflite, program, compile, api or firmware, for FUZZ_SECONDS
	build-aux/deps fuzz
	$(MAKE_ALSO) all
	mkdir -p $(O)/fuzz/$(FUZZ) $(FUZZ_SEEDS)
	$(if $(filter tflite compile,$(FUZZ)),cp tests/fuzz/seeds/*.tflite $(FUZZ_SEEDS))
	$(if $(filter program,$(FUZZ)),for f in tests/fuzz/seeds/*.tflite; do \
		$(O)/npu compile --quiet $$f -o $(FUZZ_SEEDS)/$$(basename $$f .tflite).npu || true; done)
	$(if $(filter api,$(FUZZ)),for f in tests/fuzz/seeds/*.tflite; do \
		printf '\11\0\0\0\0\13\1\0\1\0\0\15\0\7%064d' 0 | cat - $$f > $(FUZZ_SEEDS)/$$(basename $$f); done)
	clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-DFUZZ_LIBFUZZER $(INCLUDES) -Itests/fuzz -Itests/unit tests/fuzz/fuzz_$(FUZZ).c \
		$(FUZZ_SRC) -o $(O)/fuzz/fuzz_$(FUZZ) $(LIBS)
	cd $(O)/fuzz && ./fuzz_$(FUZZ) -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=20 \
		$(FUZZ) seeds-$(FUZZ)

.PHONY: bench
bench:		## cycles of networks and layers beside other designs' figures, docs/performance.md; what a job costs the driver
	build-aux/deps check
	build-aux/deps guest
	$(MAKE_ALSO) all $(O)/libonpu_rtl_base.so check-guest-build
	$(MAKE) --no-print-directory models VENV=check
	@py=$$(build-aux/venv check) && export ONPU_BUILD=$(O) && $$py tests/bench/performance.py --write && \
		$$py tests/bench/driver.py

.PHONY: bench-peers
bench-peers:		## the peers' figures for the same files, from their compiler
	build-aux/deps demo
	@py=$$(build-aux/venv peers) && ONPU_BUILD=$(O) $$py tests/bench/peers.py

.PHONY: gen
gen:		## regenerates the files that are made from the register and command sources
	build-aux/deps check
	py=$$(build-aux/venv check) && for g in $(wildcard hw-model/*/gen*.py); do $$py $$g || exit; done

.PHONY: lint
lint:		## rules that no compiler checks
	build-aux/deps check
	@$(call run_tests,tests/lint/test_lint.py)

synth: force; +@$(MAKE) -s -C hw-model/rtl synth O=$(abspath $(O))	## gates and flip-flops of the hardware, by yosys
coverage: force; +@$(MAKE) -s -C hw-model/rtl coverage PRESET=nano O=$(abspath $(O))	## what the tests of the hardware's blocks reach, into docs/rtl/coverage.md
formal: force; +@$(MAKE) -s -C hw-model/rtl formal O=$(abspath $(O))	## proofs of the hardware's queues, tokens, arbiters, rescale

.PHONY: clean
clean:		## removes the build folder
	rm -rf $(O)

-include $(shell [ -d $(O) ] && find $(O) -name '*.d')
