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

from streamdefocus.defocus.layers import scaled
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, FloatMap

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


def align_edges(
    radius_px: FloatMap,
    fine: BgrImage,
    coarse: tuple[int, int],
    largest: float,
    scratch: Scratch,
) -> FloatMap:
    """Correct the radius near edges by the colours of the picture.

    Args:
        radius_px: H x W float32, signed, its edges steep but displaced.
        fine: H x W x 3 uint8, the picture at the same resolution.
        coarse: (w, h) of the grid on which the colours are modelled.
        largest: Largest possible radius.
        scratch: Buffers.

    Returns:
        H x W float32.
    """
    shape = radius_px.shape
    low = cv2.erode(radius_px, EDGE_WINDOW, scratch.array("low", shape))
    extent = cv2.dilate(radius_px, EDGE_WINDOW, scratch.array("extent", shape))
    extent -= low
    edge = np.greater(extent, np.float32(EDGE_SHARE * largest)).view(np.uint8)
    if not edge.any():
        return radius_px
    nearness = np.subtract(radius_px, low, out=scratch.array("nearness", shape))
    nearness /= np.maximum(extent, np.float32(1e-3), out=extent)
    model, trust = _two_colours(fine, nearness, edge, coarse)
    share = _apply(model, fine, scratch)
    size = (fine.shape[1], fine.shape[0])
    trust = cv2.resize(trust, size, scratch.array("trust", shape), interpolation=cv2.INTER_LINEAR)
    share -= nearness
    share *= trust
    share += nearness
    _steepen(share)
    share *= extent
    share += low
    result = scratch.array("aligned", shape)
    np.copyto(result, radius_px)
    cv2.copyTo(share, edge, result)
    return result


def _steepen(share: FloatMap) -> None:
    """Stretch around 0.5, in place: radii between the sides belong to nothing in the scene."""
    share -= np.float32(0.5)
    share *= STEEPNESS
    share += np.float32(0.5)
    np.clip(share, np.float32(0), np.float32(1), out=share)


def _apply(model: FloatMap, fine: BgrImage, scratch: Scratch) -> FloatMap:
    """The model's share of nearness for every pixel, 0..1: H x W float32.

    Colour by colour: that takes two thirds of the time of all at once and their sum.
    """
    shape, size = fine.shape[:2], (fine.shape[1], fine.shape[0])
    colours = scratch.array("colours of the picture", (3, *shape), np.uint8)
    cv2.split(fine, tuple(colours))
    *slopes, offset = cv2.split(model)
    share = scratch.array("share by colour", shape)
    cv2.resize(offset, size, share, interpolation=cv2.INTER_LINEAR)
    part = scratch.array("part of a share", shape)
    for slope, colour in zip(slopes, colours, strict=True):
        cv2.resize(slope, size, part, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(part, colour, dst=part, scale=1 / 255, dtype=cv2.CV_32F)
        cv2.add(share, part, dst=share)
    return np.clip(share, np.float32(0), np.float32(1), out=share)


def _two_colours(
    fine: BgrImage, nearness: FloatMap, edge: NDArray[np.uint8], size: tuple[int, int]
) -> tuple[FloatMap, FloatMap]:
    """Fit the model on the coarse grid.

    Args:
        fine: H x W x 3 uint8, the picture.
        nearness: H x W float32, 0 (far side) .. 1 (near side); says nothing away from edges.
        edge: H x W uint8, 1 near edges.
        size: (w, h) of the coarse grid.

    Returns:
        Two maps of half the coarse size: 4 channels float32, whose product with a colour (and 1)
        is 1 at the near side's colour and 0 at the far side's; and float32, how far that is to be
        trusted, 0..1.
    """
    small = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
    small = cv2.cvtColor(small, cv2.COLOR_BGR2BGRA)
    colour = np.multiply(small, np.float32(1 / 255), dtype=np.float32)
    nearness = cast(FloatMap, cv2.resize(nearness, size, interpolation=cv2.INTER_NEAREST))
    edge = cast(NDArray[np.uint8], cv2.resize(edge, size, interpolation=cv2.INTER_NEAREST))
    is_near = np.greater(nearness, np.float32(0.5)).view(np.uint8) & edge
    is_far = edge - is_near
    sides = _mean_colour(colour, is_near, is_far), _mean_colour(colour, is_far, is_near)
    enough = cv2.min(*(cv2.extractChannel(side, 3) for side in sides)) / FEWEST
    near, far = (
        scaled(side, cast(FloatMap, 1 / np.maximum(side[..., 3], np.float32(1e-4))))
        for side in sides
    )
    difference = cv2.subtract(near, far)
    difference[..., 3] = 0
    distance = _sum(difference * difference)
    model = scaled(difference, cast(FloatMap, 1 / np.maximum(distance, np.float32(1e-6))))
    model[..., 3] = -_sum(cv2.multiply(model, far))
    trust = distance / (distance + LIKENESS) * np.minimum(enough, np.float32(1))
    return model, cast(FloatMap, trust)


def _mean_colour(colour: FloatMap, side: NDArray[np.uint8], other: NDArray[np.uint8]) -> FloatMap:
    """Sum of colours and weights around each pixel on its surely own side, at half the size."""
    sure = cv2.subtract(side, cv2.dilate(other, UNSURE))
    size = (-(-colour.shape[1] // 2), -(-colour.shape[0] // 2))
    sums = cv2.resize(scaled(colour, sure.astype(np.float32)), size, interpolation=cv2.INTER_AREA)
    return cv2.blur(sums, (MODEL_PX, MODEL_PX))


def _sum(image: FloatMap) -> FloatMap:
    """Sum over the channels (4 times faster than numpy's, and without BLAS's threads)."""
    first, *others = cv2.split(image)
    for other in others:
        first += other
    return cast(FloatMap, first)
