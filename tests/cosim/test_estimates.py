# SPDX-License-Identifier: MIT
"""Estimated cycles of real networks: what the schedule takes must not grow."""
import json
import subprocess

import pytest

from cosim import NPU, network

# Network: cycles on base when all that fits stays in SRAM, the rest is spilled, and weights are
# fetched ahead, computed on paper from the sizes of the layers alone; and what the cycle model
# says of the schedule, which has in addition start and end of the job and of each command, the
# memory's latency, and conflicts in SRAM.
CYCLES = {
    "ic_resnet8_int8": (51_000, 56_800),
    "kws_dscnn_int8": (17_000, 21_000),
    "vww_mobilenetv1_025_96_int8": (29_000, 38_600),
    "ad_autoencoder_int8": (35_000, 38_100),
    "mobilenet_v1_025_128_uint8": (75_000, 98_500),
    "mobilenet_v2_224_int8": (1_850_000, 2_000_000),
    "face_short_128_int8": (163_000, 191_000),
    "face_full_sparse_192_int8": (592_000, 709_000),
    "pose_detect_sparse_224_int8": (1_520_000, 1_640_000),
    "selfie_seg_256_int8": (675_000, 768_000),
    "hand_landmark_224_int8": (895_000, 961_000),
    "efficientnet_lite0_224_int8": (2_150_000, 2_360_000),
}
MARGIN = 1.02


@pytest.fixture(scope="module")
def estimates():
    """Profiles of the networks that are there."""
    found = {}
    for name in CYCLES:
        path = network(name)
        if path is not None:
            done = subprocess.run([NPU, "profile", path, "--json"], capture_output=True, text=True, timeout=900,
                                  check=False)
            found[name] = json.loads(done.stdout) if done.returncode == 0 else done.stderr
    return found


def table(found):
    rows = [f"{'network':32} {'paper':>10} {'limit':>10} {'estimate':>10}  of paper"]
    for name, profile in found.items():
        paper, cycles = CYCLES[name]
        row = f"{name:32} {paper:10} {MARGIN * cycles:10.0f}"
        if isinstance(profile, str):
            rows.append(f"{row}  {profile.strip()}")
        else:
            rows.append(f"{row} {profile['cycles']:10}  {profile['cycles'] / paper:.2f}")
    return "\n".join(rows)


@pytest.mark.parametrize("name", CYCLES)
def test_cycles(name, estimates):
    if name not in estimates:
        pytest.skip(f"{name} is not there")
    profile = estimates[name]
    assert not isinstance(profile, str), profile
    assert profile["cycles_estimated"] is True
    assert 0 < profile["cycles"] <= MARGIN * CYCLES[name][1], "\n" + table(estimates)
