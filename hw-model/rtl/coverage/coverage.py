# SPDX-License-Identifier: MIT
"""Writes docs/rtl/coverage.md from what `make coverage` has counted.

usage: coverage.py FOLDER PRESET BLOCK...

FOLDER has BLOCK.dat of every block.  A line that no test reaches wants a reason in REASONS; without one the page says
so, and the exit status is 1.
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
OPEN = "**open**: real behaviour without a stimulus"
# Of points that no test reaches: file, text of the line, whether it is the branch not taken; reason.
REASONS = {
    ("onpu_command_check.sv", "default: f.flags_bad = 1'b1;  // the header's check has met it", False): DEFAULT,
    ("onpu_command_state.sv", "default: state_q <= StateIdle;", False): DEFAULT,
    ("onpu_decoder.sv", "default: ;", False): DEFAULT,
    ("onpu_decoder.sv", "if (index_q == '0 && MapPieces > 1 && n_q > 6'(MapRows)) begin", False): WIDER,
    ("onpu_decoder.sv", "if (map_piece_q == i[0]) begin", True): WIDER,
    ("onpu_feeder.sv", "else if (cmd_i.kernel_w * 16'd3 <= Lanes) group = 3'd3;", False): WIDER,
    ("onpu_feeder.sv", "3'd3: begin", False): WIDER,
    **{("onpu_array.sv", text, False): "for synthesis: simulation takes a shorter way (`Shortcut`)" for text in
       ("if (!Shortcut) begin", "for (int unsigned t = 0; t < V; t++) begin",
        "for (int unsigned l = 0; l < V; l++) begin")},
    ("onpu_decoder.sv", "if (push && steps_q == 4'd8) room = 1'b0;", False): OPEN,
    ("onpu_command_state.sv", "if (state_q != StateIdle) error_q <= 1'b1;", False): OPEN,
    ("onpu_command_state.sv", "if (move_i.size != '0) state_q <= StateOffer;", True): OPEN,
    ("onpu_command_state.sv", "if (answer_err_i) error_q <= 1'b1;", False): OPEN,
    ("onpu_command_state.sv", "if (fetch_idle_i) begin", True): OPEN,
    ("onpu_control.sv", "SwitchEngines: if (!engines_busy_i && !move_busy_i) switch_state <= SwitchDrop;", True): OPEN,
    ("onpu_control_boot.sv", "Settle: if (!copy_busy_i && !inv_busy_i) state <= Drop;", True): OPEN,
    ("onpu_mmu.sv", "else if (stale_q) state_q <= End;", False): OPEN,
}
HEAD = """<!-- SPDX-License-Identifier: MIT -->
<!-- Made by `make coverage`. -->
# Coverage

What the tests of blocks (`tests/rtl/test_*.cc`, seed 1, preset {preset}) reach, counted by Verilator: *points* are
statements in a row, and both ways of every `if`, with the modules below the block. `make coverage` counts again and
writes this page; `BLOCK=bus` counts one block only, and leaves the page alone. Of `onpu_top`, `onpu_compute` and
`onpu_prepare`, which have no test of their own, nothing is counted; nor of Ibex and of generated register files.

Processes are not split for this: Verilator 5.006 would count in functions before their arguments are there.
`TOGGLE=1` also has every bit of a signal counted, in `build/rtl/{preset}/coverage/BLOCK.dat`; that takes minutes a block
to compile, and does not change this page.

| block | points | reached | % |
|---|---:|---:|---:|
"""


def points(path):
    """Of lines and branches, over all instances: (file, line, column, kind) and how often."""
    found = defaultdict(int)
    for line in path.read_text(errors="replace").splitlines():
        match = re.fullmatch(r"C '(.*)' (\d+)", line)
        if not match:
            continue
        field = dict(part.split("\x02", 1) for part in match[1].split("\x01") if part)
        if not field["page"].startswith("v_toggle"):
            found[field["f"], int(field["l"]), int(field["n"]), field["o"], field.get("S", field["l"])] += int(match[2])
    return found


def main():
    folder, preset, blocks = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    text, everything, bad = HEAD.format(preset=preset), defaultdict(int), False
    for block in blocks:
        found = points(folder / f"{block}.dat")
        reached = sum(count > 0 for count in found.values())
        text += f"| `{block}` | {len(found)} | {reached} | {100 * reached / len(found):.1f} |\n"
        for point, count in found.items():
            everything[point] += count
    missed = sorted(point for point, count in everything.items() if not count)
    groups = defaultdict(list)
    for file, line, _, kind, span in missed:
        source = (RTL / file).read_text().splitlines()[line - 1].strip()
        reason = REASONS.get((file, source, kind == "else"))
        bad |= reason is None
        groups[reason or "**without a reason**"].append((file, span, kind, source))
    text += f"\n## What no test reaches\n\n{len(missed)} of {len(everything)} points, counted once for all tests.\n"
    for reason, rows in sorted(groups.items(), key=lambda item: (item[0].startswith("**"), item[0])):
        text += f"\n{reason[:1].upper() + reason[1:]}:\n\n"
        for file, span, kind, source in rows:
            text += f"- `{file}:{span}`{', not taken' if kind == 'else' else ''}: `{source}`\n"
    PAGE.write_text(text)
    return bad


if __name__ == "__main__":
    sys.exit(main())
