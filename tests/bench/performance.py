# SPDX-License-Identifier: MIT
"""Tables of what networks and layers take on the compiled hardware, beside other designs' figures.

    ONPU_BUILD=build python3 tests/bench/performance.py [--fresh] [--write]
    ONPU_BUILD=build python3 tests/bench/performance.py --layers NETWORK

Networks are those in ../shared/models, where that exists, and else those that `make models` has made.  --write makes
docs/performance.md and its plots of the same figures.  --layers prints a network's layers beside the calculation on
paper, where ../shared/tools/paper_memory.py exists.  Nothing here fails because something is slow.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import layers
import measure
from plot import bars
from tool import CAUSES, ROOT, find, profile

PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
NAMES = {row["file"]: row["network"] for row in measure.rows()}


def k(value):
    return f"{value / 1000:,.0f} k"


def share(part, of):
    return f"{100 * part / of:.1f} %"


def networks(results):
    rows = []
    for row in measure.rows():
        if row["file"] not in results["networks"]:
            continue
        run = results["networks"][row["file"]]
        cycles, target = run["cycles"], int(row["target"])
        rows.append([row["network"], f"{run['macs'] / 1e6:.1f} M", k(cycles), f"{100 * run['utilisation']:.0f} %",
                     k(int(row["layer_by_layer"])), k(target), f"{100 * cycles / target:.0f} %",
                     k(int(row["u55_256"])), f"{int(row['u55_256']) / cycles:.1f}",
                     k(int(row["u85_256"])), f"{int(row['u85_256']) / cycles:.1f}", ", ".join(run["cpu"]) or "-"])
    return ["network", "MACs", "cycles", "utilisation", "on paper", "first target", "of it", "U55-256", "times faster",
            "U85-256", "times faster", "on the CPU"], rows


def stalls(results):
    rows = []
    for name, run in results["networks"].items():
        s, of = run["stalls"], run["cycles"]
        named = s["active"] + s["weights"] + s["accumulators"] + s["bank"]
        rows.append([NAMES[name]] + [share(s[key], of) for key in ("active", "weights", "accumulators", "bank")]
                    + [share(max(0, s["busy"] - named), of), share(of - s["busy"], of)]
                    + [share(s[key], of) for key in ("write", "operand", "mmu")])
    return ["network", "operands read", "weights", "accumulators", "banks", "other, while a command ran",
            "no compute command", "results waited", "second operands", "page-table walks"], rows


def traffic(results):
    rows = [[NAMES[name]] + [f"{run['bytes'][cause] / 1024:,.1f}" for cause in CAUSES]
            + [f"{sum(run['bytes'].values()) / 1024:,.1f}"] for name, run in results["networks"].items()]
    return ["network, KiB", "weights", "input", "output", "spills, and results for the CPU", "commands", "sum"], rows


def spilled(results):
    rows = [[NAMES[name], node, op, why] for name, run in results["networks"].items() for node, op, why in run["spills"]]
    return ["network", "node", "operator", "its result: size, and what does not fit"], rows


def pruned(results):
    rows = [[NAMES[name], k(run["cycles"]), k(run["dense"]), f"{run['dense'] / run['cycles']:.2f}"]
            for name, run in results["networks"].items() if "dense" in run]
    return ["network", "cycles", "with --dense", "times faster"], rows


def shape_of(size, inputs, outputs):
    return f"{size}x{size}, {inputs} to {outputs}"


def sparse(results):
    rows = []
    for shape in layers.SHAPES:
        for kind in layers.KINDS:
            r = results["layers"][" ".join(map(str, (*shape, kind)))]
            s, of = r["stalls"], r["cycles"]
            rows.append([shape_of(*shape), kind, f"{of:,}", f"{r['dense']:,}", f"{r['dense'] / of:.2f}",
                         f"{r['dense_steps'] / r['steps']:.2f}", f"{r['weight_bytes']:.2f}", share(s["active"], of),
                         share(s["weights"], of), share(of - s["busy"], of)])
    return ["layer", "zeros", "cycles", "with --dense", "times faster", "times fewer steps",
            "weight bytes, of int8", "operands read", "weights", "no compute command"], rows


def memory(results, which):
    names = [name for name in measure.SWEPT if find(name)]
    if which == "bw":
        columns, what = measure.BANDWIDTHS, [f"bw={b},latency=100" for b in measure.BANDWIDTHS]
    else:
        columns, what = measure.LATENCIES, [f"bw=8,latency={n}" for n in measure.LATENCIES]
    return (["network", *map(str, columns)],
            [[NAMES[name]] + [k(results["memory"][f"{name} {memory}"]) for memory in what] for name in names])


def plots(results):
    rows = [row for row in measure.rows() if row["file"] in results["networks"]]
    yield "performance-networks.svg", bars(
        "Cycles of an inference, of those of Ethos-U55-256 as Vela estimates them", "",
        [row["network"] for row in rows], ["this NPU, measured", "U85-256", "U55-256"],
        [[results["networks"][row["file"]]["cycles"] / int(row["u55_256"]),
          int(row["u85_256"]) / int(row["u55_256"]), 1] for row in rows])
    kinds = list(layers.KINDS)
    yield "performance-sparse.svg", bars(
        "1x1 convolutions: how many times faster than with --dense", "", [shape_of(*s) for s in layers.SHAPES], kinds,
        [[(r := results["layers"][" ".join(map(str, (*s, kind)))])["dense"] / r["cycles"] for kind in kinds]
         for s in layers.SHAPES])
    for which, title in (("bw", "bytes a cycle (latency of 100 cycles)"), ("latency", "latency in cycles (8 bytes a cycle)")):
        head, table = memory(results, which)
        yield f"performance-{which}.svg", bars(
            f"Thousands of cycles by the memory's {title}", "", [row[0] for row in table], head[1:],
            [[float(cell.rstrip(" k").replace(",", "")) for cell in row[1:]] for row in table])


def markdown(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def text(head, rows):
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    return "\n".join("  ".join([line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])])
                     for line in [head, *rows]) + "\n"


SECTIONS = (
    ("Whole networks", networks, "performance-networks.svg",
     "From the doorbell to the completion record, firmware and DMA of inputs, weights and outputs included; what runs on the\n"
     "CPU is not. *On paper* is the dataflow with what does not fit spilled, without firmware, latency, fill and drain. U55-256\n"
     "and U85-256 are Vela 5.2's estimates for the same files with all data in SRAM, their best configuration; `make\n"
     "bench-peers` makes them."),
    ("Where the cycles went", stalls, None,
     "The first six columns add up to the inference; the last three went on beside them."),
    ("External bytes", traffic, None,
     "What the commands name, without rounding to beats of the bus; *weights* contain bias, multiplier and shift."),
    ("What is spilled", spilled, None,
     "All that `npu compile` says not to stay in SRAM, for networks where there is any. A tensor has a halo in SRAM, and *live*\n"
     "is what the layer at that node needs there at once, this tensor included, when the compiler gave up on it. In the end the\n"
     "compiler tries to keep each of them once more: none of these fits beside what stays."),
    ("Pruned networks", pruned, None, "The same files, compiled without and with `--dense`."),
    ("Sparse layers", sparse, "performance-sparse.svg",
     "One 1x1 convolution as a network of its own, so that its input, weights and output all come and go: at 14x14 much of the\n"
     "time of the sparsest ones is theirs. *--dense* layers have more than 64 KiB of weights and are computed weights first, so\n"
     "that their output leaves behind the last of them; *times fewer steps* is the array's own gain. Weight bytes are without\n"
     "bias, multiplier and shift, 9 bytes a channel. Zeros in % are random, as many in each output channel."),
    ("Bandwidth of the memory", lambda r: memory(r, "bw"), "performance-bw.svg", "Bytes a cycle, reads and writes together. The bus of *base* moves 16 bytes a beat, so that more of the memory does not help."),
    ("Latency of the memory", lambda r: memory(r, "latency"), "performance-latency.svg",
     "Cycles from a request to its first byte."),
)


def write(results):
    parts = ["<!-- SPDX-License-Identifier: MIT -->\n<!-- Made by tests/bench/performance.py, do not edit. -->\n"
             "# Performance\n\nMeasured on the compiled hardware, preset *base*: 256 MACs a cycle, 512 KiB of SRAM; memory of 8 bytes a\n"
             "cycle and a latency of 100 cycles if nothing else is said. `make bench` makes this page. What a command costs, and\n"
             "which layers lose most: [cycle model](cycle-model.md).\n"]
    for title, table, plot, about in SECTIONS:
        parts.append(f"## {title}\n\n{about}\n\n" + (f"![{title}](images/{plot})\n\n" if plot else "")
                     + markdown(*table(results)))
    PAGE.write_text("\n".join(parts))
    for name, svg in plots(results):
        (IMAGES / name).write_text(svg)


def print_layers(name):
    """A network's layers, measured, beside the paper's compute cycles for the same nodes."""
    tools, path = ROOT.parent / "shared" / "tools" / "paper_memory.py", find(name)
    if path is None or not tools.exists():
        sys.exit(f"{name}.tflite and {tools.name} are needed")
    with tempfile.TemporaryDirectory(prefix="onpu-paper-") as folder:
        done = subprocess.run([sys.executable, tools, path], capture_output=True, text=True, check=False,
                              env={**os.environ, "OUT": folder, "DEC": "32", "RP": "4"})
        if done.returncode:
            sys.exit(done.stderr)
        made, = (p for p in os.listdir(folder) if p.startswith("layers_"))
        with open(os.path.join(folder, made)) as file:
            paper = {layer["n"]: layer for layer in json.load(file)}
    rows, last = [], 0
    for layer in profile(path)["layers"]:
        on_paper = paper.get(layer["node"])
        # Layers overlap: from the end of those before.
        took, last = max(0, layer["end_cycle"] - last), max(last, layer["end_cycle"])
        rows.append([layer["name"].split()[0], str(layer["node"]), f"{took:,}", f"{layer['macs']:,}",
                     f"{on_paper['comp']:,.0f}" if on_paper else "-", f"{layer['bytes']:,}"])
    print(text(["layer", "node", "cycles", "MACs", "compute on paper", "external bytes"], rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--write", action="store_true", help="make docs/performance.md")
    parser.add_argument("--layers", metavar="NETWORK", help="a network's layers beside the calculation on paper")
    options = parser.parse_args()
    if options.layers:
        print_layers(options.layers)
        return
    results = measure.measured(options.fresh)
    for title, table, _, _ in SECTIONS:
        print(f"\n{title}\n\n{text(*table(results))}")
    if options.write:
        missing = [name for name in NAMES if name not in results["networks"]]
        if missing:
            print(f"docs/performance.md is not written, as these are not here: {', '.join(missing)}", file=sys.stderr)
            return
        write(results)


if __name__ == "__main__":
    main()
