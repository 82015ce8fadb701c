# SPDX-License-Identifier: MIT
"""Tables of what networks and layers take on the compiled hardware, beside other designs' figures.

    ONPU_BUILD=build python3 tests/bench/performance.py [--fresh] [--write]
    ONPU_BUILD=build python3 tests/bench/performance.py --layers NETWORK

Networks are those in ../shared/models, where that exists, and else those that `make models` has made.  --write makes
docs/performance.md, docs/performance-layers.md and their plots of the same figures.  Layers are compared with the
calculation on paper where ../shared/tools/paper_memory.py exists; --layers prints all of a network's.  Nothing here fails
because something is slow.
"""
import argparse
import sys
from collections import Counter

import layers
import measure
import paper
from plot import bars
from tool import CAUSES, ROOT, find, profile

PAGE = ROOT / "docs" / "performance.md"
LAYERS_PAGE = ROOT / "docs" / "performance-layers.md"
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


# What of a split each column of a table has; together they are all of it.
COLUMNS = {"operands read": "active", "decoder": "decoder", "banks": "bank", "post-processor": "post",
           "fill and drain": "fill", "weights": "weights", "activations in": "input", "activations out": "output",
           "page tables": "walk", "commands": "commands", "firmware": "firmware"}
BESIDE = {"results waited": "write", "second operands": "operand", "page-table walks": "mmu"}


def stalls(results):
    rows = [[NAMES[name]] + [share(run["split"][key], run["cycles"]) for key in COLUMNS.values()]
            + [share(run["stalls"][key], run["cycles"]) for key in BESIDE.values()]
            for name, run in results["networks"].items()]
    return ["network", *COLUMNS, *BESIDE], rows


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


def behind(results):
    rows = [[NAMES[name], f"{run['cycles']:,}", f"{run['warm']['cycles']:,}", f"{run['cycles'] / run['warm']['cycles']:.2f}",
             f"{run['read_bytes'] / 1024:,.1f}", f"{run['warm']['read_bytes'] / 1024:,.1f}"]
            for name, run in results["networks"].items() if "warm" in run]
    return ["network", "cycles alone", "behind another", "times faster", "KiB read alone", "behind another"], rows


def shape_of(size, inputs, outputs):
    return f"{size}x{size}, {inputs} to {outputs}"


def sparse(results):
    rows = []
    for shape in layers.SHAPES:
        for kind in layers.KINDS:
            r = results["layers"][" ".join(map(str, (*shape, kind)))]
            s, of = r["split"], r["cycles"]
            waited = sum(s[cause] for cause in (*paper.MEMORY, "commands", "firmware"))
            rows.append([shape_of(*shape), kind, f"{of:,}", f"{r['dense']:,}", f"{r['dense'] / of:.2f}",
                         f"{r['dense_steps'] / r['steps']:.2f}", f"{r['weight_bytes']:.2f}", share(s["active"], of),
                         share(s["decoder"], of), share(waited, of)])
    return ["layer", "zeros", "cycles", "with --dense", "times faster", "times fewer steps",
            "weight bytes, of int8", "operands read", "decoder", "no compute command"], rows


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
     "CPU is not. *On paper* is the dataflow with what does not fit spilled, without firmware, latency, fill and drain: it takes\n"
     "longer where layers [take turns](decisions/041-layers-take-turns.md) instead. U55-256 and U85-256 are Vela 5.2's estimates for the same files with all data in SRAM, their best configuration; `make\n"
     "bench-peers` makes them."),
    ("Where the cycles went", stalls, None,
     "The columns up to *firmware* add up to the inference; the last three went on beside them. While a compute command ran:\n"
     "operands were read, or waited for the weight decoder, for banks of the SRAM, for the post-processor; the rest is fill and\n"
     "drain. While none ran, the next one waited for a load of weights, a load of activations, a store, for walks of page tables\n"
     "on behalf of these, or for the command processor. Firmware is what remains, before a job starts and when it has ended."),
    ("External bytes", traffic, None,
     "What the commands name, without rounding to beats of the bus; *weights* contain bias, multiplier and shift."),
    ("What is spilled", spilled, None,
     "All that `npu compile` says not to stay in SRAM, for networks where there is any. A tensor has a halo in SRAM, and *live*\n"
     "is what the layer at that node needs there at once, this tensor included, when the compiler gave up on it. In the end the\n"
     "compiler tries to keep each of them once more: none of these fits beside what stays."),
    ("Pruned networks", pruned, None, "The same files, compiled without and with `--dense`."),
    ("One inference behind another", behind, None,
     "The second of two inferences finds weights that the first one has left in SRAM, or fetched for it while it still computed.\n"
     "[How](architecture.md#from-one-inference-to-the-next-warmc). Networks that are not here have nodes on the CPU between two\n"
     "jobs, or would gain less than 1/1000: their beginning waits for the input."),
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
             "cycle and a latency of 100 cycles if nothing else is said. `make bench` makes this page. What a command costs:\n"
             "[cycle model](cycle-model.md); which layers take longer than on paper, and why: [layers](performance-layers.md).\n"]
    for title, table, plot, about in SECTIONS:
        parts.append(f"## {title}\n\n{about}\n\n" + (f"![{title}](images/{plot})\n\n" if plot else "")
                     + markdown(*table(results)))
    PAGE.write_text("\n".join(parts))
    for name, svg in plots(results):
        (IMAGES / name).write_text(svg)


# ---- layers beside paper --------------------------------------------------------------------------

MORE, LEAST = 1.15, 500  # layers that took more than 15 % and 500 cycles longer than on paper
WHY = {
    "steps": "more reads of operands than paper has. Paper takes pixel pairs in sparse blocks of at most 8 channels, which the "
             "hardware has in dense ones only; part of a vector where channels are no multiple of 16; DEPTH_TO_SPACE as fused",
    "decoder": "few pixels for each weight block, as in FULLY_CONNECTED: blocks are used up faster than they are decoded",
    "bank": "operands of a window are in one bank",
    "post": "the post-processor is slower than the array: ADD, MUL and PRELU, also fused ones, are passes of their own over "
            "each vector, and few steps do not hide them; results wait for the SRAM behind windows",
    "fill": "commands begin and end, each with the way through decoder, array and post-processor: layers in many stripes or "
            "pieces, and layers that are short",
    "weights": "memory: mostly weights that were not there in time, behind spilled activations or for want of room",
    "input": "memory: mostly activations that were not there in time. Stripes of layers that spill: loads wait for stores of the "
             "layer before and share the memory with them, while nothing else is left to compute",
    "output": "memory: mostly results that had to leave, at the end of the network or to make room",
    "walk": "memory: mostly page tables that were walked",
    "commands": "the stream's first trip, and commands that were not fetched and checked in time: many small ones",
}


def beside_paper(name, run):
    return paper.compare(find(name), run["layers"], [node for node, _, _ in run["spills"]])


def on_paper(results):
    """(network, layer, cycles on paper, what is beyond them by cause) of each layer that was measured."""
    for name, run in results["networks"].items():
        for layer, compute, cycles in beside_paper(name, run):
            yield NAMES[name], layer, cycles, paper.beyond(layer, compute, cycles)


def took(layer):
    return sum(layer["split"].values())


def slower(results):
    return [line for line in on_paper(results) if took(line[1]) > max(MORE * line[2], line[2] + LEAST)]


def main_causes(where, beyond):
    """Those that are a fifth of it or more; the largest in any case."""
    return [(cause, value) for i, (cause, value) in enumerate(where) if not i or value >= beyond / 5]


def slow_layers(results):
    rows = []
    for network, layer, cycles, where in slower(results):
        beyond = took(layer) - cycles
        causes = ", ".join(f"{cause} {value:,.0f}" for cause, value in main_causes(where, beyond))
        rows.append([network, ", ".join(map(str, layer["nodes"])), ", ".join(layer["operators"]), f"{took(layer):,}", f"{cycles:,.0f}",
                     f"{took(layer) / cycles:.2f}" if cycles else "-", f"{beyond:,.0f}", causes])
    return ["network", "node", "layer", "cycles", "on paper", "times", "beyond", "of it"], rows


def slow_classes(results):
    layers_of, cycles_of = Counter(), Counter()
    for _, layer, cycles, where in slower(results):
        layers_of[where[0][0]] += 1
        cycles_of[where[0][0]] += took(layer) - cycles
    return (["largest cause", "what it is", "layers", "cycles beyond paper"],
            [[cause, WHY[cause], str(layers_of[cause]), f"{cycles:,.0f}"] for cause, cycles in cycles_of.most_common()])


def whole_beyond(results):
    """All layers, also those that are not slow: what networks take beyond paper, by cause."""
    rows, causes = [], ["steps", "decoder", "bank", "post", "fill", "memory", "commands"]
    for name, run in results["networks"].items():
        sums, cycles = Counter(), 0
        for layer, compute, priced in beside_paper(name, run):
            cycles += priced
            for cause, value in paper.beyond(layer, compute, priced):
                sums["memory" if cause in paper.MEMORY else cause] += value
        rows.append([NAMES[name], f"{run['cycles']:,}", f"{cycles:,.0f}"]
                    + [f"{sums[cause]:,.0f}" for cause in causes] + [f"{run['split']['firmware']:,}"])
    return ["network", "cycles", "on paper", *causes, "firmware"], rows


LAYER_SECTIONS = (
    ("Networks", whole_beyond,
     "What each network took, what its layers take on paper, and where the difference went; rows add up. A negative number is\n"
     "what the hardware does in fewer cycles than paper: what paper counts as steps contains waits for the decoder, and memory\n"
     "may have moved more while the array was busy, or less was spilled."),
    ("Why", slow_classes, "The layers of the next table by the largest cause of their difference."),
    ("Layers", slow_layers,
     "Layers between which a tensor is spilled are taken together: the one's stores share the memory with the other's loads.\n"
     f"All that took more than {100 * (MORE - 1):.0f} % and more than {LEAST} cycles longer. *of it* has each cause that is a fifth of the difference\n"
     "or more; those below 0 are not shown, so that these may be more than all of it. Waits for memory are one, by the largest of them."),
)


def write_layers(results):
    parts = ["<!-- SPDX-License-Identifier: MIT -->\n<!-- Made by tests/bench/performance.py, do not edit. -->\n"
             "# Layers beside paper\n\nLayers on the compiled hardware, preset *base*, memory of 8 bytes a cycle and a latency of 100 cycles, beside the\n"
             "same dataflow on paper: the larger of the array's steps and the external bytes, what fits kept in SRAM, weights loaded\n"
             "ahead, without firmware, latency, fill and drain. A layer has the cycles in which a compute command of it ran, and those\n"
             "in which none ran and the next one waited for its loads or stores (`split` in [npu profile](man/npu-profile.1)), so that\n"
             "all layers and the firmware add up to the inference.\n"]
    parts += [f"## {title}\n\n{about}\n\n{markdown(*table(results))}" for title, table, about in LAYER_SECTIONS]
    LAYERS_PAGE.write_text("\n".join(parts))


def print_layers(name):
    """All of a network's layers, measured and on paper."""
    path = find(name)
    if path is None or not paper.present():
        sys.exit(f"{name}.tflite and {paper.TOOLS}/paper_memory.py are needed")
    run = profile(path)
    rows = []
    for layer, compute, cycles in paper.compare(path, [layer for layer in run["layers"] if layer["on_npu"]]):
        rows.append([", ".join(layer["operators"]), str(layer["node"]), f"{took(layer):,}", f"{cycles:,.0f}", f"{compute:,.0f}",
                     f"{layer['bytes']:,}"] + [f"{layer['split'][key]:,}" for key in COLUMNS.values() if key != "firmware"])
    print(text(["layer", "node", "cycles", "on paper", "its steps", "bytes",
                *(column for column in COLUMNS if column != "firmware")], rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--write", action="store_true", help="make the pages docs/performance*.md")
    parser.add_argument("--layers", metavar="NETWORK", help="a network's layers beside the calculation on paper")
    options = parser.parse_args()
    if options.layers:
        print_layers(options.layers)
        return
    results = measure.measured(options.fresh)
    for title, table, _, _ in SECTIONS:
        print(f"\n{title}\n\n{text(*table(results))}")
    if paper.present():
        for title, table, _ in LAYER_SECTIONS:
            print(f"\nLayers beside paper: {title}\n\n{text(*table(results))}")
    if options.write:
        missing = [name for name in NAMES if name not in results["networks"]]
        if missing:
            print(f"docs/performance.md is not written, as these are not here: {', '.join(missing)}", file=sys.stderr)
            return
        write(results)
        if paper.present():
            write_layers(results)


if __name__ == "__main__":
    main()
