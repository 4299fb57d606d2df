"""Bringing the blur radius from the network's resolution to the picture's, edges kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap

SNAP_WINDOW = np.ones((5, 5), np.uint8)
SNAP_SHARE = 0.08
"""Range of radii within the window, as a share of the largest, that makes it an edge."""
NEIGHBOURS = np.ones((3, 3), np.uint8)

Mask = NDArray[np.uint8]


def refine_radius(
    radius_px: FloatMap, size: tuple[int, int], fine: tuple[int, int], largest: float
) -> FloatMap:
    """Signed radius with steep edges, at the fine grid or, if it came finer, as it came.

    Args:
        radius_px: H x W float32 at any resolution.
        size: (width, height) of the picture.
        fine: (width, height) of the fine grid.
        largest: Largest possible radius.

    Returns:
        Float32, at the resolution of ``fine`` or higher.
    """
    width, height = radius_px.shape[1], radius_px.shape[0]
    if width >= size[0] and height >= size[1]:
        return radius_px
    radius_px = snap_edges(radius_px, largest)
    return cast(FloatMap, cv2.resize(radius_px, fine, interpolation=cv2.INTER_LINEAR))


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
    edge = cv2.compare(cv2.subtract(high, low), 2 * SNAP_SHARE * largest, cv2.CMP_GT)
    middle = cv2.addWeighted(low, 0.5, high, 0.5, 0)
    snapped = radius_px.copy()
    cv2.copyTo(high, edge, snapped)
    cv2.copyTo(low, cv2.bitwise_and(edge, cv2.compare(radius_px, middle, cv2.CMP_LT)), snapped)
    return snapped


@dataclass(frozen=True)
class Sharpness:
    """Shares of the picture at three degrees of sharpness; 255 in sum.

    Attributes:
        crisp: Of the picture itself: H x W uint8.
        medium: Of the fine grid.
        soft: Of the layers.
        sharp: ``crisp`` + ``medium``.
    """

    crisp: Mask
    medium: Mask
    soft: Mask
    sharp: Mask


def sharpness(
    radius_px: FloatMap, first: float, crisp_until: float, front: FloatMap | None
) -> Sharpness:
    """How much of each degree of sharpness every pixel takes.

    Args:
        radius_px: H x W float32, signed, px of the picture.
        first: Radius from which only the layers count, px.
        crisp_until: Radius from which the picture itself does not count, px; the fine grid's own
            blur.
        front: h x w x 4 float32, layers in front of the focus, or None.

    Returns:
        Shares at the resolution of ``radius_px``.
    """
    sharp = _falling(radius_px, first)
    crisp = _falling(radius_px, crisp_until)
    if front is not None:
        size = (radius_px.shape[1], radius_px.shape[0])
        # A pixel that touches something in front mixes its colour in: it is not taken sharp.
        nearer = _falling(np.maximum(radius_px, 0), first)
        cv2.min(sharp, cv2.erode(nearer, NEIGHBOURS), dst=sharp)
        hidden = cv2.convertScaleAbs(cv2.extractChannel(front, 3), alpha=255)
        seen = cv2.bitwise_not(cv2.resize(hidden, size, interpolation=cv2.INTER_LINEAR))
        # Of what is nearly in focus: in front of it, blur takes the same share twice otherwise.
        gate = _falling(np.minimum(radius_px, 0), first)
        cv2.min(sharp, cv2.multiply(gate, seen, scale=1 / 255), dst=sharp)
    crisp = cast(Mask, cv2.min(crisp, sharp))
    return Sharpness(
        crisp, cast(Mask, cv2.subtract(sharp, crisp)), cast(Mask, cv2.bitwise_not(sharp)), sharp
    )


def _falling(radius_px: FloatMap, until: float) -> Mask:
    """255 at radius 0, falling to 0 at ``until``, on both sides."""
    return cast(Mask, cv2.bitwise_not(cv2.convertScaleAbs(radius_px, alpha=255 / until)))
