"""Reading one plane out of a disparity map: what a point, the middle or the subject is at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import DisparityMap, FloatMap

PLANE_THICKNESS = 0.1
"""Disparities within this share of the span count as one plane: a person's head and chest do."""

LOYALTY = 0.6
"""The plane in focus is left for another only where it has less than this share of its support."""

POINT_RADIUS = 0.025
"""Half the side of the patch that a point stands for, as a share of the map's shorter side."""

CENTRE_REACH = (0.07, 0.10)
"""Standard deviations of the weights around the centre, as shares of width and height."""

AUTO_REACH = (0.22, 0.3)
AUTO_LEAST = 0.12
"""A thing is large if it has this share of the centre-weighted picture."""

_CUT_OFF = 2.0
_MOST_SAMPLES = 1500


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture with soft borders, in normalised coordinates.

    Attributes:
        x: Centre, 0..1 to the right.
        y: Centre, 0..1 downwards.
        reach_x: Standard deviation of the weights, share of the width.
        reach_y: The same of the height.
    """

    x: float
    y: float
    reach_x: float
    reach_y: float


CENTRE = Region(0.5, 0.5, *CENTRE_REACH)


def plane_at(disparity: DisparityMap, x: float, y: float, prefer: float | None = None) -> float:
    """The plane at a point.

    Where the patch around the point straddles an edge, the side with more of it wins.

    Args:
        disparity: The map.
        x: 0..1, to the right.
        y: 0..1, downwards.
        prefer: A disparity to stay with where the patch has almost as much of it.
    """
    height, width = disparity.values.shape
    radius = max(POINT_RADIUS * min(height, width), 1.5)
    region = Region(x, y, radius / width / _CUT_OFF, radius / height / _CUT_OFF)
    return plane_in(disparity, region, prefer)


def plane_in(disparity: DisparityMap, region: Region, prefer: float | None = None) -> float:
    """The plane that most of a region lies on; see ``plane_at``."""
    values, weights = samples(disparity.values, region)
    return dominant_plane(values, weights, PLANE_THICKNESS * disparity.span, prefer)


def nearest_large_plane(disparity: DisparityMap, prefer: float | None = None) -> float:
    """The nearest plane that fills a good part of the picture, the middle counting most.

    Args:
        disparity: The map.
        prefer: See ``plane_at``.
    """
    values, weights = samples(disparity.values, Region(0.5, 0.5, *AUTO_REACH))
    thickness = PLANE_THICKNESS * disparity.span
    order, support = _support(values, weights, thickness)
    large = np.flatnonzero(support >= AUTO_LEAST * weights.sum())
    if not large.size:
        return dominant_plane(values, weights, thickness, prefer)
    # The windows start at rising disparities: the last large one holds the nearest thing. Its
    # best-supported neighbour within the thing is the thing's own plane.
    nearest = order[large[-1]]
    mine = values >= nearest - thickness
    return dominant_plane(values[mine], weights[mine], thickness, prefer)


def dominant_plane(
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
    thickness: float,
    prefer: float | None = None,
) -> float:
    """The densest stretch of disparities, and in it the weighted median.

    Args:
        values: N disparities.
        weights: N, how much each counts.
        thickness: Disparities this close are one plane.
        prefer: Stay near this one if it has ``LOYALTY`` of the densest stretch's support.
    """
    order, support = _support(values, weights, thickness)
    best = int(np.argmax(support))
    low = float(order[best])
    if prefer is not None:
        loyal = float(weights[np.abs(values - prefer) <= thickness / 2].sum())
        if loyal >= LOYALTY * support[best]:
            low = prefer - thickness / 2
    inside = (values >= low) & (values <= low + thickness)
    return _weighted_median(values[inside], weights[inside])


def samples(values: FloatMap, region: Region) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The disparities of a region and how much each counts; at most about 1500.

    Args:
        values: H x W float32.
        region: Where; parts outside the map are left out.
    """
    height, width = values.shape
    rows, weight_y = _span(region.y, region.reach_y, height)
    columns, weight_x = _span(region.x, region.reach_x, width)
    step = max(int(np.sqrt(rows.size * columns.size / _MOST_SAMPLES)), 1)
    rows, columns = rows[::step], columns[::step]
    weights = np.outer(weight_y[::step], weight_x[::step]).astype(np.float32)
    return values[np.ix_(rows, columns)].ravel(), weights.ravel()


def _span(centre: float, reach: float, size: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    middle, sigma = min(max(centre, 0.0), 1.0) * size - 0.5, max(reach * size, 0.5)
    first = max(int(np.floor(middle - _CUT_OFF * sigma)), 0)
    last = min(int(np.ceil(middle + _CUT_OFF * sigma)), size - 1)
    index = np.arange(first, max(last, first) + 1)
    return index, np.exp(-np.square((index - middle) / sigma) / 2)


def _support(
    values: NDArray[np.float32], weights: NDArray[np.float32], thickness: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sorted values, and the weight between each and ``thickness`` above it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    total = np.concatenate([[0.0], np.cumsum(weights[order], dtype=np.float64)])
    end = np.searchsorted(ordered, ordered + np.float32(thickness), side="right")
    return ordered, total[end] - total[:-1]


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
