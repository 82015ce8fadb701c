# SPDX-License-Identifier: MIT
"""What driver and tool say when something is not there, or is not what it should be.

One guest for all of it: firmware that is missing or wrong, a module for another kernel, a device that
is none, a node that may not be opened, a program for another NPU.  docs/driver.md has the messages.
"""
import os
import re
import shlex
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ONPU_BUILD", ROOT / "build")).resolve()
GUEST = BUILD / "guest/x86_64"
IMAGE = BUILD / "firmware/onpu_fw.bin"
# In struct onpu_fw_image.
VERSION, MAJOR = 4, 24

# By name: what the kernel's log has to say when a driver with this firmware is loaded.
FIRMWARE = {
    "missing": r"onpu 0000:\S+: no firmware: onpu/onpu_fw\.bin is not in /lib/firmware",
    "text": r"onpu 0000:\S+: onpu/onpu_fw\.bin is not firmware for an onpu",
    "header": r"onpu 0000:\S+: onpu/onpu_fw\.bin has a header of version 7, this driver knows 1",
    "short": r"onpu 0000:\S+: onpu/onpu_fw\.bin is damaged: \d+ bytes, its header says \d+",
    "major": r"onpu 0000:\S+: onpu/onpu_fw\.bin speaks interface 9\.\d+, this driver 1\.\d+: update the older one",
    "bit": r"onpu 0000:\S+: .*boot: onpu/onpu_fw\.bin is damaged \(CRC\)",
    "right": r"onpu 0000:\S+: .*16 lanes, 512 KiB SRAM, firmware .+, interface 1\.\d+",
}
# edu is a device of QEMU whose BAR 0 and interrupt are as an onpu's could be.
SCRIPT = """
say() { echo "== $1"; dmesg -c; }
dmesg -c >/dev/null
mkdir -p /lib/firmware/onpu /etc
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
insmod ./other.ko; say kernel
echo "== no driver"; ./npu run base.npu --device drm --random 1
for name in missing text header short major bit; do
	[ $name = missing ] || cp $name.bin /lib/firmware/onpu/onpu_fw.bin
	insmod /modules/onpu.ko
	say $name
	[ ! -e /dev/accel/accel0 ] || echo "a node, nevertheless"
	rmmod onpu || echo "it stays"
done
cp right.bin /lib/firmware/onpu/onpu_fw.bin
insmod /modules/onpu.ko; say right
echo "1234 11e8" >/sys/bus/pci/drivers/onpu/new_id; say device
echo "== permission"; chmod 600 /dev/accel/accel0; chmod 755 / /test /test/npu; chmod 644 base.npu
su nobody -s /bin/sh -c "/test/npu run /test/base.npu --device drm --random 1"
echo "== its node"; su nobody -s /bin/sh -c "/test/npu run /test/base.npu --device drm:/dev/accel/accel0 --random 1"
echo "== preset"; ./npu run nano.npu --device drm --random 1
echo "== base"; ./npu run base.npu --device drm --random 1 --output /dev/null && echo "it ran"
echo "== end"
"""


def make_firmware(folder):
    image = IMAGE.read_bytes()
    magic, version, _, size = struct.unpack_from("<IHHI", image)
    assert version == 1 and size == len(image) - 64 and struct.unpack_from("<H", image, MAJOR) == (1,)
    altered = {"right": image, "text": b"This is no firmware.\n" * 20, "short": image[:-100]}
    for name, offset, value in (("header", VERSION, 7), ("major", MAJOR, 9)):
        altered[name] = bytearray(image)
        struct.pack_into("<H", altered[name], offset, value)
    altered["bit"] = bytearray(image)
    altered["bit"][len(image) // 2] ^= 1
    for name, data in altered.items():
        (folder / f"{name}.bin").write_bytes(data)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """By what was done: the text."""
    folder = tmp_path_factory.mktemp("files")
    make_firmware(folder)
    module = (GUEST / "onpu.ko").read_bytes()
    release = re.search(rb"\0vermagic=(\d)(\.\S+) ", module)
    (folder / "other.ko").write_bytes(module.replace(b"vermagic=" + release[1] + release[2],
                                                     b"vermagic=5" + release[2]))
    for preset in ("base", "nano"):
        subprocess.run([BUILD / "npu", "compile", ROOT / "tests/fuzz/seeds/classifier_int8.tflite", "--preset", preset,
                        "-o", folder / f"{preset}.npu"], check=True, stdout=subprocess.DEVNULL)
    words = [ROOT / "tests/guest/run", "--put", GUEST / "onpu.ko", "--qemu", "-device edu",
             "--file", GUEST / "npu", "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --control {{control}}"]
    for path in sorted(folder.iterdir()):
        words += ["--file", path]
    done = subprocess.run([*map(str, words), "--", "sh", "-c", SCRIPT], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    assert done.returncode == 0 and "\n== end\n" in output, output[-6000:]
    parts = re.split(r"^== (.*)\n", output, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("name", FIRMWARE)
def test_firmware(said, name):
    assert re.search(FIRMWARE[name], said[name]), said[name]
    assert "nevertheless" not in said[name]
    assert "it stays" not in said[name]


def test_module_for_another_kernel(said):
    assert re.search(r"onpu: version magic '5\.\S+ .*' should be '", said["kernel"]), said["kernel"]


def test_another_device(said):
    assert re.search(r"onpu 0000:\S+: this is not an onpu: ID register 0x[0-9a-f]+ instead of 0x", said["device"])


@pytest.mark.parametrize("name, text", [
    ("no driver", "no NPU found in /dev/accel or /dev/dri: is the onpu driver loaded (lsmod), and did it find a device"),
    ("permission", "there may be an NPU, but its node cannot be opened: Permission denied; a member of its group"),
    ("its node", "/dev/accel/accel0 cannot be opened: Permission denied"),
    ("preset", "compiled for preset nano")])
def test_tool(said, name, text):
    assert text in said[name], said[name]


def test_what_fits_runs(said):
    assert said["base"].rstrip().endswith("it ran"), said["base"]
