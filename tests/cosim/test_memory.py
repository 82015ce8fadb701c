# SPDX-License-Identifier: MIT
"""What the compiler keeps in SRAM, what it spills and why, and that weights are fetched ahead of their layer."""
import re
import subprocess

import numpy as np
import pytest

from cosim import NPU, SEED, network
from test_channels import Chain
from test_modes import dense
from test_networks import NAMES

SRAM = 512  # KiB, preset base
COMPUTE = ("conv", "dwconv", "eltwise", "pool", "resize")


def npu(*arguments):
    done = subprocess.run([NPU, *map(str, arguments)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def spills(path):
    """(KiB, reason) of each result that is not in SRAM."""
    found = re.findall(r"; spilled: (\d+) KiB(.*)$", npu("compile", path), re.M)
    return [(int(size), reason) for size, reason in found]


@pytest.mark.parametrize("name", NAMES)
def test_spills_have_a_reason(name):
    """Each is larger than SRAM, or with what else a layer needs at that time, its rows and weights perhaps included."""
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    for size, reason in spills(path):
        live = re.match(r" of (\d+) KiB live at node \d+(, beside which .*)?$", reason)
        if live:
            assert size <= SRAM and (int(live[1]) > SRAM or live[2])
        else:
            assert reason == ", more than SRAM" and size > SRAM


def placement(chain, tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(chain.net.pack())
    return path


def test_small_ones_give_way(tmp_path):
    """A tensor that fills most of SRAM, and is read twice, stays there, if what moves instead of it is less."""
    rng = np.random.default_rng([SEED, 42])
    chain = Chain(rng, 56, 24, "give way").conv(dense(rng, 24, 24)).conv(dense(rng, 144, 24))
    large, halves = chain.last, []
    for _ in range(2):
        chain.size, chain.last = 56, large
        halves.append(chain.depthwise(stride=2).last)
    chain.last = chain.net.tensor([1, 28, 28, 144], "int8", 0.1, 3)
    chain.net.op("ADD", halves, [chain.last], fusedActivationFunction=0)
    result = chain.run("base")
    moved = [size for size, _ in spills(placement(chain, tmp_path))]
    assert moved and max(moved) < 56 * 56 * 144 // 1024 / 2
    assert result["cycles"] <= 140_000


def test_layers_take_turns(tmp_path):
    """Of three tensors in a row that need more than there is, the one that is read once is never there as a whole."""
    rng = np.random.default_rng([SEED, 43])
    chain = Chain(rng, 56, 24, "turns").conv(dense(rng, 24, 24)).conv(dense(rng, 144, 24)).depthwise(stride=2) \
        .conv(dense(rng, 24, 144))
    result = chain.run("base")
    path = placement(chain, tmp_path)
    assert not spills(path)
    rows = re.findall(r"; (\d+) of (\d+) rows at once, in turns with node (\d+)", npu("compile", path))
    assert rows and all(int(some) < int(all_of) for some, all_of, _ in rows)
    # Only the network's input, its output, and constants are moved.
    assert "region=1" not in npu("disasm", path)
    assert result["cycles"] <= 105_000


@pytest.mark.parametrize("kernel, stride, size, channels", [(3, 1, 64, 160), (3, 2, 80, 112), (1, 1, 96, 80), (5, 1, 60, 160)])
def test_turns_of_any_shape(kernel, stride, size, channels, tmp_path):
    """Windows of one row and of several, at the edges and inside: results are those of the reference kernels."""
    rng = np.random.default_rng([SEED, 44, kernel, stride])
    chain = Chain(rng, size, 16, f"turns {kernel} {stride}").conv(dense(rng, channels, 16))
    if kernel == 3:
        chain.depthwise(stride=stride)
        chain.conv(dense(rng, 24, channels))
    else:
        chain.conv(dense(rng, 24, kernel * kernel * channels), kernel)
    chain.conv(dense(rng, 16, 9 * 24), 3)
    chain.run("base")
    assert "in turns with" in npu("compile", placement(chain, tmp_path))


@pytest.mark.parametrize("stride", (1, 2))
def test_turns_with_others_that_read(stride, tmp_path):
    """What a residual adds is in the ring still; what a layer behind the turns reads comes from outside, all of it."""
    rng = np.random.default_rng([SEED, 45, stride])
    chain = Chain(rng, 64, 16, f"residual {stride}").conv(dense(rng, 160, 16))
    large = chain.last
    chain.depthwise().conv(dense(rng, 160, 160))
    added = chain.net.tensor([1, 64, 64, 160], "int8", 0.1, 3)
    chain.net.op("ADD", [chain.last, large], [added], fusedActivationFunction=0)
    chain.last = added
    # Every second row and pixel, so that nobody in turn asks for the last ones; the pool does.
    half = chain.conv(dense(rng, 16, 160)).last
    chain.size, chain.last = 64, added
    if stride == 2:
        chain.depthwise(stride=2).conv(dense(rng, 24, 160))
        chain.net.output(half)
    chain.pool()
    chain.run("base")
    text = npu("compile", placement(chain, tmp_path))
    assert "in turns with" in text
    assert len(spills(tmp_path / "net.tflite")) < 2


@pytest.mark.parametrize("name", NAMES)
def test_weights_come_ahead(name):
    """Weights of a layer are asked for before the layer in front of it has its last command."""
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    layer, last, fetched, at = None, {}, {}, 0
    # Not of the stream of an inference behind another, which has less to fetch.
    text = re.sub(r"^step \d+, warm: .*\n(?:(?!step ).*\n)*", "", npu("disasm", path), flags=re.M)
    # Loads of region 0, which the disassembly leaves out, are of weights and other constants.
    for number, opcode, region in re.findall(r"^(?:layer (\d+):.*|[0-9a-f]{8} (\w+).*\n +(region=)?.*)$", text, re.M):
        at += 1
        layer = int(number) if number else layer
        if opcode in COMPUTE:
            last[layer] = at
        elif opcode == "load" and not region:
            fetched.setdefault(layer, at)
    # Behind a step on the CPU a job begins.
    layers = [n for n in sorted(last) if n - 1 in last and n in fetched]
    late = [n for n in layers if fetched[n] >= last[n - 1]]
    assert len(layers) > 5
    # The first layers are waited for anyway, and so are a few whose memory is not free any earlier.
    assert len(late) <= 1 + len(layers) // 10, late
