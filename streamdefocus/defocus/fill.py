"""What may be behind a blurred foreground: colours spread inwards from around it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from streamdefocus.frames import FloatMap

COARSEST_PX = 3


def push_pull(known: FloatMap, coverage: FloatMap, reach_px: float) -> FloatMap:
    """Fill holes from their surroundings at every scale (Gortler et al. 1996, section 4.4).

    Args:
        known: H x W x C float32, C <= 4, values multiplied by ``coverage``.
        coverage: H x W float32 in 0..1; 0 is a hole.
        reach_px: How far into holes the result matters.

    Returns:
        H x W x C float32 without holes; where coverage is 1, ``known`` as it was.
    """
    channels = known.shape[2]
    pyramid = [(known, coverage)]
    levels = math.ceil(math.log2(reach_px + 2)) + 2
    while min(coverage.shape) > COARSEST_PX and len(pyramid) < levels:
        size = ((coverage.shape[1] + 1) // 2, (coverage.shape[0] + 1) // 2)
        known = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        coverage = cv2.resize(coverage, size, interpolation=cv2.INTER_AREA)
        pyramid.append((known, coverage))
    share = 1 / np.maximum(coverage, np.float32(1e-4))
    filled = cv2.multiply(known, cv2.merge([share] * channels))
    for known, coverage in reversed(pyramid[:-1]):
        filled = cv2.resize(filled, coverage.shape[::-1], interpolation=cv2.INTER_LINEAR)
        cv2.multiply(filled, cv2.merge([1 - coverage] * channels), dst=filled)
        cv2.add(filled, known, dst=filled)
    return filled
