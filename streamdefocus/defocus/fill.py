"""What may be behind a blurred foreground: colours spread inwards from around it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from streamdefocus.defocus.layers import scaled, weighted
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import FloatMap

TRACE = np.float32(1e-3)
"""Weight of the front itself. It alone fills the depths of wide holes: they hold a nearer part of
the front before a farther one, whose colour is a better guess than that of the far background
(0.8 dB in a scene with leaves before the ground)."""


def push_pull(known: FloatMap, coverage: FloatMap, reach_px: float) -> FloatMap:
    """Fill holes from their surroundings at every scale (Gortler et al. 1996, section 4.4).

    Args:
        known: H x W x C float32, C <= 4, values multiplied by ``coverage``.
        coverage: H x W float32 in 0..1, > 0; next to nothing is a hole.
        reach_px: How far into holes their surroundings matter.

    Returns:
        H x W x C float32 without holes; where coverage is 1, ``known`` as it was.
    """
    channels = known.shape[2]
    pyramid = [(known, coverage)]
    levels = math.ceil(math.log2(reach_px + 2)) + 2
    while min(coverage.shape) > 1 and len(pyramid) < levels:
        size = ((coverage.shape[1] + 1) // 2, (coverage.shape[0] + 1) // 2)
        known = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        coverage = cv2.resize(coverage, size, interpolation=cv2.INTER_AREA)
        pyramid.append((known, coverage))
    filled = cv2.multiply(known, cv2.merge([1 / coverage] * channels))
    for known, coverage in reversed(pyramid[:-1]):
        filled = cv2.resize(filled, coverage.shape[::-1], interpolation=cv2.INTER_LINEAR)
        cv2.multiply(filled, cv2.merge([1 - coverage] * channels), dst=filled)
        cv2.add(filled, known, dst=filled)
    return filled


def fill_behind(
    light: FloatMap,
    front: FloatMap,
    layers: list[FloatMap],
    size: tuple[int, int],
    reach_px: float,
    scratch: Scratch,
) -> FloatMap:
    """Continue what is behind the front layers under them.

    Args:
        light: 3 x H x W float32.
        front: H x W float32, the share of each pixel that is in front of the focus.
        layers: Those behind the focus, h x w x 4 float32; changed: they continue under the front.
        size: (w, h).
        reach_px: Largest blur radius, px of the layers; farther in, nothing is seen.
        scratch: Buffers.

    Returns:
        ``light`` without its front: h x w x 4 float32, the last channel 1.
    """
    seen = weighted(light, np.maximum(1 - front, TRACE), size, scratch)
    coverage = cv2.extractChannel(seen, 3)
    full = push_pull(seen, coverage, reach_px)
    for i in range(0, len(layers), 4):
        group = layers[i : i + 4]
        share = np.dstack([layer[..., 3] for layer in group])
        hidden = push_pull(share, coverage, reach_px).reshape(share.shape) - share
        for j, layer in enumerate(group):
            cv2.add(layer, scaled(full, cv2.extractChannel(hidden, j)), dst=layer)
    return full
