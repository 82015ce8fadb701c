# SPDX-License-Identifier: MIT
"""The compiled hardware: real networks equal the reference kernels; random streams equal the functional
model in all of SRAM and memory, and broken ones in their faults; its memory's latency and back-pressure, and the initial state of its
registers, change cycles and nothing else; two runs take the same cycles."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cosim"))
from cosim import BUILD, NPU, PRESETS, network  # noqa: E402
from test_networks import NAMES  # noqa: E402

STREAMS = BUILD / "tests" / "random_streams"
# Streams of each run below; all together there are more than ten thousand.
RUNS = [("nano", 3000, 1, 0), ("nano", 3000, 2, 0), ("nano", 1500, 3, 7), ("base", 2000, 4, 0), ("base", 1000, 5, 9)]
# Half of these are broken.
BROKEN = [("nano", 4000, 11, 0), ("nano", 2000, 12, 13), ("base", 800, 14, 0)]
CLOCKED = ("kws_dscnn_int8", "face_short_128_int8")


def npu(*arguments, timeout=900):
    done = subprocess.run([NPU, *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def path_of(name):
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", PRESETS)
def test_equal(preset, name):
    lines = npu("compare", path_of(name), "--device", "rtl", "--preset", preset).splitlines()
    assert [line.split()[0] for line in lines] == ["fused", "keep-all"], lines
    assert all(line.endswith("elements: equal") for line in lines), lines


def random_streams(*arguments):
    arguments = [STREAMS, *map(str, arguments)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=1800, check=False,
                          env={**os.environ, "ONPU_RTL_DIR": str(BUILD)})
    print(done.stdout.splitlines()[0])
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("preset, streams, seed, rtl_seed", RUNS)
def test_random_streams(preset, streams, seed, rtl_seed):
    random_streams(preset, streams, seed, rtl_seed)


@pytest.mark.parametrize("preset, streams, seed, rtl_seed", BROKEN)
def test_illegal_streams(preset, streams, seed, rtl_seed):
    """Every second stream is broken; the legal one behind it runs as if nothing had been."""
    random_streams(preset, streams, seed, rtl_seed, "illegal")


@pytest.mark.parametrize("name", CLOCKED)
@pytest.mark.parametrize("memory", ("bw=1,latency=3", "bw=16,latency=40", "latency=1000"))
def test_memory_changes_only_cycles(name, memory):
    assert "equal" in npu("compare", path_of(name), "--device", "rtl", "--memory", memory)


@pytest.mark.parametrize("name", CLOCKED)
@pytest.mark.parametrize("seed", (1, 2, 3))
def test_back_pressure_and_initial_state_change_nothing(name, seed):
    """--seed also starts every register and memory that has no reset at random (--x-initial unique)."""
    assert "equal" in npu("compare", path_of(name), "--device", "rtl", "--seed", str(seed))


@pytest.mark.parametrize("name", CLOCKED)
def test_cycles_are_deterministic(name):
    first, second = (json.loads(npu("profile", path_of(name), "--device", "rtl", "--json")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", (*CLOCKED, "face_full_sparse_192_int8"))
def test_steps_by_mode(name):
    """Array steps of each mode, weight blocks, and bytes moved are those of the functional model, layer by layer."""
    both = [json.loads(npu("profile", path_of(name), "--device", device, "--json"))["layers"]
            for device in ("iss", "rtl")]
    seen = set()
    for iss, rtl in zip(*both, strict=True):
        assert rtl["modes"] == iss["modes"], iss["name"]
        assert (iss["read_bytes"], iss["write_bytes"]) == (rtl["read_bytes"], rtl["write_bytes"]), iss["name"]
        seen |= {mode for mode, count in iss["modes"].items() if count}
    if name == "face_full_sparse_192_int8":
        assert seen >= {"d", "g4", "g2", "pair", "depthwise", "blocks"}
