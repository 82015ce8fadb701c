# SPDX-License-Identifier: MIT
"""Everything that can be made to go wrong, on the functional model and on the compiled hardware, by the same
program: the host sees the same, and a network runs right afterwards."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tool"))
import nets  # noqa: E402

FAULTS = nets.BUILD / "tests" / "faults"


@pytest.mark.parametrize("preset, device", [("nano", "iss"), ("base", "iss"), ("nano", "rtl")])
def test_faults(preset, device, tmp_path):
    network = tmp_path / "convolution.tflite"
    network.write_bytes(nets.convolution())
    done = subprocess.run([FAULTS, preset, device, network], capture_output=True, text=True, timeout=600, check=False,
                          env={**os.environ, "ONPU_RTL_DIR": str(nets.BUILD)})
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
