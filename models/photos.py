# SPDX-License-Identifier: MIT
"""Photographs, and how one becomes a network's input."""
import io

import numpy as np
from PIL import Image

from models import wheels

# From the scikit-image wheel, public domain or CC0 (its data/README.txt).
NAMES = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png",
         "camera.png")


def load(name):
    data = wheels.read("skimage", f"skimage/data/{name}")
    return Image.open(io.BytesIO(data)).convert("RGB")


def letterbox(image, size):
    """Resizes to size x size keeping the aspect ratio, black around it.

    Returns the picture and (scale, left, top): a point p of the photograph is at
    p * scale + (left, top).
    """
    scale = size / max(image.size)
    width, height = (max(1, round(v * scale)) for v in image.size)
    left, top = (size - width) // 2, (size - height) // 2
    out = Image.new("RGB", (size, size))
    out.paste(image.resize((width, height), Image.BILINEAR), (left, top))
    return out, (scale, left, top)


def crops(size, per_photo, seed, names=NAMES):
    """Pictures of size x size: each photograph whole, then random squares of it.

    Squares differ in place, size, brightness, and half of them are mirrored.
    """
    random = np.random.default_rng(seed)
    for name in names:
        image = load(name)
        yield np.asarray(letterbox(image, size)[0])
        for _ in range(per_photo - 1):
            side = int(min(image.size) * random.uniform(0.35, 1.0))
            x = int(random.integers(0, image.width - side + 1))
            y = int(random.integers(0, image.height - side + 1))
            square = image.crop((x, y, x + side, y + side))
            pixels = np.asarray(square.resize((size, size), Image.BILINEAR))
            if random.random() < 0.5:
                pixels = pixels[:, ::-1]
            if random.random() < 0.3:
                pixels = np.clip(pixels * random.uniform(0.6, 1.3), 0, 255).astype(np.uint8)
            yield np.ascontiguousarray(pixels)
