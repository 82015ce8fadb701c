# SPDX-License-Identifier: MIT
"""The networks that models/ makes, and the choices behind each."""
from dataclasses import dataclass, field

EFFICIENTNET = "efficientnet"


@dataclass(frozen=True)
class Network:
    source: str                 # file inside the mediapipe wheel's modules/, or EFFICIENTNET
    size: int                   # of the square input picture
    pixels: tuple               # real values of pixel 0 and pixel 255
    # Ranges given by hand to outputs.  A detector's logits run from -670 to +4, and
    # anchors without an object regress nonsense: with the ranges that calibration sees,
    # one int8 step is two logits and nothing is found.  A score is the logistic function
    # of the logit, so +-8 is all of it; boxes need the reach of real objects, in pixels.
    clip: dict = field(default_factory=dict)
    rule: str = "mean"          # how the ranges of the samples are joined, see observe()


NETWORKS = {
    "face_short_128": Network(
        "face_detection/face_detection_short_range.tflite", 128, (-1, 1),
        {0: (-64, 128), 1: (-8, 8)}),
    "face_full_sparse_192": Network(
        "face_detection/face_detection_full_range_sparse.tflite", 192, (-1, 1),
        {0: (-64, 144), 1: (-8, 8)}),
    "pose_detect_sparse_224": Network(
        "pose_detection/pose_detection.tflite", 224, (-1, 1),
        {0: (-320, 320), 1: (-8, 8)}),
    "selfie_seg_256": Network(
        "selfie_segmentation/selfie_segmentation.tflite", 256, (0, 1), {0: (-8, 8)}),
    "hand_landmark_224": Network(
        "hand_landmark/hand_landmark_lite.tflite", 224, (0, 1), rule="all"),
    "palm_192": Network(
        "palm_detection/palm_detection_lite.tflite", 192, (0, 1),
        {0: (-32, 136), 1: (-8, 8)}),
    "face_landmark_192": Network(
        "face_landmark/face_landmark.tflite", 192, (0, 1), rule="all"),
    "efficientnet_lite0_224": Network(EFFICIENTNET, 224, (-127 / 128, 1), rule="all"),
}
