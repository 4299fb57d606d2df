"""What hides what: the depths between which things have edges, and what may lie behind them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamdefocus.defocus.fill import push_pull
from streamdefocus.frames import FloatMap

EDGE_WINDOW = np.ones((3, 3), np.uint8)
LEAST_JUMP = 0.08
"""Jump of the radius between neighbours, as a share of the largest, that makes one thing hide
another; less is a slanted surface."""
MOST_BOUNDARIES = 4
LEAST_SHARE = 0.04
"""Share of all jumps from which on they are worth a boundary of their own."""
CANDIDATES = 200
TRACE = np.float32(1e-4)
"""Weight of what is in front where nothing behind it is near: a nearer part of the front stands
behind a farther one before the far background does."""


@dataclass(frozen=True)
class Hidden:
    """What may lie behind all that is nearer than a boundary.

    Attributes:
        light: h x w x 3 float32, linear.
        radius_px: h x w float32, its signed blur radius, px of the picture.
        since: Radius of the next boundary behind; what lies behind that is hidden by that one.
        boundary: What is nearer, hides; radius, px of the picture.
    """

    light: FloatMap
    radius_px: FloatMap
    since: float
    boundary: float


def find_boundaries(radius_px: FloatMap, largest: float) -> list[float]:
    """Radii that part the scene into things that hide and things that are hidden.

    Each boundary goes through as many of the picture's depth edges as possible, counted by their
    height, that no boundary before it goes through.

    Args:
        radius_px: H x W float32, signed, its edges steep.
        largest: Largest possible radius.

    Returns:
        At most ``MOST_BOUNDARIES`` radii, from back to front.
    """
    low, high = cv2.erode(radius_px, EDGE_WINDOW), cv2.dilate(radius_px, EDGE_WINDOW)
    edge = high - low > LEAST_JUMP * largest
    low, high = low[edge], high[edge]
    least = LEAST_SHARE * float((high - low).sum())
    room = LEAST_JUMP * largest / 4
    found: list[float] = []
    while len(found) < MOST_BOUNDARIES and low.size and float((high - low).sum()) > least:
        candidates = np.linspace(float(low.min()), float(high.max()), CANDIDATES)
        height, bins = (high - low).astype(np.float64), (*candidates, np.inf)
        begin = np.histogram(low + room, bins, weights=height)[0]
        end = np.histogram(high - room, bins, weights=height)[0]
        crossed = np.cumsum(begin - end)
        best = np.flatnonzero(crossed >= 0.99 * crossed.max())
        boundary = float(candidates[best[best.size // 2]])
        rest = (low > boundary) | (high < boundary)
        if rest.all():
            break
        found.append(boundary)
        low, high = low[rest], high[rest]
    return sorted(found)


def hidden_behind(
    light: FloatMap,
    radius_px: FloatMap,
    known: FloatMap,
    boundaries: list[float],
    reach_px: float,
) -> list[Hidden]:
    """Continue what is behind each boundary under what is before it.

    Args:
        light: H x W x 3 float32, linear.
        radius_px: H x W float32, signed, px of the picture.
        known: H x W float32, 0..1: how far a pixel tells what is beside it.
        boundaries: From ``find_boundaries``.
        reach_px: How far under an edge one may look, px of ``light``.

    Returns:
        One for each boundary, from back to front.
    """
    both = np.dstack([light, radius_px])
    hidden = []
    since = -np.inf
    for boundary in boundaries:
        weight = np.where(radius_px > boundary, TRACE, np.maximum(known, TRACE))
        filled = push_pull(cv2.multiply(both, cv2.merge([weight] * 4)), weight, reach_px)
        light_behind, radius_behind = filled[..., :3].copy(), filled[..., 3].copy()
        hidden.append(Hidden(light_behind, radius_behind, since, boundary))
        since = boundary
    return hidden
