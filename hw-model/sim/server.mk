# SPDX-License-Identifier: MIT
# The NPU for a virtual machine: build/onpu-server.

SERVER_SRC := $(wildcard hw-model/sim/server/*.c)

.PHONY: server
server: $(O)/onpu-server

$(O)/onpu-server: $(call obj,$(SERVER_SRC)) $(STATIC)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/asan/onpu-server: $(call asan_obj,$(SERVER_SRC)) $(O)/asan/libnpu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)
