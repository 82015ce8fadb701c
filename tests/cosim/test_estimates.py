# SPDX-License-Identifier: MIT
"""Estimated cycles of real networks against what a schedule layer by layer should take."""
import json
import subprocess

import pytest

from cosim import NPU, network

# Network: cycles on base when all that fits stays in SRAM, the rest is spilled, and
# weights are fetched ahead; computed on paper from the sizes of the layers alone.
PAPER = {
    "ic_resnet8_int8": 51_000,
    "kws_dscnn_int8": 17_000,
    "vww_mobilenetv1_025_96_int8": 29_000,
    "ad_autoencoder_int8": 35_000,
    "mobilenet_v1_025_128_uint8": 75_000,
    "mobilenet_v2_224_int8": 1_850_000,
    "face_short_128_int8": 163_000,
    "face_full_sparse_192_int8": 592_000,
    "pose_detect_sparse_224_int8": 1_520_000,
    "selfie_seg_256_int8": 675_000,
    "hand_landmark_224_int8": 895_000,
    "efficientnet_lite0_224_int8": 2_150_000,
}
MARGIN = 1.10


@pytest.fixture(scope="module")
def estimates():
    """Profiles of the networks that are there."""
    found = {}
    for name in PAPER:
        path = network(name)
        if path is not None:
            done = subprocess.run([NPU, "profile", path, "--json"], capture_output=True, text=True, timeout=300,
                                  check=False)
            found[name] = json.loads(done.stdout) if done.returncode == 0 else done.stderr
    return found


def table(found):
    rows = [f"{'network':32} {'paper':>10} {'estimate':>10}  ratio"]
    for name, profile in found.items():
        if isinstance(profile, str):
            rows.append(f"{name:32} {PAPER[name]:10}  {profile.strip()}")
        else:
            rows.append(f"{name:32} {PAPER[name]:10} {profile['cycles']:10}  {profile['cycles'] / PAPER[name]:.2f}")
    return "\n".join(rows)


@pytest.mark.parametrize("name", PAPER)
def test_cycles(name, estimates):
    if name not in estimates:
        pytest.skip(f"{name} is not there")
    profile = estimates[name]
    assert not isinstance(profile, str), profile
    assert profile["cycles_estimated"] is True
    assert 0 < profile["cycles"] <= MARGIN * PAPER[name], "\n" + table(estimates)
