"""Moving the edges of the blur radius to where the picture has them.

A network's edge is off by a few pixels and rounds off hair and fingers. Around it, what is surely
near and what is surely far have a mean colour each; between the two, a pixel's own colour says
which side it is on (the local colour model of Levin et al. 2008, "A closed-form solution to
natural image matting", reduced to two colours). As in the fast guided filter (He & Sun 2015) the
model is fitted on a coarse grid and applied on a fine one.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import FloatMap

EDGE_WINDOW = np.ones((11, 11), np.uint8)
"""Neighbourhood, px of the fine grid, whose radii make an edge, and reach of its correction."""
EDGE_SHARE = 0.3
"""Range of radii within it, as a share of the largest, from which it is corrected."""
UNSURE = np.ones((3, 3), np.uint8)
"""Pixels that close to the other side, px of the coarse grid, say nothing about their side."""
MODEL_PX = 5
"""Neighbourhood of the mean colours, px of half the coarse grid."""
LIKENESS = np.float32(0.06)
"""Squared distance of the two colours (0..1 each channel) at which colour and network count
equally: between like colours the network decides."""
FEWEST = np.float32(0.02)
"""Share of the neighbourhood that each side needs for its colour to count in full."""
STEEPNESS = np.float32(12.0)
"""Of the share around a half. (4, 12 and 1000 gave 36.68, 36.73 and 36.77 dB from 512x256 disparity
on the tuning scenes, and edges that flicker as much; at 1000, rounding would decide.)"""


_ROW = 256
"""OpenCV's arrays have at most 32767 rows and columns, so lists of pixels are laid out in rows."""


def align_edges(
    radius_px: FloatMap,
    colours: NDArray[np.uint8],
    coarse: tuple[int, int],
    largest: float,
    scratch: Scratch,
) -> FloatMap:
    """Correct the radius near edges by the colours of the picture.

    Args:
        radius_px: H x W float32, signed, its edges steep but displaced.
        colours: 3 x H x W uint8, the picture at the same resolution.
        coarse: (w, h) of the grid on which the colours are modelled.
        largest: Largest possible radius.
        scratch: Buffers.

    Returns:
        H x W float32.
    """
    shape = radius_px.shape
    low = cv2.erode(radius_px, EDGE_WINDOW, scratch.array("low", shape))
    high = cv2.dilate(radius_px, EDGE_WINDOW, scratch.array("high", shape))
    extent = np.subtract(high, low, out=scratch.array("extent", shape))
    edge = np.greater(extent, np.float32(EDGE_SHARE * largest))
    places = np.flatnonzero(edge)
    if not places.size:
        return radius_px
    coarsely = [
        cv2.resize(each, coarse, interpolation=cv2.INTER_NEAREST)
        for each in (radius_px, low, high, edge.view(np.uint8))
    ]
    is_near = np.greater(2 * coarsely[0], coarsely[1] + coarsely[2]).view(np.uint8)
    model, trust = _two_colours(colours, is_near, coarsely[3])
    # From here on only what is near an edge: a tenth of a usual picture.
    low, half = low.ravel()[places], extent.ravel()[places] * np.float32(0.5)
    middle = low + half
    side = radius_px.ravel()[places] - middle
    share = _share(model, trust, colours, places, side, half)
    result = radius_px.copy()
    result.ravel()[places] = share + middle
    return result


def _share(
    model: FloatMap,
    trust: FloatMap,
    colours: NDArray[np.uint8],
    places: NDArray[np.intp],
    side: FloatMap,
    half: FloatMap,
) -> FloatMap:
    """Where between far and near side some pixels are.

    Args:
        model: From ``_two_colours``.
        trust: From there, too.
        colours: 3 x H x W uint8.
        places: N, indices of pixels of the picture.
        side: N float32, their radii less the middle of the two sides.
        half: N float32, half of the distance of the two sides.

    Returns:
        N float32 in -half..half.
    """
    count = len(places)
    places = np.pad(places, (0, -count % _ROW), mode="edge").reshape(-1, _ROW)
    y, x = np.divmod(places, colours.shape[2])
    across, down = (model.shape[i] / colours.shape[i + 1] for i in (1, 0))
    at = (
        (x * np.float32(across) + np.float32(across / 2 - 0.5)).astype(np.float32),
        (y * np.float32(down) + np.float32(down / 2 - 0.5)).astype(np.float32),
    )
    trust, model = (
        cv2.remap(each, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for each in (trust, model)
    )
    trust = trust.ravel()[:count]
    *slopes, share = np.ascontiguousarray(model.reshape(-1, 4)[:count].T)
    for slope, colour in zip(slopes, colours, strict=True):
        share += slope * colour.ravel()[places.ravel()[:count]]
    np.clip(share, np.float32(-1), np.float32(1), out=share)
    share *= half
    share -= side
    share *= trust
    share += side
    # Radii between the sides belong to nothing in the scene.
    share *= STEEPNESS
    return cast(FloatMap, np.clip(share, -half, half, out=share))


def _two_colours(
    colours: NDArray[np.uint8], is_near: NDArray[np.uint8], edge: NDArray[np.uint8]
) -> tuple[FloatMap, FloatMap]:
    """Fit the model on the coarse grid.

    Args:
        colours: 3 x H x W uint8, the picture.
        is_near: h x w uint8, 1 on the near side, 0 on the far side; says nothing away from edges.
        edge: h x w uint8, 1 near edges.

    Returns:
        Two maps of half the coarse size: 4 channels float32, three slopes and an offset, which
        make 1 of the near side's colour (0..255) and -1 of the far side's; and float32, how far
        that is to be trusted, 0..1.
    """
    size = (edge.shape[1], edge.shape[0])
    small = [cv2.resize(colour, size, interpolation=cv2.INTER_AREA) for colour in colours]
    is_near = is_near & edge
    is_far = edge - is_near
    near, near_weight = _mean_colour(small, is_near, is_far)
    far, far_weight = _mean_colour(small, is_far, is_near)
    enough = np.minimum(near_weight, far_weight) / FEWEST
    difference = near - far
    distance = _sum(cast(FloatMap, difference * difference))
    slopes = difference * (2 / np.maximum(distance, np.float32(1e-6)))
    offset = -1 - _sum(cast(FloatMap, slopes * far))
    trust = distance / (distance + LIKENESS) * np.minimum(enough, np.float32(1))
    model = cv2.merge([*(slopes * np.float32(1 / 255)), offset])
    return cast(FloatMap, model), cast(FloatMap, trust)


def _mean_colour(
    colours: list[NDArray[np.uint8]], side: NDArray[np.uint8], other: NDArray[np.uint8]
) -> tuple[FloatMap, FloatMap]:
    """Mean colour around each pixel of its surely own side, and how much of that there is.

    Returns:
        3 x h x w, 0..1, and h x w float32, 0..1, of half the size of ``colours``.
    """
    sure = cv2.subtract(side, cv2.dilate(other, UNSURE)) * np.uint8(255)
    size = (-(-sure.shape[1] // 2), -(-sure.shape[0] // 2))
    kept = [*(cv2.bitwise_and(colour, sure) for colour in colours), sure]
    halves = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in kept]
    sums = np.stack(halves) * np.float32(1 / 255)
    *colour, weight = (cv2.blur(each, (MODEL_PX, MODEL_PX)) for each in sums)
    mean = np.stack(colour) / np.maximum(weight, np.float32(1e-4))
    return cast(FloatMap, mean), cast(FloatMap, weight)


def _sum(image: FloatMap) -> FloatMap:
    """Sum over the colours, of 3 x H x W."""
    return cast(FloatMap, image[0] + image[1] + image[2])
