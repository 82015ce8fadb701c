# SPDX-License-Identifier: MIT
"""Proves the properties of formal_*.sv with yosys and abc, and prints TAP.

usage: formal.py [--out DIR] [PROOF...]

Proofs of registers are abc's property-directed reachability: for any number of cycles.  Proofs of combinational
logic are abc's SAT solver's.
"""
import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "synth"))
from yosys import PACKAGES, RTL, Yosys, sources  # noqa: E402

HERE = Path(__file__).resolve().parent
# Registers as wires: for logic that only feeds forward.
WIRES = """module wire_dff (input CLK, input [WIDTH-1:0] D, output [WIDTH-1:0] Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  assign Q = D;
endmodule
"""
# Few ones: SAT solvers are slow at comparing two ways of adding many.
RESCALE_MULTS = (0, 1, 2, 3, 1 << 15, 3 << 15, 1 << 16, 1 << 30, 3 << 29)
SEQUENTIAL, COMBINATIONAL = True, False
# Name: (description, harness, parameters, whether it has state)
PROOFS = {
    "queue": ("queue of commands: order, fullness, emptiness", "queue", {"Width": 2, "Depth": 4}, SEQUENTIAL),
    "tokens": ("engine of commands: starts only with all tokens; ring, counts, records", "tokens", {"Drops": 0},
               SEQUENTIAL),
    "tokens-drops": ("the same of loads and stores, which drop what is behind a fault", "tokens", {"Drops": 1},
                     SEQUENTIAL),
    "sram": ("SRAM: one client a bank, row, strobes, order of the window", "sram", {"V": 4, "Rows": 4}, SEQUENTIAL),
    "bus": ("bus: rules of AXI, addresses, who gets what, turns, fences", "bus", {}, SEQUENTIAL),
    "rescale": ("rescales D and A behind the product, every shift", "rescale", {"Cut": 1}, COMBINATIONAL),
    **{f"rescale-{mult}": (f"rescales D and A, every input and shift, multiplier {mult}", "rescale",
                           {"Cut": 0, "Mult": mult}, COMBINATIONAL) for mult in RESCALE_MULTS},
}


def model(name, out):
    """In a process of its own: writes the AIGER file of a proof."""
    _, harness, values, sequential = PROOFS[name]
    top = f"formal_{harness}"
    path = HERE / f"{top}.sv"
    text = path.read_text()
    used = {found for block in re.findall(r"^  (onpu_\w+) ", text, re.M) for found in sources(block)}
    # A harness may have a stand-in for a part of the block.
    used = {found for found in used if not re.search(rf"^module {found.stem}\b", text, re.M)}
    files = [*PACKAGES, *sorted(used - set(PACKAGES)), path]
    yosys = Yosys()
    yosys.read(top, files, values.items())
    yosys.run("proc", "flatten", "opt_clean", "opt -nodffe -nosdff", "memory -nomap", "opt_clean")
    if sequential:
        yosys.run("async2sync", "chformal -lower", "memory_map -formal", "formalff -clk2ff -ff2anyinit")
    else:
        wires = out / "wires.v"
        wires.write_text(WIRES.replace("module wire_dff", '(* techmap_celltype = "$dff" *)\nmodule wire_dff'))
        yosys.run("chformal -lower", f"techmap -map {wires}")
        if values["Cut"]:
            yosys.run("select -assert-count 2 t:$mul", "cutpoint t:$mul")
    yosys.run("setundef -undriven -anyseq", "opt -fast -keepdc", "opt_clean", "techmap", "opt -fast",
              "simplemap", "dffunmap", "aigmap", "opt_clean", "stat",
              f"write_aiger -I -B -zinit -no-startoffset -symbols -map {out / name}.aim {out / name}.aig")


def prove(name, out):
    """Whether it holds, and what to say."""
    log = out / f"{name}.log"
    with log.open("w") as stream:
        done = subprocess.run([sys.executable, __file__, "--out", out, "--model", name], stdout=stream,
                              stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        return False, f"no model, see {log}"
    import pyosys
    abc = Path(pyosys.__file__).with_name("yosys-abc")
    solve = "fold; strash; orpos; dc2; pdr -T 600" if PROOFS[name][3] else "strash; iprove"
    script = f"read_aiger {out / name}.aig; {solve}; print_status"
    done = subprocess.run([abc, "-c", script], capture_output=True, text=True, check=False)
    with log.open("a") as stream:
        stream.write(done.stdout + done.stderr)
    text = done.stdout
    status = re.search(r"Status = (-?\d)", done.stdout)
    if status and status[1] == "1":
        return True, ""
    return False, ("a counterexample" if status and status[1] == "0" else "undecided") + f", see {log}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=", ".join(PROOFS))
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if arguments.model:
        model(arguments.model, out)
        return 0
    failures = 0
    names = arguments.proofs or list(PROOFS)
    print(f"1..{len(names)}")
    for number, name in enumerate(names, 1):
        start = time.time()
        good, why = prove(name, out)
        failures += not good
        print(f"{'ok' if good else 'not ok'} {number} - {PROOFS[name][0]}", flush=True)
        print(f"# {why or f'{time.time() - start:.1f} s'}", flush=True)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
