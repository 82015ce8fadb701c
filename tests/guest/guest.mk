# SPDX-License-Identifier: MIT
# Guests with the NPU in them: what runs inside, and the targets that start one.

GUEST_ARCHS := x86_64 arm64
CC_x86_64 = $(CC)
CC_arm64 := aarch64-linux-gnu-gcc
ARCH := x86_64
MODEL := iss
# Of the fuzzer under the debug kernel.
IOCTL_SECONDS := 60
IOCTL_SEED := 1
# Of the kernel that the driver is built for; it is the one that runs here unless said otherwise.
KDIR := /lib/modules/$(shell uname -r)/build

DRIVER_SRC := $(wildcard driver/*.[ch] driver/Kbuild uapi/drm/*.h firmware/include/*.h hw-model/regs/*.h \
	hw-model/isa/*.h)
DRIVER_WITH := --with uapi --with firmware/include --with hw-model/regs --with hw-model/isa
KSELFTESTS := $(patsubst tests/kselftest/%.c,%,$(wildcard tests/kselftest/test_*.c))
# They need the host's hand, see tests/guest/hand.py.
KSELFTEST_FAULTS := $(patsubst tests/kselftest/%.c,%,$(wildcard tests/kselftest/fault_*.c))
GUEST_SRC := $(LIB_SRC) $(TOOL_SRC) $(wildcard libnpu/*/*.h libnpu/*/*/*.h hw-model/*.h hw-model/*/*.h)

.PHONY: driver
driver:		## the kernel module driver/onpu.ko, for KDIR
	$(Q)$(MAKE) --no-print-directory -C driver KDIR=$(KDIR)

KSELFTEST_FLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers $(if $(WERROR),-Werror) -static -pthread \
	-Itests/kselftest -isystem $$(tests/guest/root)/opt/guest -Iuapi -Ihw-model $(DRM_INCLUDES)

# One rule for each architecture.  $(1): architecture
define guest_rules
$(O)/guest/$(1)/onpu.ko: $(DRIVER_SRC)
	$$(call say,KO,$$@)
	$$(Q)tests/guest/module $(DRIVER_WITH) $(1) debian driver $$(@D) W=1

$(O)/guest/$(1)/onpu_shim.ko: $(wildcard tests/kselftest/shim/*) firmware/include/onpu_pci.h
	$$(call say,KO,$$@)
	$$(Q)tests/guest/module --with firmware/include $(1) debian tests/kselftest/shim $$(@D) W=1

# Static, because a guest has no libraries; what cannot be opened there is not missed there.
$(O)/guest/$(1)/npu: $(GUEST_SRC)
	$$(call say,GUEST,$$@)
	$$(Q)$$(MAKE) --no-print-directory -s O=$$(@D) CC=$$(CC_$(1)) LDFLAGS='-static -Wl,--no-warnings' $$@ > /dev/null

$(O)/guest/$(1)/test_%: tests/kselftest/test_%.c tests/kselftest/client.c $(wildcard tests/kselftest/*.h uapi/drm/*.h)
	$$(call say,GUEST,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(KSELFTEST_FLAGS) -o $$@ $$< tests/kselftest/client.c

$(O)/guest/$(1)/fault_%: tests/kselftest/fault_%.c tests/kselftest/client.c tests/kselftest/host.c \
	$(wildcard tests/kselftest/*.h uapi/drm/*.h)
	$$(call say,GUEST,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(KSELFTEST_FLAGS) -Ifirmware/include -o $$@ $$(filter %.c,$$^)

$(O)/guest/$(1)/fail_nth $(O)/guest/$(1)/fuzz_ioctl: $(O)/guest/$(1)/%: tests/kselftest/%.c tests/kselftest/client.c \
	$(wildcard tests/kselftest/*.h uapi/drm/*.h)
	$$(call say,GUEST,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(KSELFTEST_FLAGS) -o $$@ $$(filter %.c,$$^)

.PHONY: guest-$(1)
guest-$(1): $(O)/guest/$(1)/onpu.ko $(O)/guest/$(1)/onpu_shim.ko $(O)/guest/$(1)/npu $(O)/guest/$(1)/fuzz_ioctl \
	$(patsubst %,$(O)/guest/$(1)/%,$(KSELFTESTS) $(KSELFTEST_FAULTS))
endef
$(foreach a,$(GUEST_ARCHS),$(eval $(call guest_rules,$(a))))

$(O)/guest/debug/onpu.ko: $(DRIVER_SRC)
	$(call say,KO,$@)
	$(Q)tests/guest/module $(DRIVER_WITH) x86_64 debug driver $(@D) W=1

$(O)/guest/debug/planted.ko: tests/guest/planted/planted.c tests/guest/planted/Kbuild
	$(call say,KO,$@)
	$(Q)tests/guest/module x86_64 debug tests/guest/planted $(@D) W=1

# What a guest is started with, whatever runs in it.
GUEST_RUN = tests/guest/run --arch $(ARCH) --module $(O)/guest/$(ARCH)/onpu.ko --firmware $(FIRMWARE) \
	--file $(O)/guest/$(ARCH)/npu --server '$(O)/onpu-server --model $(MODEL) --control {control}'

.PHONY: guest
guest:		## a shell in a guest with the NPU: ARCH=x86_64|arm64 MODEL=iss|rtl SHARE=folder
	build-aux/deps guest
	$(MAKE_ALSO) guest-$(ARCH) $(O)/onpu-server $(FIRMWARE) $(if $(filter rtl,$(MODEL)),$(O)/libonpu_rtl_base.so)
	@$(GUEST_RUN) --share $(or $(SHARE),.) --interactive

.PHONY: demo-guest
demo-guest:		## the demo through insmod, ioctl, DMA and interrupt of a guest: ARCH=x86_64|arm64
	build-aux/deps demo
	build-aux/deps guest
	$(MAKE_ALSO) all $(O)/tests/kernel_dump guest-$(ARCH) $(FIRMWARE) $(O)/libonpu_rtl_base.so
	@$(MAKE) --no-print-directory models-demo
	@py=$$(build-aux/venv demo) && $$py examples/face_detect.py --build $(O) --guest $(ARCH)

.PHONY: check-guest
check-guest:		## the driver's tests in guests of both architectures
	build-aux/deps check
	build-aux/deps guest
	$(MAKE_ALSO) check-guest-build
	$(MAKE) --no-print-directory models-demo VENV=check
	@$(call run_tests,$(wildcard tests/guest/test_*.py tests/driver/test_*.py))

.PHONY: check-guest-build
check-guest-build: all $(GUEST_ARCHS:%=guest-%) $(O)/onpu-server $(FIRMWARE) $(O)/libonpu_rtl_base.so

# Where the debug kernel is cached `make check` runs its test too, which needs these.
.PHONY: check-debug-build
check-debug-build: $(O)/guest/debug/onpu.ko $(O)/guest/debug/planted.ko $(O)/onpu-server $(FIRMWARE) \
	$(patsubst %,$(O)/guest/x86_64/%,$(KSELFTESTS) $(KSELFTEST_FAULTS) fail_nth fuzz_ioctl npu)

.PHONY: check-debug
check-debug:		## the driver under the debug kernel, which it builds (8 to 12 minutes)
	build-aux/deps check
	build-aux/deps guest
	@tests/guest/debug > /dev/null
	$(MAKE_ALSO) check-debug-build
	@export IOCTL_SECONDS=$(IOCTL_SECONDS) IOCTL_SEED=$(IOCTL_SEED); $(call run_tests,tests/guest/test_debug.py)
