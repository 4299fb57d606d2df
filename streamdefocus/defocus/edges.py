"""Bringing the blur radius from the network's resolution to the picture's, edges kept."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import FloatMap

SNAP_WINDOW = np.ones((5, 5), np.uint8)
SNAP_SHARE = 0.08
"""Range of radii within the window, as a share of the largest, that makes it an edge."""


def snap_edges(radius_px: FloatMap, largest: float) -> FloatMap:
    """Make soft edges steep: near an edge every pixel takes the side it is closer to.

    A network blurs its edges over several pixels. A value half-way between a person and the wall
    belongs to nothing in the scene, and is in focus where the focus lies half-way: a halo.

    Args:
        radius_px: H x W float32, signed.
        largest: Largest possible radius.

    Returns:
        H x W float32.
    """
    low, high = cv2.erode(radius_px, SNAP_WINDOW), cv2.dilate(radius_px, SNAP_WINDOW)
    edge = (high - low) > np.float32(2 * SNAP_SHARE * largest)
    middle = (low + high) * np.float32(0.5)
    nearest = np.where(radius_px < middle, low, high)
    return np.where(edge, nearest, radius_px)
