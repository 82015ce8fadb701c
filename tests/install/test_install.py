# SPDX-License-Identifier: MIT
"""What `make install` installs: complete, usable through pkg-config, and exporting exactly
what <npu.h> declares."""
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from builder import Net                             # noqa: E402
from litert_child import Golden                     # noqa: E402

HEADER = (ROOT / "libnpu/include/npu.h").read_text()
VERSION = ".".join(re.search(rf"NPU_VERSION_{part} (\d+)", HEADER)[1]
                   for part in ("MAJOR", "MINOR", "PATCH"))
SONAME = f"libnpu.so.{VERSION.split('.')[0]}"


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation under a DESTDIR of its own."""
    destdir = tmp_path_factory.mktemp("destdir")
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
    same = shlex.split(os.environ.get("ONPU_MAKE_VARIABLES", ""))
    run("make", "install", *same, f"DESTDIR={destdir}", "PREFIX=/opt/onpu", "LIBDIR=lib/here",
        f"O={os.environ.get('ONPU_BUILD', 'build')}", env=environment)
    return destdir / "opt/onpu"


def declared():
    text = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.S)
    return set(re.findall(r"\b(npu_\w+)\s*\(", text))


def test_files(prefix):
    have = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if not p.is_dir()}
    wanted = {"bin/npu", "bin/onpu-server", "include/npu.h", "include/drm/onpu_drm.h", "lib/here/libnpu.a", "lib/here/libnpu.so",
              f"lib/here/{SONAME}", f"lib/here/libnpu.so.{VERSION}",
              "lib/here/pkgconfig/libnpu.pc"}
    wanted |= {f"share/man/man1/{p.name}" for p in (ROOT / "docs/man").glob("*.1")}
    assert have == wanted


def test_every_command_has_a_manual_page(prefix):
    pages = {p.name for p in (prefix / "share/man/man1").glob("*")}
    overview = run(prefix / "bin/npu", "--help")
    commands = re.findall(r"^  (\w+) ", overview, flags=re.M)
    assert {"compile", "run", "compare", "profile", "info", "disasm"} <= set(commands)
    assert pages >= {"npu.1"} | {f"npu-{c}.1" for c in commands}


def test_exported_symbols(prefix):
    library = prefix / "lib/here" / f"libnpu.so.{VERSION}"
    lines = run("nm", "-D", "--defined-only", library).splitlines()
    symbols = {line.split()[-1].split("@")[0] for line in lines if " A " not in line}
    listed = re.search(r"global:(.*?)local:", (ROOT / "libnpu/libnpu.map").read_text(), re.S)[1]
    assert len(declared()) > 20
    assert symbols == declared()
    assert set(re.findall(r"\w+", listed)) == declared()


def test_global_symbols_have_the_prefix(prefix):
    """Of the static library, whose hidden symbols meet the application's."""
    lines = run("nm", "-g", "--defined-only", prefix / "lib/here/libnpu.a").splitlines()
    symbols = {line.split()[-1] for line in lines if len(line.split()) == 3}
    strangers = {s for s in symbols if not re.match(r"(npu|onpu)_", s)}
    assert len(symbols) > 50 and not strangers


def test_soname_and_needs(prefix):
    dynamic = run("objdump", "-p", prefix / "lib/here" / f"libnpu.so.{VERSION}")
    assert re.search(r"SONAME\s+(\S+)", dynamic)[1] == SONAME
    needed = set(re.findall(r"NEEDED\s+(\S+)", dynamic))
    # The dynamic linker is there for thread-local storage.
    needed = {n for n in needed if not n.startswith("ld-linux")}
    assert needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0"}


def test_version(prefix):
    assert VERSION in run(prefix / "bin/npu", "--version")


def test_server(prefix):
    assert "usage: onpu-server" in run(prefix / "bin/onpu-server", "--help")


def test_kernel_interface(prefix, tmp_path):
    """What speaks to the driver itself needs no sources of ours."""
    source = tmp_path / "use.c"
    source.write_text("#include <drm/onpu_drm.h>\n"
                      "int main(void) { return DRM_IOCTL_ONPU_SUBMIT == DRM_IOCTL_ONPU_QUERY; }\n")
    run(os.environ.get("CC", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{prefix}/include",
        "-isystem", "/usr/include/libdrm", "-isystem", "/usr/include/drm", source, "-o", tmp_path / "use")
    run(tmp_path / "use")


def flags(prefix, *options):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/here/pkgconfig"))
    return run("pkg-config", f"--define-variable=prefix={prefix}", *options, "libnpu",
               env=environment).split()


def test_pkg_config(prefix):
    assert flags(prefix, "--modversion") == [VERSION]
    text = (prefix / "lib/here/pkgconfig/libnpu.pc").read_text()
    assert "prefix=/opt/onpu\n" in text and "@" not in text


@pytest.fixture(scope="module")
def network():
    """A classifier of 8x8 pictures: convolution, mean, fully connected, softmax."""
    random = np.random.default_rng(3)
    net = Net("classifier")
    image = net.input([1, 8, 8, 3], "int8", 1 / 128, 0)
    features = net.tensor([1, 8, 8, 16], "int8", 0.02, -128)
    weights = net.const(random.integers(-127, 128, (16, 3, 3, 3)).astype(np.int8),
                        scale=[0.004] * 16, zero=[0] * 16, axis=0)
    bias = net.const(random.integers(-500, 500, 16).astype(np.int32), scale=[0.004 / 128] * 16,
                     zero=[0] * 16, axis=0)
    net.op("CONV_2D", [image, weights, bias], [features], strideH=1, strideW=1)
    means = net.tensor([1, 16], "int8", 0.01, -128)
    net.op("MEAN", [features, net.const(np.array([1, 2], np.int32))], [means], keepDims=False)
    logits = net.tensor([1, 10], "int8", 0.05, 3)
    weights = net.const(random.integers(-127, 128, (10, 16)).astype(np.int8), scale=[0.02], zero=[0])
    bias = net.const(random.integers(-500, 500, 10).astype(np.int32), scale=[0.01 * 0.02], zero=[0])
    net.op("FULLY_CONNECTED", [means, weights, bias], [logits])
    scores = net.tensor([1, 10], "int8", 1 / 256, -128)
    net.op("SOFTMAX", [logits], [scores], beta=1.0)
    net.output(scores)
    picture = random.integers(-128, 128, (1, 8, 8, 3)).astype(np.int8)
    data = net.pack()
    with Golden() as golden:
        values = golden.tensors(data, [[picture]])[0]
    assert len({int(v) for v in values[scores].ravel()}) > 3, "scores that say nothing"
    return data, picture, values[scores].ravel()


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_example_program(prefix, tmp_path, network, kind):
    data, picture, scores = network
    (tmp_path / "net.tflite").write_bytes(data)
    picture.tofile(tmp_path / "input.raw")
    program = tmp_path / "classify"
    libraries = flags(prefix, "--libs") if kind == "shared" else \
        [prefix / "lib/here/libnpu.a", "-lm", "-pthread"]
    run(os.environ.get("CC", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic",
        *flags(prefix, "--cflags"), "examples/classify.c", *libraries, "-o", program)
    environment = dict(os.environ)
    if kind == "shared":
        environment["LD_LIBRARY_PATH"] = str(prefix / "lib/here")
    output = run(program, tmp_path / "net.tflite", tmp_path / "input.raw", env=environment)
    best = int(scores.argmax())
    assert output == f"class {best}, score {(int(scores[best]) + 128) / 256:.3f}\n"


def test_example_program_says_what_is_wrong(prefix, tmp_path):
    (tmp_path / "net.tflite").write_bytes(b"this is no network")
    program = tmp_path / "classify"
    run(os.environ.get("CC", "gcc"), *flags(prefix, "--cflags"), "examples/classify.c",
        prefix / "lib/here/libnpu.a", "-lm", "-pthread", "-o", program)
    done = subprocess.run([program, tmp_path / "net.tflite", "/dev/null"], text=True,
                          capture_output=True)
    assert done.returncode == 1 and "net.tflite: " in done.stderr and done.stdout == ""


def test_header_is_cpp(prefix, tmp_path):
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler here")
    source = tmp_path / "use.cc"
    source.write_text('#include <npu.h>\nint main() { return npu_version()[0] != \'0\'; }\n')
    run("g++", "-Wall", "-Wextra", "-Werror", *flags(prefix, "--cflags"), source,
        *flags(prefix, "--libs"), "-o", tmp_path / "use")
