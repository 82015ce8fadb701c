# SPDX-License-Identifier: MIT
"""Cycles of a network's layers on paper, from ../shared/tools/paper_memory.py, and what the hardware took beyond them.

On paper: the array's steps or the external bytes, whichever takes longer; what fits stays in SRAM, weights come ahead as
far as SRAM and memory have room.  No firmware, latency, fill and drain."""
import functools
import importlib
import os
import sys

from tool import ROOT

TOOLS = ROOT.parent / "shared" / "tools"
BYTES = 8  # of the memory, a cycle
MEMORY = ("weights", "input", "output", "walk")


def present():
    return (TOOLS / "paper_memory.py").exists()


@functools.cache
def groups(path):
    """List of (first node, cycles of compute, cycles) of each layer on paper."""
    # Read when the module is loaded: the decoder's bytes a cycle, the post-processor's read ports.
    os.environ.update(DEC="32", RP="4")
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    model = importlib.import_module("paper_memory")
    layers, *tensors = model.build(str(path))
    fit = model.evaluate(layers, *tensors, [(i, i) for i in range(len(layers))], "fit")
    result = []
    ahead = [0.0] * len(layers)  # bytes of weights that are in SRAM before their layer begins
    for i, layer in enumerate(layers):
        missing = fit["wts"][i] - ahead[i] + fit["act"][i]
        cycles = max(fit["comp"][i], missing / BYTES)
        spare, room = cycles * BYTES - missing, fit["free"][i] - sum(ahead[i + 1:])
        for j in range(i + 1, len(layers)):
            more = max(0.0, min(fit["wts"][j] - ahead[j], spare, room))
            ahead[j], spare, room = ahead[j] + more, spare - more, room - more
            if ahead[j] < fit["wts"][j]:
                break
        result.append((layer["n"], fit["comp"][i], cycles))
    return result


def joined(a, b):
    return {"operators": a["operators"] + b["operators"], "nodes": a["nodes"] + b["nodes"],
            "split": {cause: a["split"][cause] + b["split"][cause] for cause in a["split"]}}


def compare(path, layers, spilled=()):
    """For each layer that was measured: it, and its cycles on paper, of compute and altogether.

    The two may group nodes differently: a group on paper belongs to the last layer that begins no later.  Of nodes in
    `spilled` the result leaves SRAM: their layer and the next one are taken together, as the one's stores are under way
    while the other waits for its loads."""
    layers = sorted(({**layer, "nodes": [layer["node"]], "operators": [layer["name"].split()[0]]} for layer in layers), key=lambda layer: layer["node"])

    def index(node):
        return max((i for i, layer in enumerate(layers) if layer["node"] <= node), default=0)

    priced = [[layer, 0.0, 0.0] for layer in layers]
    for node, compute, cycles in groups(path):
        priced[index(node)][1] += compute
        priced[index(node)][2] += cycles
    for i in sorted({index(int(node)) for node in spilled}, reverse=True):
        if i + 1 < len(priced):
            (a, *x), (b, *y) = priced[i:i + 2]
            priced[i:i + 2] = [[joined(a, b), x[0] + y[0], x[1] + y[1]]]
    return priced


def beyond(layer, compute, cycles):
    """Where the cycles beyond paper went, largest first; they add up.

    *steps* are reads of operands beyond those on paper.  Waits for memory are one sum, as paper knows only one, less
    what paper waits itself; its name is the largest of them."""
    split = layer["split"]
    where = {cause: value for cause, value in split.items() if cause not in ("active", "firmware", *MEMORY)}
    where["steps"] = split["active"] - compute
    where[max(MEMORY, key=split.get)] = sum(split[cause] for cause in MEMORY) - (cycles - compute)
    return sorted(where.items(), key=lambda item: -item[1])
