# SPDX-License-Identifier: MIT
# The compiled RTL as a shared object: build/libonpu_rtl_$(PRESET).so.

PRESET := base
VERILATOR := verilator
# The model runs on the machine that builds it.
RTL_VFLAGS :=
RTL_OPT := -O3 -march=native
include hw-model/rtl/presets.mk

RTL_SV := hw-model/isa/onpu_isa_pkg.sv $(wildcard hw-model/rtl/*.sv hw-model/rtl/ibex/*.sv hw-model/regs/*.sv \
	hw-model/rtl/*.vlt)
SIM_SRC := $(wildcard hw-model/sim/*.cc hw-model/sim/*.S)
FIRMWARE := $(O)/firmware/onpu_fw.bin

.PHONY: rtl
rtl: $(O)/libonpu_rtl_$(PRESET).so		## the compiled hardware, of PRESET=base or nano

$(FIRMWARE): $(wildcard firmware/*/*) hw-model/regs/onpu_regs.h hw-model/isa/onpu_isa.h
	$(call say,FW,$@)
	$(Q)$(MAKE) --no-print-directory -s -C firmware/rv32 O=$(abspath $(O)/firmware) > /dev/null

# One rule for each preset.  $(1): preset
define rtl_rules
$(O)/rtl/$(1)/model/Vonpu_top.mk: $(RTL_SV) hw-model/sim/rtl.mk
	$$(call say,VERILATE,$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(MAKE) --no-print-directory -s -C hw-model/rtl verilate PRESET=$(1) O=$(abspath $(O)) \
		VERILATOR='$(VERILATOR)' MDIR=$$(abspath $$(@D)) VFLAGS='+define+ONPU_BACKDOOR $(RTL_VFLAGS)'

$(O)/libonpu_rtl_$(1).so: $(O)/rtl/$(1)/model/Vonpu_top.mk $(SIM_SRC) $(wildcard hw-model/sim/*.h) $(FIRMWARE)
	$$(call say,RTL,$$@)
	$$(Q)$$(MAKE) --no-print-directory $$(if $$(findstring -j,$$(MAKEFLAGS)),,-j$(JOBS)) -s -f hw-model/sim/model.mk \
		MDIR=$$(<D) OPT='$(RTL_OPT)' SO=$$@ SIM='$(SIM_SRC)' \
		SIM_FLAGS='-DONPU_V=$(LANES_$(1)) -Ihw-model -Ihw-model/iss -Wa,-I$(O)/firmware' \
		link > $$(<D)/build.log 2>&1 || { tail -30 $$(<D)/build.log; exit 1; }
endef
$(foreach p,nano base wide,$(eval $(call rtl_rules,$(p))))
