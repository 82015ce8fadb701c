#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts the boot header of struct onpu_fw_image in front of a firmware binary.

usage: image.py --load OFFSET --entry OFFSET [--build TEXT] BINARY IMAGE
"""
import argparse
import pathlib
import re
import struct
import zlib

HEADER = pathlib.Path(__file__).resolve().parents[1] / "include/onpu_fw.h"


def constant(name):
    """A number from the interface's header, which is the one place that has it."""
    return int(re.search(rf"#define {name} (\w+)", HEADER.read_text())[1], 0)


def image(body, load, entry, build):
    body += bytes(-len(body) % 4)
    head = struct.pack("<IHHIIIIHHI32s", constant("ONPU_FW_IMAGE_MAGIC"),
                       constant("ONPU_FW_IMAGE_VERSION"), 64, len(body), zlib.crc32(body), load,
                       entry, constant("ONPU_FW_MAJOR"), constant("ONPU_FW_MINOR_MAX"), 0,
                       build.encode()[:32])
    assert len(head) == 64
    return head + body


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--load", type=lambda text: int(text, 0), required=True)
    parser.add_argument("--entry", type=lambda text: int(text, 0), required=True)
    parser.add_argument("--build", default="onpu firmware")
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("image", type=pathlib.Path)
    args = parser.parse_args()
    args.image.write_bytes(image(args.binary.read_bytes(), args.load, args.entry, args.build))


if __name__ == "__main__":
    main()
