# SPDX-License-Identifier: MIT
"""No command of a compiled network overwrites a byte that is still to be read; see tests/tools/replay.c."""
import subprocess

import pytest

from cosim import BUILD, FAILURES, PRESETS, SEED, network
from test_networks import NAMES

from random_graphs import make_graph

TOOL = BUILD / "tests" / "replay"
GRAPHS = 60
SPOIL = 4  # how often each program is spoiled, which must be noticed each time
TIMEOUT = 900


def replay(preset, paths, folder):
    """For each network a dict of numbers; fails with what is wrong."""
    jobs = folder / "jobs"
    jobs.write_text("".join(f"{path}\n" for path in paths))
    done = subprocess.run([TOOL, preset, jobs, str(SPOIL)], capture_output=True, text=True, timeout=TIMEOUT,
                          check=False)
    lines = done.stdout.splitlines()
    wrong = [f"{path}: {line}" for path, line in zip(paths, lines) if not line.startswith("ok ")]
    assert not wrong, f"ONPU_SEED={SEED}, {preset}: {len(wrong)} of {len(paths)} fail\n" + "\n".join(wrong[:12])
    assert done.returncode == 0 and len(lines) == len(paths), \
        f"status {done.returncode} after {len(lines)} of {len(paths)}: {done.stderr[-2000:]}"
    return [{k: int(v) for k, v in (pair.split("=") for pair in line.split()[1:])} for line in lines]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", PRESETS)
def test_network(preset, name, tmp_path):
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    result, = replay(preset, [path], tmp_path)
    print(result)
    assert result["commands"] > 0 and result["bytes"] > 0
    # Fused and with all tensors kept; not every byte that waits has a command behind which to spoil it.
    assert result["spoiled"] > SPOIL


@pytest.mark.parametrize("preset", PRESETS)
def test_random_graphs(preset, tmp_path):
    FAILURES.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(GRAPHS):
        case = make_graph(number, SEED)
        paths.append(FAILURES / f"replay-{preset}-{case.name}.tflite")
        paths[-1].write_bytes(case.model)
    results = replay(preset, paths, tmp_path)
    sums = {key: sum(result[key] for result in results) for key in results[0]}
    print(f"ONPU_SEED={SEED}, {preset}: {sums}")
    # Some graphs are so short that no byte waits while another layer runs.
    assert sums["spoiled"] >= GRAPHS * SPOIL
    for path in paths:
        path.unlink()
