#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds the face in a photograph with the NPU, and checks that the NPU computed it right.

    python3 examples/face_detect.py [--build FOLDER] [--device rtl|iss|cpu|drm] [--guest ARCH] [--clock MHZ]
        [--photo FILE]

`make demo` runs this with everything that it needs; `make demo-guest` the same in a virtual
machine (--guest), where the kernel's driver has the NPU (drm).  For each of two detectors: the
photograph becomes the network's input, `npu` compiles the network and runs it on the
compiled hardware (rtl, every clock of it) or on its functional model (iss), the outputs
become a box and key points, and every tensor is compared with LiteRT's.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "golden")]

from dump import Dump, difference                   # noqa: E402
from examples import detector                       # noqa: E402
from litert_child import Golden                     # noqa: E402
from models import photos                           # noqa: E402

NETWORKS = {"face_short_128": "face_short", "face_full_sparse_192": "face_full"}


class Failure(Exception):
    """The demo did not show what it is there to show."""


class Progress:
    """A bar for pieces of work of known size: on a terminal one that moves, else a line each.

    Between the ends of pieces it moves at the pace of the pieces before, or a guessed one.
    """
    WIDTH = 24

    def __init__(self, total, seconds_per_unit):
        self.total, self.pace = total, seconds_per_unit
        self.done = 0
        self.moves = sys.stderr.isatty()
        self.start = time.monotonic()

    def _draw(self, share, what):
        filled = round(share * self.WIDTH)
        text = f"[{'#' * filled}{'-' * (self.WIDTH - filled)}] {100 * share:3.0f} %, " \
               f"{time.monotonic() - self.start:3.0f} s  {what}"
        if self.moves:
            sys.stderr.write(f"\r{text:<78.78}")
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def wait(self, child, size, what):
        """What the child printed."""
        start = time.monotonic()
        while True:
            try:
                text, _ = child.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if self.moves:
                    part = min((time.monotonic() - start) / (self.pace * size), 0.98)
                    self._draw((self.done + part * size) / self.total, what)
        self.done += size
        self.pace = max(time.monotonic() - start, 0.01) / size
        self._draw(self.done / self.total, what)
        if self.moves and (child.returncode or self.done >= self.total):
            sys.stderr.write("\n")
        return text


class Tool:
    """build/npu, and a device for it."""

    def __init__(self, build, device):
        self.build, self.device = build, device

    def command(self, arguments):
        return self.build / "npu", *arguments

    def __call__(self, *arguments, progress=None):
        """progress: a Progress, the size of this piece of work, and its name."""
        command = [str(a) for a in self.command(arguments)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True) as child:
            try:
                if progress:
                    text = progress[0].wait(child, *progress[1:])
                else:
                    text, _ = child.communicate()
            except BaseException:
                child.kill()
                raise
        if child.returncode:
            sys.stdout.write(text)
            raise Failure(f"{' '.join(command)}: exit status {child.returncode}")
        return text

    def run(self, program, inputs, num_outputs, folder, progress):
        arguments = ["run", program, "--device", self.device]
        for number, values in enumerate(inputs):
            path = folder / f"input{number}.npy"
            np.save(path, values)
            arguments += ["--input", path]
        paths = [folder / f"output{number}.npy" for number in range(num_outputs)]
        for path in paths:
            path.unlink(missing_ok=True)
            arguments += ["--output", path]
        self(*arguments, progress=progress)
        return [np.load(path) for path in paths]


class GuestTool(Tool):
    """npu in a virtual machine, booted for each command; compilation is the host's.

    The guest sees the build folder as /host.
    """

    def __init__(self, build, arch):
        super().__init__(build, "drm")
        self.arch = arch

    def command(self, arguments):
        if arguments[0] == "compile":
            return super().command(arguments)
        built = self.build / "guest" / self.arch
        inside, files = [], []
        for argument in map(str, arguments):
            if Path(argument).is_symlink():
                # A network in the cache, which the guest does not see.
                files += ["--file", argument]
                argument = Path(argument).name
            inside.append(argument.replace(str(self.build), "/host", 1))
        server = f"{shlex.quote(str(self.build / 'onpu-server'))} --model rtl --preset base"
        return (ROOT / "tests/guest/run", "--arch", self.arch, "--timeout", 900, "--module", built / "onpu.ko",
                "--firmware", self.build / "firmware/onpu_fw.bin", "--file", built / "npu", *files,
                "--share", self.build, "--server", server, "--", "npu", *inside)


def quantized_input(picture, details):
    """Pixels 0 to 255 as the int8 values that stand for -1 to 1 in this network."""
    scale, zero = details["quantization"]
    real = np.asarray(picture, np.float32) / np.float32(127.5) - 1
    return np.clip(np.round(real / scale) + zero, -128, 127).astype(np.int8)[None]


def real(values, details):
    scale, zero = details["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale)


def draw(photo, found, to_photo, path):
    image = photo.copy()
    pen = ImageDraw.Draw(image)
    for detection in found:
        left, top, right, bottom = to_photo(detection.box.reshape(2, 2)).ravel()
        pen.rectangle((left, top, right, bottom), outline="#30ff60", width=3)
        label = f"face {detection.score:.2f}"
        pen.rectangle(pen.textbbox((left + 4, top - 14), label), fill="#30ff60", outline="#30ff60",
                      width=3)
        pen.text((left + 4, top - 14), label, fill="black")
        for x, y in to_photo(detection.points):
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill="#ffd030")
    image.save(path)


# What `npu profile --json` calls the parts of an inference on the compiled hardware.
# These add up to the inference.
PARTS = [("active", "operands were read"),
         ("decoder", "the array waited for the weight decoder"),
         ("bank", "operands waited for SRAM banks"),
         ("post", "the post-processor was behind"),
         ("fill", "fill and drain of a compute command"),
         ("weights", "waited for weights"),
         ("input", "waited for activations in"),
         ("output", "waited for activations out"),
         ("walk", "DMA that was waited for walked page tables"),
         ("commands", "waited for the command processor"),
         ("firmware", "no job ran: firmware")]
BESIDE = [("write", "results waited for the SRAM"),
          ("operand", "the post-processor waited for second operands"),
          ("mmu", "external accesses waited for page-table walks")]


def costs(profile, clock):
    """Lines about cycles, time and bytes."""
    cycles = profile["cycles"]
    if not cycles:
        return ["  nothing ran on the NPU"]
    how = "estimated" if profile["cycles_estimated"] else "measured"
    seconds = cycles / (clock * 1e6)
    cpu = sum(not layer["on_npu"] for layer in profile["layers"])
    lines = [
        f"  {cycles} cycles {how} on preset {profile['preset']}: {seconds * 1e3:.3f} ms, "
        f"{1 / seconds:.0f} frames/s at a clock of {clock:g} MHz"
        + (f", without {cpu} layers on the CPU" if cpu else ""),
        f"  {profile['macs'] / 1e6:.1f} M MACs, utilisation {100 * profile['utilisation']:.0f} %",
    ]
    if profile["work_counted"]:
        lines.append(f"  {profile['read_bytes'] / 1e3:.0f} kB read, {profile['write_bytes'] / 1e3:.0f} kB written")
    stalls = profile["stalls"]
    if not stalls["busy"]:
        return lines
    lines.append("  where the cycles went:")
    lines += [f"    {100 * profile['split'][key] / cycles:5.1f} %  {text}" for key, text in PARTS]
    lines.append("  at the same time:")
    lines += [f"    {100 * stalls[key] / cycles:5.1f} %  {text}" for key, text in BESIDE]
    return lines


# Guesses, for the first piece of the progress bar: how long a device takes for a cycle.
SECONDS_PER_CYCLE = {"rtl": 4e-6, "drm": 2e-5}
# `npu compare` runs the network twice, once of them without fusion.
COMPARE_SIZE = 3.3


def start_progress(tool, compiled):
    """For run, compare and profile, in inferences."""
    estimate = int(re.search(r"^cycles +(\d+)", compiled, re.M)[1])
    return Progress(2 + COMPARE_SIZE, estimate * SECONDS_PER_CYCLE.get(tool.device, 1e-6) + 0.1)


def show(name, tool, photo, golden, folder, clock):
    """One network, from the photograph to the annotated picture; returns the lines to report."""
    network = tool.build / "models" / f"{name}_int8.tflite"
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = Interpreter(model_path=str(network))
    given, wanted = interpreter.get_input_details()[0], interpreter.get_output_details()
    size = detector.GRIDS[name][0]
    picture, (scale, left, top) = photos.letterbox(photo, size)
    values = quantized_input(picture, given)

    program = folder / f"{name}.npu"
    print(f"\n==== {name}: {network.name}\n")
    compiled = tool("compile", network, "-o", program)
    print(compiled, flush=True)
    progress = start_progress(tool, compiled)
    outputs = tool.run(program, [values], len(wanted), folder,
                       (progress, 1, f"one inference on {tool.device}"))

    # Three links: LiteRT = reference kernels (every tensor), reference kernels = device
    # (every tensor that the program leaves in memory), LiteRT = device (outputs).
    model = network.read_bytes()
    tensors = golden.tensors(model, [[values]])[0]
    dump = Dump(tool.build / "tests" / "kernel_dump").run([(model, [values])])[0]
    wrong = difference(name, model, tensors, dump)
    if wrong:
        raise Failure(f"the reference kernels differ from LiteRT: {wrong}")
    for output, details in zip(outputs, wanted):
        if not np.array_equal(output, tensors[details["index"]]):
            raise Failure(f"{name}: output {details['name']} of {tool.device} differs from LiteRT's")
    common = ["--device", tool.device, "--input", folder / "input0.npy"]
    profile = json.loads(tool("profile", program, "--json", *common,
                              progress=(progress, 1, "counting cycles")))
    compared = tool("compare", network, *common,
                    progress=(progress, COMPARE_SIZE, "comparing every tensor"))

    found = detector.detect(name, *(real(o, d) for o, d in zip(outputs, wanted)))
    if not found:
        raise Failure(f"{name}: no face found")

    def to_photo(points):
        return (points * size - (left, top)) / scale

    picture_path = folder.parent / f"{NETWORKS[name]}.png"
    draw(photo, found, to_photo, picture_path)
    lines = [f"{name} on {tool.device}: {len(found)} face{'s' if len(found) > 1 else ''}"]
    for face in found:
        box = to_photo(face.box.reshape(2, 2)).ravel()
        lines.append("  score {:.3f}, box ({:.0f}, {:.0f}) to ({:.0f}, {:.0f})".format(
            face.score, *box))
        lines.append("  " + ", ".join(
            f"{label} ({x:.0f}, {y:.0f})"
            for label, (x, y) in zip(detector.FACE_POINTS, to_photo(face.points))))
    lines += [
        f"  picture: {os.path.relpath(picture_path)}",
        *costs(profile, clock),
        f"  all tensors equal LiteRT's: {tool.device} = reference kernels in",
        *(f"    {line}" for line in compared.splitlines()),
        f"    reference kernels = LiteRT in {len(tensors)} tensors, {tool.device} = LiteRT in "
        f"{len(outputs)} outputs",
    ]
    return lines


def main():
    parser = argparse.ArgumentParser(description="Finds the face in a photograph with the NPU.")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--device", default="rtl", choices=["rtl", "iss", "cpu", "drm"],
                        help="the compiled hardware (default), its functional model, the reference "
                        "kernels, or what the kernel's driver has found")
    parser.add_argument("--guest", choices=["x86_64", "arm64"],
                        help="drm in a virtual machine, with the compiled hardware behind the driver")
    parser.add_argument("--clock", type=float, default=500, metavar="MHZ",
                        help="for the times that are printed (default: 500)")
    parser.add_argument("--photo", type=Path, help="a picture (default: the astronaut's portrait)")
    arguments = parser.parse_args()
    if not 0 < arguments.clock < float("inf"):
        parser.error("--clock: not a frequency in MHz")
    build = arguments.build.resolve()
    tool = GuestTool(build, arguments.guest) if arguments.guest else Tool(build, arguments.device)
    photo = Image.open(arguments.photo).convert("RGB") if arguments.photo else \
        photos.load("astronaut.png")
    report = []
    try:
        with Golden() as golden:
            for name in NETWORKS:
                report += show(name, tool, photo, golden, tool.build / "demo" / name,
                               arguments.clock)
    except Failure as failure:
        sys.exit(f"demo failed: {failure}")
    print("\n".join(["\n==== Result\n"] + report))


if __name__ == "__main__":
    main()
