"""Bringing the blur radius from the network's resolution to the picture's, edges kept.

On the tuning scenes (``benchmarks/edges.py``; 1280x720, three scenes, three positions of the
focus), from 512x256 disparity, and from one that is also soft and noisy; on one thread, the third
and fourth ways in NumPy:

| way | 512x256 dB | network dB | ms |
|---|---|---|---|
| bilinear | 36.09 | 34.28 | 0.1 |
| snapped | 36.36 | 35.09 | 0.5 |
| snapped, joint bilateral at edges | 36.47 | 35.15 | 72 |
| snapped, colour-guided filter | 36.01 | 34.92 | 50 |
| snapped, aligned by two colours | 36.73 | 35.55 | 3.2 |

The last is what ``fast`` does; see ``matting.py``. Wider weights of colour and larger or smoother
windows of the filter were worse by 0.1 to 1.3 dB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import DisparityMap, FloatMap

SNAP_WINDOW = np.ones((5, 5), np.uint8)
SNAP_SHARE = 0.08
"""Range of radii within the window, as a share of the largest, that makes it an edge."""
NEIGHBOURS = np.ones((3, 3), np.uint8)
EDGE_SLOPE = 1.5
"""By how much the edges of what is sharp are steeper than a smoothed step."""
EDGE_GAIN = 25.0
"""Of 255, by which they are raised: what is sharp mixes no colour of the fine grid in beside its
edge, and would end a little too early. (0, 15, 25 and 40 gave 36.60, 36.68, 36.72 and 36.77 dB from
512x256 disparity on the tuning scenes at 1280x720, but then more of what is around it is sharp.)"""

Mask = NDArray[np.uint8]


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
    edge = np.greater(high - low, np.float32(2 * SNAP_SHARE * largest)).view(np.uint8)
    middle = cv2.addWeighted(low, 0.5, high, 0.5, 0)
    snapped = radius_px.copy()
    cv2.copyTo(high, edge, snapped)
    cv2.copyTo(low, edge & np.less(radius_px, middle).view(np.uint8), snapped)
    return snapped


def knows_edges(radius_px: FloatMap, size: tuple[int, int]) -> bool:
    """Whether a map is as large as the picture, (width, height): it is taken to know its edges."""
    return radius_px.shape[1] >= size[0] and radius_px.shape[0] >= size[1]


def estimated(disparity: DisparityMap, size: tuple[int, int]) -> DisparityMap:
    """A network's disparity for a picture: where that is small, it must not pass for exact.

    Pictures of up to 512x256 have no more pixels than the network's map, whose edges are soft all
    the same. One pixel less, and they are brought to where the picture has them. On the tuning
    scenes at 426x240 and 320x240, with soft, noisy disparity: 0.7 and 0.0 dB in ``fast``, 0.7 and
    0.3 in ``best``; with disparity that was only shrunk, 0.2 and 0.5 lost in ``fast``.

    Args:
        disparity: From a network.
        size: (width, height) of the picture that is rendered.
    """
    width, height = size
    if not knows_edges(disparity.values, size) or min(size) < 2:
        return disparity
    small = (width - 1, height - 1)
    values = cv2.resize(disparity.values, small, interpolation=cv2.INTER_AREA)
    return replace(disparity, values=cast(FloatMap, values))


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


def sharpness(radius_px: FloatMap, first: float, crisp_until: float, has_front: bool) -> Sharpness:
    """How much of each degree of sharpness every pixel takes.

    Args:
        radius_px: H x W float32, signed, px of the picture.
        first: Radius from which only the layers count, px.
        crisp_until: Radius from which the picture itself does not count, px; the fine grid's own
            blur.
        has_front: Whether anything is in front of the focus.

    Returns:
        Shares at the resolution of ``radius_px``.
    """
    sharp = _falling(radius_px, first)
    if has_front:
        # A pixel that touches something in front mixes its colour in: it is not taken sharp.
        nearer = _falling(np.maximum(radius_px, 0), first)
        cv2.min(sharp, cv2.erode(nearer, NEIGHBOURS), dst=sharp)
    crisp = cast(Mask, cv2.min(_falling(radius_px, crisp_until), sharp))
    return Sharpness(
        crisp, cast(Mask, cv2.subtract(sharp, crisp)), cast(Mask, cv2.bitwise_not(sharp)), sharp
    )


def smooth_edges(mask: Mask) -> Mask:
    """Smooth a mask whose edges are steep, so that enlarging does not show its pixels as stairs.

    The edge of a smoothed mask is a smooth line; then its slope is raised again, to that of an
    edge in a photo. (1 and 2 instead of 1.5 lost up to 0.1 dB with soft, noisy disparity.)

    Args:
        mask: H x W uint8.

    Returns:
        H x W uint8; what is 0 or 255 in all of a pixel's neighbours stays so.
    """
    mask = cast(Mask, cv2.GaussianBlur(mask, (3, 3), 0))
    start = 127.5 * (1 - EDGE_SLOPE) + EDGE_GAIN
    return cast(Mask, cv2.addWeighted(mask, EDGE_SLOPE, mask, 0, start))


def _falling(radius_px: FloatMap, until: float) -> Mask:
    """255 at radius 0, falling to 0 at ``until``, on both sides."""
    return cast(Mask, cv2.bitwise_not(cv2.convertScaleAbs(radius_px, alpha=255 / until)))
