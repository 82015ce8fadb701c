#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds the face in a photograph with the NPU, and proves that the NPU computed it right.

    python3 examples/face_detect.py [--build FOLDER] [--device iss] [--photo FILE]

`make demo` runs this with everything that it needs.  For each of two detectors: the
photograph becomes the network's input, `npu` compiles and runs the network, the outputs
become a box and key points, and every tensor is compared with LiteRT's.
"""
import argparse
import json
import os
import subprocess
import sys
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


class Tool:
    """build/npu, and a device for it."""

    def __init__(self, build, device):
        self.build, self.device = build, device

    def __call__(self, *arguments):
        command = [str(a) for a in (self.build / "npu", *arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.stdout.write(done.stdout)
            raise Failure(f"{' '.join(command)}: exit status {done.returncode}")
        return done.stdout

    def run(self, program, inputs, num_outputs, folder):
        arguments = ["run", program, "--device", self.device]
        for number, values in enumerate(inputs):
            path = folder / f"input{number}.npy"
            np.save(path, values)
            arguments += ["--input", path]
        paths = [folder / f"output{number}.npy" for number in range(num_outputs)]
        for path in paths:
            path.unlink(missing_ok=True)
            arguments += ["--output", path]
        self(*arguments)
        return [np.load(path) for path in paths]


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


def show(name, tool, photo, golden, folder):
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
    print(tool("compile", network, "-o", program), flush=True)
    outputs = tool.run(program, [values], len(wanted), folder)

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
    compared = tool("compare", network, "--device", tool.device, "--input", folder / "input0.npy")
    profile = json.loads(tool("profile", program, "--device", tool.device, "--json",
                              "--input", folder / "input0.npy"))

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
        f"  estimated {profile['cycles']} cycles on preset {profile['preset']}, "
        f"{profile['macs'] / 1e6:.1f} M MACs, utilisation {100 * profile['utilisation']:.0f} %",
        f"  all tensors equal LiteRT's: {tool.device} = reference kernels in",
        *(f"    {line}" for line in compared.splitlines()),
        f"    reference kernels = LiteRT in {len(tensors)} tensors, {tool.device} = LiteRT in "
        f"{len(outputs)} outputs",
    ]
    return lines


def main():
    parser = argparse.ArgumentParser(description="Finds the face in a photograph with the NPU.")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--device", default="iss")
    parser.add_argument("--photo", type=Path, help="a picture (default: the astronaut's portrait)")
    arguments = parser.parse_args()
    tool = Tool(arguments.build.resolve(), arguments.device)
    photo = Image.open(arguments.photo).convert("RGB") if arguments.photo else \
        photos.load("astronaut.png")
    report = []
    try:
        with Golden() as golden:
            for name in NETWORKS:
                report += show(name, tool, photo, golden, tool.build / "demo" / name)
    except Failure as failure:
        sys.exit(f"demo failed: {failure}")
    print("\n".join(["\n==== Result\n"] + report))


if __name__ == "__main__":
    main()
