# SPDX-License-Identifier: MIT
"""Real networks by the driver, in guests: every tensor exact, and outputs equal, byte by byte, to
those of the model on the host; many processes at once; one on the compiled hardware.

Networks are those that tests/cosim finds: `make models-demo` makes two, the others are used where
they are beside the checkout.
"""
import hashlib
import os
import random
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cosim"))
from cosim import BUILD, NPU, network  # noqa: E402

NAMES = ("ic_resnet8_int8", "kws_dscnn_int8", "ad_autoencoder_int8", "vww_mobilenetv1_025_96_int8",
         "face_short_128_int8")
ON_RTL = "face_short_128_int8"
SEED = 7
PROCESSES = 8
# Bytes of an input.
MANY = {"kws_dscnn_int8": 490, "ad_autoencoder_int8": 640, ON_RTL: 128 * 128 * 3}
# `make check-long` sets it.  500 inferences of each process take two minutes in a guest.
LONG = os.environ.get("ONPU_LONG") == "1"
# Inferences of each process, seconds that it may take, and the longest life of those that are killed, in microseconds.
RUNS = {"iss": (500, 900, 1000000), "rtl": (10, 2400, 8000000)} if LONG else {"iss": (100, 1200, 400000)}
KILLS = 200
# While the others run, one after the other begins and is killed at a random point; then nothing is left of any.
KILLER = """(killed=0; for life in %s; do [ -e /tmp/done ] && break
  npu run 0.npu --device drm -i 0.in -o /dev/null > /dev/null 2>&1 & victim=$!
  usleep $life; kill -9 $victim; wait $victim; [ $? = 137 ] && killed=$((killed + 1)); done; echo "killed $killed") &
killer=$!"""
LEFT = r"""touch /tmp/done; wait $killer; for i in $(seq 120); do
  left=$(grep -hE '^(files|vms|bos|queues|jobs|mappings) +[1-9]' /sys/kernel/debug/accel/*/stats) || break; sleep 1; done
grep -hcE '^(files|vms|bos|queues|jobs|mappings) +0$' /sys/kernel/debug/accel/*/stats; echo "left: $left." """
ARCHS = ("x86_64", "arm64")


def run_guest(arch, model, files, script, timeout):
    # Files are in the guest's memory, twice while they are unpacked.
    memory = 512 + 3 * sum(Path(file).stat().st_size for file in files) // 2**20
    built = BUILD / "guest" / arch
    words = [ROOT / "tests/guest/run", "--arch", arch, "--timeout", timeout, "--memory", memory,
             "--module", built / "onpu.ko",
             "--firmware", BUILD / "firmware/onpu_fw.bin", "--file", built / "npu",
             "--server", f"{shlex.quote(str(BUILD / 'onpu-server'))} --model {model} --control {{control}}"]
    for file in files:
        words += ["--file", file]
    # A model of the RTL is slow: what is in time there is counted in cycles, but for this.
    words += ["--module-args", "onpu boot_timeout_ms=200000 hang_timeout_ms=0"] if model == "rtl" else []
    done = subprocess.run([*map(str, words), "--", "sh", "-c", script], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout + 60, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-6000:]
    return output


def outputs_of(path):
    """How many, as `npu info` lists them."""
    text = subprocess.run([NPU, "info", path], capture_output=True, text=True, check=True).stdout
    return len(re.findall(r"^output\b", text, re.M))


def there():
    found = {name: network(name) for name in NAMES}
    return {name: path for name, path in found.items() if path}


def run_line(name, path, device, folder, npu):
    outputs = " ".join(f"-o {folder}/{name}.{i}" for i in range(outputs_of(network(name))))
    return f"{npu} run {path} --device {device} --random {SEED} {outputs}"


def expected(name, folder):
    """SHA-256 of the outputs that the model of the host makes."""
    subprocess.run(shlex.split(run_line(name, network(name), "iss", folder, NPU)), check=True, capture_output=True)
    files = [Path(folder) / f"{name}.{i}" for i in range(outputs_of(network(name)))]
    done = subprocess.run(["sha256sum", *files], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def guests():
    """{arch: output of one guest that ran every network}"""
    return {}


def said(guests, arch):
    if arch not in guests:
        files, lines = [], ["mkdir /tmp/out"]
        for name, path in there().items():
            files.append(path)
            lines += [f"echo '== {name}'", f"npu compare {path.name} --device drm || exit 1",
                      run_line(name, path.name, "drm", "/tmp/out", "npu") + " > /dev/null || exit 1",
                      f"sha256sum /tmp/out/{name}.*"]
        guests[arch] = run_guest(arch, "iss", files, "\n".join(lines), 1200)
    return guests[arch]


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("name", NAMES)
def test_equal(guests, arch, name, tmp_path):
    if name not in there():
        pytest.skip(f"{name} is not there")
    output = said(guests, arch)
    part = output.split(f"== {name}\n")[1].split("\n== ")[0]
    assert len(re.findall(r"elements: equal", part)) == 2, part
    hashes = expected(name, tmp_path)
    assert hashes and re.findall(r"^([0-9a-f]{64})  ", part, re.M) == hashes, part


@pytest.mark.parametrize("model", RUNS)
def test_eight_processes(model, tmp_path):
    """Each has data of its own, as many inferences as there are first dimensions in it."""
    inferences, timeout, life = RUNS[model]
    names = [name for name in MANY if name in there() and name != ON_RTL] or [ON_RTL]
    if not network(names[0]):
        pytest.skip(f"{names[0]} is not there")
    draw = random.Random(SEED)
    lives = " ".join(str(draw.randrange(life)) for _ in range(KILLS))
    files, lines, hashes = [], [KILLER % lives, "processes="], []
    for i in range(PROCESSES):
        name = names[i % len(names)]
        program, data, result = (tmp_path / f"{i}.{suffix}" for suffix in ("npu", "in", "out"))
        subprocess.run([NPU, "compile", "--quiet", network(name), "-o", program], check=True)
        data.write_bytes(random.Random(i).randbytes(MANY[name] * inferences))
        outputs = ["-o", result] + ["-o", "/dev/null"] * (outputs_of(network(name)) - 1)
        subprocess.run([NPU, "run", program, "-i", data, *outputs], check=True)
        hashes.append(hashlib.sha256(result.read_bytes()).hexdigest())
        files += [program, data]
        lines.append(f"npu run {program.name} --device drm -i {data.name} "
                     f"{shlex.join(map(str, outputs)).replace(str(result), f'/tmp/{i}.out')} &"
                     " processes=\"$processes $!\"")
    lines += ["for p in $processes; do wait $p || exit 1; done", LEFT, "sha256sum /tmp/?.out"]
    begun = time.monotonic()
    output = run_guest("x86_64", model, files, "\n".join(lines), timeout)
    killed = int(re.search(r"^killed (\d+)$", output, re.M)[1])
    print(f"{model}: {PROCESSES} x {inferences} inferences, {killed} killed, {time.monotonic() - begun:.0f} s")
    assert re.findall(r"^([0-9a-f]{64})  ", output, re.M) == hashes, output
    assert killed > 3, output
    assert re.search(r"^6\nleft: \.", output, re.M), output


def test_on_the_compiled_hardware(tmp_path):
    path = network(ON_RTL)
    if path is None:
        pytest.skip(f"{ON_RTL} is not there")
    script = (f"mkdir /tmp/out; {run_line(ON_RTL, path.name, 'drm', '/tmp/out', 'npu')} > /dev/null && "
              f"sha256sum /tmp/out/{ON_RTL}.*")
    output = run_guest("x86_64", "rtl", [path], script, 1200)
    assert re.findall(r"^([0-9a-f]{64})  ", output, re.M) == expected(ON_RTL, tmp_path), output
