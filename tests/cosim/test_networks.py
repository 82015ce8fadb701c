# SPDX-License-Identifier: MIT
"""Real networks on the simulated NPU, fused and with all tensors kept: equal to the reference kernels."""
import subprocess

import pytest

from cosim import NPU, PRESETS, network

# All that the project was made for.  Two are made by `make check`, others by `make models`;
# some are in no public package and are looked at where they are beside the checkout.
NAMES = (
    "ad_autoencoder_int8", "ic_resnet8_int8", "kws_dscnn_int8", "vww_mobilenetv1_025_96_int8",
    "mobilenet_v1_025_128_uint8", "person_detect_int8", "mobilenet_v2_224_int8", "efficientnet_lite0_224_int8",
    "face_short_128_int8", "face_full_sparse_192_int8", "face_landmark_192_int8", "palm_192_int8",
    "pose_detect_sparse_224_int8", "hand_landmark_224_int8", "selfie_seg_256_int8",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", PRESETS)
def test_equal(preset, name):
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    done = subprocess.run([NPU, "compare", path, "--device", "iss", "--preset", preset], capture_output=True,
                          text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["fused", "keep-all"], done.stdout
    assert all(line.endswith("elements: equal") for line in lines), done.stdout


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", ("face_short_128_int8", "face_full_sparse_192_int8"))
def test_whole_network_on_the_npu(name, preset):
    """No node of the face detectors needs the CPU."""
    path = network(name)
    if path is None:
        pytest.skip(f"{name} is not there")
    done = subprocess.run([NPU, "compare", path, "--strict", "--preset", preset], capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
