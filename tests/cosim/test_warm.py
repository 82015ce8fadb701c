# SPDX-License-Identifier: MIT
"""An inference right behind another finds weights in SRAM: results stay the same, bytes and cycles are fewer; and
after anything else it begins with nothing."""
import os
import re
import subprocess

import pytest

from cosim import BUILD, NPU, network

TOOL = BUILD / "tests" / "warm"
# What comes before an inference, and whether it may find anything.
EXPECTED = [("one", "warm"), ("another", "warm"), ("other session", "cold"), ("one", "warm"),
            ("out of budget", "cold"), ("one", "warm"), ("no weights", "cold"), ("one", "warm"),
            ("killed", "cold"), ("one", "warm"), ("preempted", "cold"), ("one", "warm")]
NETWORKS = ("vww_mobilenetv1_025_96_int8", "ad_autoencoder_int8")
OTHERS = ("ic_resnet8_int8", "kws_dscnn_int8", "mobilenet_v1_025_128_uint8", "face_short_128_int8",
          "face_landmark_192_int8")


def found(name):
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    return path


def inferences(device, preset, name):
    """(before, how, cycles, bytes read) of each, and (times preempted, how it had begun)."""
    done = subprocess.run([TOOL, device, preset, found(name)], capture_output=True, text=True, timeout=600,
                          check=False, env={"ONPU_RTL_DIR": str(BUILD), **os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"^(.*): (warm|cold), (\d+) cycles, (\d+) bytes read, equal$", done.stdout, re.M)
    stopped = re.search(r"^preempted (\d+), began (\w+)$", done.stdout, re.M)
    assert len(lines) == done.stdout.count("\n") - 1, done.stdout
    return [(before, how, int(cycles), int(size)) for before, how, cycles, size in lines], stopped.groups()


def check(device, preset, name, stops=False):
    lines, (times, began) = inferences(device, preset, name)
    assert [line[:2] for line in lines] == EXPECTED
    # Not every job has a point at which it may be stopped.
    assert began == "warm" and int(times) >= stops
    cold = [line[2:] for line in lines if line[1] == "cold"]
    warm = [line[2:] for line in lines if line[1] == "warm"]
    assert max(cycles for cycles, _ in warm) < min(cycles for cycles, _ in cold)
    assert len({size for _, size in cold}) == len({size for _, size in warm}) == 1
    assert warm[0][1] < cold[0][1]
    return cold[0], warm[0]


@pytest.mark.parametrize("device", ["iss", "rtl"])
@pytest.mark.parametrize("preset", ["base", "nano"])
@pytest.mark.parametrize("name", NETWORKS)
def test_inferences(name, preset, device):
    check(device, preset, name, stops=name.startswith("vww"))


@pytest.mark.parametrize("name", OTHERS)
def test_others(name):
    check("iss", "base", name)


def test_weights_stay():
    """All of it fits: the second inference reads its input and commands, and is three times as fast."""
    (cold, all_bytes), (warm, few) = check("rtl", "base", "ad_autoencoder_int8")
    assert few < all_bytes / 50 and warm < cold / 2.5


def weights_loaded(text):
    """(Offset in the code, address) of each load of weights, which are in region 0, in their order."""
    loads = []
    for body in re.findall(r"^[0-9a-f]{8} load\b.*\n((?: .*\n)*)", text, re.M):
        fields = dict(re.findall(r"(\w+)=(\S+)", body))
        if "region" not in fields:
            loads.append((fields.get("offset"), fields["addr"]))
    return loads


@pytest.mark.parametrize("preset, name", [("nano", "mobilenet_v1_025_128_uint8"), ("base", "face_landmark_192_int8")])
def test_weights_are_fetched_again(preset, name):
    """Where they do not stay, a job loads the next one's first weights behind all of its own."""
    done = subprocess.run([NPU, "disasm", found(name), "--preset", preset], capture_output=True, text=True,
                          timeout=60, check=True)
    cold, warm = map(weights_loaded, re.split(r"^step 0, warm: ", done.stdout, flags=re.M))
    again = [load for load in warm if cold.count(load) == 2]
    assert again
    assert cold[:len(again)] == cold[-len(again):] == warm[-len(again):] == again
    check("iss", preset, name)
