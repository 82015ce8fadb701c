# SPDX-License-Identifier: MIT
# The control core, Ibex, comes from a Python package; IBEX_DIR is where its SystemVerilog is.

IBEX_DIR ?= $(shell $(ROOT)/build-aux/venv rtl >/dev/null && "$$($(ROOT)/build-aux/venv rtl)" -c \
	'import pythondata_cpu_ibex as p; print(p.data_location)')
IBEX_PRIM = $(IBEX_DIR)/vendor/lowrisc_ip/ip/prim/rtl
# What Verilator needs on top of FLAGS; the waivers must come before the sources.
IBEX_FLAGS = ibex.vlt -y ibex -y $(IBEX_DIR)/rtl -y $(IBEX_PRIM) -I$(IBEX_PRIM) \
	-I$(IBEX_DIR)/vendor/lowrisc_ip/dv/sv/dv_utils $(IBEX_DIR)/rtl/ibex_pkg.sv \
	$(IBEX_PRIM)/prim_cipher_pkg.sv \
	../regs/onpu_host_regs_pkg.sv ../regs/onpu_ctl_regs_pkg.sv

FLAGS_control = $(IBEX_FLAGS)
FLAGS_top = $(IBEX_FLAGS)
FLAGS_control_core = $(IBEX_FLAGS)
FLAGS_control_boot = $(IBEX_FLAGS)
DEFINES_control = -DFW_IMAGE=\\\"$(abspath $(O))/firmware/onpu_fw.bin\\\" \
	-I$(abspath $(ROOT))/firmware/include

test-control: firmware

.PHONY: firmware
firmware:
	@$(MAKE) -s -C $(ROOT)/firmware/rv32 O=$(abspath $(O))/firmware
