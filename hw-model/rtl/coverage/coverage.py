# SPDX-License-Identifier: MIT
"""Writes docs/rtl/coverage.md from what `make coverage` has counted.

usage: coverage.py FOLDER PRESET BLOCK...

FOLDER has BLOCK.dat of every block.  A line that no test reaches wants a reason in REASONS, a bit one in BITS; without
one the page says so, and the exit status is 1.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RTL = ROOT / "hw-model" / "rtl"
PAGE = ROOT / "docs" / "rtl" / "coverage.md"
DEFAULT = "a state or a code that does not exist: `default` of a case"
WIDER = "not in nano: a wider array has it"
NO_REASON = "**without a reason**"
# Of points that no test reaches: file, text of the line, whether it is the branch not taken; reason.
REASONS = {
    ("onpu_command_check.sv", "default: f.flags_bad = 1'b1;  // the header's check has met it", False): DEFAULT,
    ("onpu_command_state.sv", "default: state_q <= StateIdle;", False): DEFAULT,
    ("onpu_decoder.sv", "default: ;", False): DEFAULT,
    **{("onpu_sram.sv", text, False): "reached, but counted behind their `return`; the other way is counted" for text in
       ("if (gnt) return {first && waits > PatienceBack, waits == '0 ? 4'd0 : waits - 4'd1};",
        "if (waits >= PatienceEnd - 4'd2) return {1'b1, PatienceEnd};")},
    ("onpu_decoder.sv", "if (index_q == '0 && MapPieces > 1 && n_q > 6'(MapRows)) begin", False): WIDER,
    ("onpu_decoder.sv", "if (map_piece_q == i[0]) begin", True): WIDER,
    ("onpu_feeder.sv", "else if (cmd_i.kernel_w * 16'd3 <= Lanes) group = 3'd3;", False): WIDER,
    ("onpu_feeder.sv", "3'd3: begin", False): WIDER,
    **{("onpu_array.sv", text, False): "for synthesis: simulation takes a shorter way (`Shortcut`)" for text in
       ("if (!Shortcut) begin", "for (int unsigned t = 0; t < V; t++) begin",
        "for (int unsigned l = 0; l < V; l++) begin")},
}
# Of bits: reason, shape ("top": those above all that are reached; "low": those below;
# "some": not all of them; "any"), and BLOCK.SIGNAL of a file onpu_BLOCK.sv.  The first that fits counts.
VALUES = "values that no test makes so large, or so odd: they would take long, or do not fit nano's SRAM or the test's"
BITS = [
    ("constants: kinds of AXI bursts, bits that are reserved, what is not connected, clients that no reset concerns",
     "any", r"bus\.(axi_a[rw]_(burst|id|size|len)_o|ar_id_q|ar_size_q|axi_[rb]_id_i|engine_reset|"
            r"[rw]_dead_(data_)?q\[2\])|decoder\.block_[dq]\.reserved|.*\.unused\w*|(bus|mmu)\.ctx_table_i|"
            r"sram\.win_clash.*|command_state\.end_addr_space|command(_write)?\.wr_bytes_o|command\.hung|"
            r"array\.lanes|control\.(s_axil_(aw|ar)prot|s_axil_[br]resp|regs_(rd_|wr_)?err)|"
            r"control_core\.(reg_err_i|stopped|upper)|(dma_front|store)\..*(fill|value).*|"
            r"(bus|mmu)\.(mmu_wait|fail_q|fail_bus_q|wait_[oq])"),
    ("numbers of lanes, taps, slots and beats: room for the wider presets", "any",
     r".*\.(\w*(lane|tap|entry|cover|cols?|columns?|quad_index|map_rows|nibbles)\w*(\[\d\])?|t[12]_q\.entry|amount|"
     r"occupied_q|index_[dq]|row_[dq]|n_[dq]|params_n_q|(first_)?room|count|bytes_[oq]|step_bytes(_i)?)|"
     r"decoder(_params)?\.(n_i|words)|command_fetch\.beats|bus\.(r_beats_q)|mac\.issue_entry|sram\.(ld|wr)_(strb|wide)|"
     r"load\.left_q"),
    ("cycles and bytes in 64 bits: counting to the upper ones takes too long", "top",
     r"command(_trace|_engine)?\.\w*(cycle|start|end|busy|read|written|used|value)\w*(\[\d\])?"),
    ("queues that hold fewer requests of this client than their counters could count", "top",
     r"(bus|control_copy)\.\w*(count|dead|filled|wait|granted|unanswered)\w*(\[\d\])?"),
    ("no such page in the tables of the tests: few contexts, few pages of 2 MiB, tables near each other", "any",
     r"mmu\.(large|table|root|base|page|l1_page|lk_|inv_ctx|ar_addr).*|"
     r"bus\.(\w*addr\w*|look_page|inv_ctx_i)"),
    ("always 0: aligned addresses, and what a shift fills", "any",
     r"decoder_place\.moves_q\[\d\]|sram\.(dec_addr_i|fill_addr_i|dec_lo)"),
    ("always 0: aligned addresses, and what a shift fills", "low", r".*"),
    ("addresses, offsets and sizes: streams, traces and states are multiples of 4 or 8 bytes in 1 MiB of memory",
     "some",
     r"command(_fetch|_state|_trace|_write|_engine)?\.\w*"
     r"(va|offset|bytes|left|size|used|addr|at|oldest|waiting|value)\w*(\[\d\])?(\.\w+)?|"
     r"command(_state)?\.(move_i|region)\.\w+|control_copy\.(\w+\.)?\w*(va|addr|bytes|at|span|head)"
     r"\w*(\[\d\])?(\.\w+)?|(decoder_queue|vector|vector_table|decoder)\.(dec_addr_[oq]|weights_i|at|(row|col)_at_q)|"
     r"load\.fill_addr_o"),
    ("codes of faults: the highest are not there", "some", r"command(_check)?\.\w*(code|fault|engine)\w*"),
    ("the test's memory, shared block, slots and contexts, and the one image that it boots", "some",
     r"control(_boot|_core)?\.\w+(\.\w+)?"),
    ("the test's faults are of context 0", "any", r"control\.(mem_fault_info_i|fault)\.ctx"),
    ("**open**: a queue of records that no test fills", "any", r"command_trace\.full"),
    ("**open**: the core at an address where nothing is", "any", r"control_core\.(none_rvalid|data_err)"),
    ("**open**: a move that fails, a posted write with a bus error, and a preemption that is taken back, of which "
     "firmware hears", "any", r"control\.(move_error_i|wb_bus_i|job_command_o\.no_preempt)"),
    (VALUES, "top", r".*"),
    (VALUES, "some",
     r"(dma_front|dma_walk)\.(\w*len\w*|\w*n1\w*|sum(_q)?)|post_walk\..*|feeder\.np_block_q|post\.x_channel|"
     r"vector(_table)?\.(row_)?chan_q|post(_lane)?\.left_half(_i)?|"
     r"command_(state|trace|write)\.(data|write_data|low).*|command\.\w+_data(_o)?.*|"
     r"command_write\.(data_[iq]|wd_data_o.*)|command_check\.p_q"),
]
HEAD = """<!-- SPDX-License-Identifier: MIT -->
<!-- Made by `make coverage`. -->
# Coverage

What the tests of blocks (`tests/rtl/test_*.cc`, seed 1, preset {preset}) reach, counted by Verilator: *points* are
statements in a row, and both ways of every `if`, with the modules below the block. `make coverage` counts again and
writes this page; `BLOCK=bus` counts one block only, and leaves the page alone. Of `onpu_top`, `onpu_compute` and
`onpu_prepare`, which have no test of their own, nothing is counted; nor of Ibex and of generated register files.

Processes are not split for this: Verilator 5.006 would count in functions before their arguments are there. Counting
bits, too, makes some blocks take minutes to compile.

| block | points | reached | % | toggle: bits reached / bits | % |
|---|---:|---:|---:|---:|---:|
"""


TOGGLED = """
## Bits that no test changes

{missed} of {all} bits, counted once for all tests: every bit of every signal, which is reached if it changes in any
instance. Behind a signal are its bits that do not; without brackets, it is all of them. Structures of register blocks
(`host`, `ctl` of `onpu_control`) are not counted: Verilator 5.006 cannot, as they are not packed.
"""


def read(path):
    """Of lines and branches (file, line, column, kind, span), of bits (file, line, column, signal, bit): how often."""
    lines, bits = defaultdict(int), defaultdict(int)
    for line in path.read_text(errors="replace").splitlines():
        match = re.fullmatch(r"C '(.*)' (\d+)", line)
        if not match:
            continue
        field = dict(part.split("\x02", 1) for part in match[1].split("\x01") if part)
        place = field["f"], int(field["l"]), int(field["n"])
        if field["page"].startswith("v_toggle"):
            signal, *indices = re.fullmatch(r"([^[]*)(.*?)(?:\[(\d+)\])?", field["o"]).groups()
            bits[*place, signal + indices[0], int(indices[1] or 0)] += int(match[2])
        else:
            lines[*place, field["o"], field.get("S", field["l"])] += int(match[2])
    return lines, bits


def share(found):
    reached = sum(count > 0 for count in found.values())
    return reached, len(found), f"{100 * reached / len(found):.1f}"


def reasons_first(item):
    return item[0].startswith("**"), item[0]


def missed_lines(everything):
    missed = sorted(point for point, count in everything.items() if not count)
    text = f"\n## What no test reaches\n\n{len(missed)} of {len(everything)} points, counted once for all tests.\n"
    groups = defaultdict(list)
    for file, line, _, kind, span in missed:
        source = (RTL / file).read_text().splitlines()[line - 1].strip()
        groups[REASONS.get((file, source, kind == "else"), NO_REASON)].append((file, span, kind, source))
    for reason, rows in sorted(groups.items(), key=reasons_first):
        text += f"\n{reason[:1].upper() + reason[1:]}:\n\n"
        for file, span, kind, source in rows:
            text += f"- `{file}:{span}`{', not taken' if kind == 'else' else ''}: `{source}`\n"
    return text, NO_REASON in groups


def ranges(bits):
    """[9:4,2] of sorted numbers."""
    parts, bits = [], bits[::-1]
    while bits:
        run = next((i for i in range(1, len(bits)) if bits[i] != bits[0] - i), len(bits))
        parts.append(f"{bits[0]}:{bits[run - 1]}" if run > 1 else f"{bits[0]}")
        bits = bits[run:]
    return f"[{','.join(parts)}]"


def why(file, signal, reached, missed):
    """The first reason that fits: what it says of the signal, and of which of its bits."""
    name = f"{file.removeprefix('onpu_').removesuffix('.sv')}.{signal}"
    fits = {"any": True, "some": bool(reached), "top": bool(reached) and min(missed) > max(reached),
            "low": bool(reached) and max(missed) < min(reached)}
    for reason, shape, pattern in BITS:
        if re.fullmatch(pattern, name) and fits[shape]:
            return reason
    return NO_REASON


def missed_bits(everything):
    signals = defaultdict(lambda: ([], []))
    for (*place, signal, bit), count in sorted(everything.items()):
        signals[*place, signal][not count].append(bit)
    groups, number = defaultdict(lambda: defaultdict(dict)), defaultdict(int)
    for (file, _, _, signal), (reached, missed) in signals.items():
        if missed:
            reason = why(file, signal, reached, missed)
            number[reason] += len(missed)
            groups[reason][file][signal] = ranges(missed) if reached else ""
    text = TOGGLED.format(missed=sum(number.values()), all=len(everything))
    for reason, files in sorted(groups.items(), key=reasons_first):
        text += f"\n{reason[:1].upper() + reason[1:]} ({number[reason]} bits):\n\n"
        for file, names in files.items():
            text += f"- `{file}`: " + ", ".join(f"`{name}{bits}`" for name, bits in names.items()) + "\n"
    return text, NO_REASON in groups


def main():
    folder, preset, blocks = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    text, all_lines, all_bits = HEAD.format(preset=preset), defaultdict(int), defaultdict(int)
    for block in blocks:
        lines, bits = read(folder / f"{block}.dat")
        reached, number, percent = share(lines)
        text += f"| `{block}` | {number} | {reached} | {percent} | "
        reached, number, percent = share(bits)
        text += f"{reached} / {number} | {percent} |\n"
        for found, everything in (lines, all_lines), (bits, all_bits):
            for point, count in found.items():
                everything[point] += count
    text_lines, bad_lines = missed_lines(all_lines)
    text_bits, bad_bits = missed_bits(all_bits)
    PAGE.write_text(text + text_lines + text_bits)
    return bad_lines or bad_bits


if __name__ == "__main__":
    sys.exit(main())
