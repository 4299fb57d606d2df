"""What may be behind a blurred foreground: colours spread inwards from around it."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np

from streamdefocus.defocus.layers import weighted
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
        layers: Those behind the focus, 4 x h x w float32; changed: they continue under the front.
        size: (w, h).
        reach_px: Largest blur radius, px of the layers; farther in, nothing is seen.
        scratch: Buffers.

    Returns:
        ``light`` without its front: 3 x h x w float32.
    """
    seen = scratch.array("seen", (4, size[1], size[0]))
    weighted(light, np.maximum(1 - front, TRACE), size, scratch, seen)
    filled = push_pull(cast(FloatMap, cv2.merge(tuple(seen))), seen[3], reach_px)
    full = scratch.array("filled", seen.shape)
    cv2.split(filled, tuple(full))
    for i in range(0, len(layers), 4):
        group = layers[i : i + 4]
        share = cv2.merge([np.ascontiguousarray(layer[3]) for layer in group])
        share = cast(FloatMap, share.reshape(*full.shape[1:], len(group)))
        hidden = push_pull(share, seen[3], reach_px).reshape(share.shape) - share
        for layer, more in zip(group, cv2.split(hidden), strict=True):
            np.add(layer, full * more, out=layer)
    return full[:3]
