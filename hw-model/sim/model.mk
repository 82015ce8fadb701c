# SPDX-License-Identifier: MIT
# Compiles what Verilator has made in MDIR, and links it with SIM, the harness, into SO; every
# version of Verilator lists its files alike.  SIM_FLAGS: how SIM is compiled.

include $(MDIR)/Vonpu_top_classes.mk
VERILATOR_ROOT := $(shell sed -n 's/^VERILATOR_ROOT = //p' $(MDIR)/Vonpu_top.mk)
INCLUDE := -I$(MDIR) -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd
CXXFLAGS := -std=gnu++20 -fPIC -w -DVM_COVERAGE=$(VM_COVERAGE) -DVM_SC=0 -DVM_TRACE=1 -DVM_TRACE_FST=1 \
	-DVM_TRACE_VCD=0 -DVM_TIMING=0 -DVL_TIME_CONTEXT
FAST := $(VM_CLASSES_FAST:%=$(MDIR)/%.o) $(VM_SUPPORT_FAST:%=$(MDIR)/%.o)
SLOW := $(VM_CLASSES_SLOW:%=$(MDIR)/%.o) $(VM_SUPPORT_SLOW:%=$(MDIR)/%.o)
GLOBAL := $(patsubst %,$(MDIR)/%.o,$(VM_GLOBAL_FAST) $(VM_GLOBAL_SLOW))

.PHONY: link
link: $(MDIR)/model.a
	g++ -std=gnu++20 -O2 -g -fPIC -shared -fvisibility=default -Wall -Wextra $(SIM_FLAGS) $(INCLUDE) \
		$(SIM) $< -Wl,-z,defs -lz -llz4 -pthread -latomic -o $(SO)

$(MDIR)/model.a: $(FAST) $(SLOW) $(GLOBAL)
	rm -f $@
	ar rcs $@ $^

$(FAST): $(MDIR)/%.o: $(MDIR)/%.cpp
	g++ $(CXXFLAGS) $(INCLUDE) $(OPT) -c $< -o $@
$(SLOW): $(MDIR)/%.o: $(MDIR)/%.cpp
	g++ $(CXXFLAGS) $(INCLUDE) -O0 -c $< -o $@
$(GLOBAL): $(MDIR)/%.o: $(VERILATOR_ROOT)/include/%.cpp
	g++ $(CXXFLAGS) $(INCLUDE) -O2 -c $< -o $@
