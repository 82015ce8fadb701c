# SPDX-License-Identifier: MIT
"""What the driver's tests share: the root with the kernels, and tools of this host."""
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def guest_root():
    """The root is big: it is built by `tests/guest/root`, not by a test."""
    done = subprocess.run([TOP / "tests/guest/root", "--built"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no guest root; tests/guest/root builds it")
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def tool():
    """tool(NAME): its path; a test that needs one which is missing is skipped with the reason."""
    def find(name):
        # Some are for administrators, in folders that are not in everybody's path.
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if not path:
            pytest.skip(f"needs {name} (build-aux/deps guest)")
        return path
    return find


@pytest.fixture(scope="session")
def kernel_source(guest_root, tmp_path_factory):
    """kernel_source(PATH...): folder with these files and folders of the newest kernel's source."""
    def unpack(*paths):
        folder = tmp_path_factory.mktemp("source")
        archive, = (guest_root / "usr/src").glob("linux-source-*.tar.xz")
        subprocess.run(["tar", "-xJf", archive, "-C", folder, "--strip-components=1",
                        *(f"{archive.name.removesuffix('.tar.xz')}/{path}" for path in paths)], check=True)
        return folder
    return unpack
