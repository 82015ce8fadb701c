# SPDX-License-Identifier: MIT
# What a preset is to the RTL: lanes (parameter V) and bytes of SRAM (parameter SramBytes).
# Not called V: that is the verbose switch of the top Makefile, which a sub-make inherits.

LANES_nano := 8
LANES_base := 16
LANES_wide := 32
SRAM_BYTES_nano := 131072
SRAM_BYTES_base := 524288
SRAM_BYTES_wide := 1048576
