# SPDX-License-Identifier: MIT
"""What the benchmarks need of the tools: networks, profiles, and external bytes by what they are for."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ONPU_BUILD", "build")
FOLDERS = (ROOT.parent / "shared" / "models", BUILD / "models")
CAUSES = ("weights", "input", "output", "spills", "commands")


def find(name):
    """A network's file, None if it is not here."""
    return next((f / f"{name}.tflite" for f in FOLDERS if (f / f"{name}.tflite").exists()), None)


def npu(*arguments):
    """Standard output of the tool."""
    done = subprocess.run([BUILD / "npu", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, env={"ONPU_RTL_DIR": str(BUILD), **os.environ})
    if done.returncode:
        sys.exit(f"npu {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def profile(path, *options, device="rtl"):
    return json.loads(npu("profile", path, "--device", device, "--json", *options))


def fields(lines):
    """name=value pairs of a command's lines as integers."""
    return {k: int(v, 0) for k, v in re.findall(r"\b(\w+)=(-?(?:0x[0-9a-f]+|\d+))\b", " ".join(lines))}


def bytes_by_cause(path, *options):
    """External bytes that the commands of a network's jobs name, by cause, and the commands' own.

    Regions: 0 weights and other constants, 1 what is spilled or exchanged with the CPU, 2... inputs, then outputs."""
    total = dict.fromkeys(CAUSES, 0)
    text = re.sub(r"^step \d+, warm: .*\n(?:(?!step ).*\n)*", "", npu("disasm", path, *options), flags=re.M)
    total["commands"] = sum(map(int, re.findall(r"^step \d+: job: (\d+) bytes", text, re.M)))
    for opcode, body in re.findall(r"^[0-9a-f]{8} (load|store)\b.*\n((?: .*\n)*)", text, re.M):
        f = fields(body.splitlines())
        size = f["n0"] * f.get("n1", 1) * f.get("n2", 1)
        region = f.get("region", 0)
        if region < 2:
            total[("weights", "spills")[region]] += size
        else:
            total["input" if opcode == "load" else "output"] += size
    return total


def spills(path):
    """(node, operator, what the compiler says) of each result that does not stay in SRAM."""
    return re.findall(r"^ *(\d+)  (\w+) .*; spilled: (.*)$", npu("compile", path), re.M)
