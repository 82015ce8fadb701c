# SPDX-License-Identifier: MIT
"""From the two outputs of a MediaPipe detector to objects.

The network looks at a grid of anchors and says for each how sure it is that an object
sits there (a logit), and where exactly: centre, size and key points, in pixels of the
input picture relative to the anchor.
"""
from dataclasses import dataclass

import numpy as np

# Anchors of each network: (stride of a grid in pixels, anchors in each of its cells).
GRIDS = {
    "face_short_128": (128, [(8, 2), (16, 6)]),
    "face_full_sparse_192": (192, [(4, 1)]),
    "pose_detect_sparse_224": (224, [(8, 2), (16, 2), (32, 6)]),
}
# MediaPipe's names of the key points of a face, in the order of the network's outputs.
FACE_POINTS = ("right eye", "left eye", "nose tip", "mouth", "right ear", "left ear")


@dataclass
class Detection:
    score: float
    box: np.ndarray         # left, top, right, bottom; 0 to 1 of the input picture
    points: np.ndarray      # one row (x, y) for each key point


def anchors(name):
    """Centres of the anchors, 0 to 1, in the order of the network's outputs."""
    size, grids = GRIDS[name]
    rows = []
    for stride, count in grids:
        cells = -(-size // stride)
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        rows.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), count, axis=0))
    return np.concatenate(rows)


def overlap(a, b):
    """Area that two boxes share, divided by the area that either covers."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / both if both > 0 else 0.0


def detect(name, regressors, logits, threshold=0.5, same=0.3):
    """Objects in real-valued outputs of the network, the surest first.

    Boxes that overlap by more than same are one object: their average, weighted by
    score (non-maximum suppression that blends, as MediaPipe has it).
    """
    size, centres = GRIDS[name][0], anchors(name)
    score = 1 / (1 + np.exp(-np.clip(logits.reshape(-1).astype(np.float64), -80, 80)))
    values = regressors.reshape(len(centres), -1).astype(np.float64) / size
    sure = np.flatnonzero(score > threshold)
    sure = sure[np.argsort(-score[sure], kind="stable")]
    middle = values[sure, 0:2] + centres[sure]
    half = values[sure, 2:4] / 2
    boxes = np.concatenate([middle - half, middle + half], 1)
    points = values[sure, 4:].reshape(len(sure), values.shape[1] // 2 - 2, 2)
    points = points + centres[sure][:, None]

    found, left = [], list(range(len(sure)))
    while left:
        group = [i for i in left if i == left[0] or overlap(boxes[left[0]], boxes[i]) > same]
        weight = score[sure[group]]
        found.append(Detection(float(weight[0]), np.average(boxes[group], 0, weight),
                               np.average(points[group], 0, weight)))
        left = [i for i in left if i not in group]
    return found
