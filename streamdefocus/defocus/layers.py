"""Layers of similar blur: which radii, who belongs to which, and how they add up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import FloatMap

STEPS = 127
"""Radii are looked up in steps of 1/127 of the largest: 0 far end, 127 in focus, 254 near end."""


@dataclass(frozen=True)
class Stack:
    """The layers on one side of the plane in focus.

    Attributes:
        radii: Blur radius of each layer, growing, px of the picture.
        weights: For each layer 256 float32: how much of a pixel of that radius index belongs to
            it, 0..1. What belongs to no layer, on either side, is nearly in focus.
        coverage: 256 float32, their sum.
    """

    radii: tuple[float, ...]
    weights: tuple[FloatMap, ...]
    coverage: FloatMap

    def used(self, reach: float) -> list[int]:
        """The layers that something belongs to when no radius of this side exceeds ``reach``."""
        return [i for i, before in enumerate((0.0, *self.radii[:-1])) if reach > before]


def layer_radii(first: float, largest: float, ratio: float) -> tuple[float, ...]:
    """Radii from ``first`` to ``largest`` that grow by at most ``ratio``."""
    if largest <= first:
        return (largest,)
    count = math.ceil(math.log(largest / first) / math.log(ratio) - 1e-6)
    return tuple(first * (largest / first) ** (i / count) for i in range(count + 1))


def make_stack(radii: tuple[float, ...], largest: float, side: int) -> Stack:
    """Prepare the layers of one side.

    Args:
        radii: Blur radius of each layer, px.
        largest: Radius of the radius indices 0 and 254, px.
        side: 1 for the layers in front of the plane in focus, -1 for those behind it.

    Returns:
        Weights fall off linearly from a layer's radius to its neighbours'; radius 0 belongs to
        no layer.
    """
    radius = side * (np.arange(256) / STEPS - 1) * largest
    nodes = (0.0, *radii)
    tents = [
        np.interp(radius, nodes, np.eye(len(nodes))[i], left=0.0).astype(np.float32)
        for i in range(1, len(nodes))
    ]
    return Stack(radii, tuple(tents), np.sum(tents, axis=0, dtype=np.float32))


def radius_index(radius_px: FloatMap, largest: float) -> NDArray[np.uint8]:
    """Signed radii, H x W float32 in -largest..largest, in ``STEPS``: H x W uint8."""
    index = cv2.convertScaleAbs(radius_px, alpha=STEPS / largest, beta=STEPS)
    return np.asarray(index, dtype=np.uint8)


def scaled(layer: FloatMap, share: FloatMap) -> FloatMap:
    """All four channels times ``share``: H x W x 4 float32 (4 times faster than broadcasting)."""
    return cast(FloatMap, cv2.multiply(layer, cv2.merge([share] * 4)))


def weighted(
    light: FloatMap, weight: FloatMap, size: tuple[int, int], scratch: Scratch, out: FloatMap
) -> FloatMap:
    """One layer before its blur.

    Weights are applied before shrinking: afterwards a subject's colour would already be mixed
    into the background around it (worth 0.7 dB). Colours lie one behind the other: as pixels of
    four numbers, each step takes two to three times as long, for what is the same for all four
    must be written out four times first.

    Args:
        light: 3 x H x W float32.
        weight: H x W float32, 0..1.
        size: (width, height) of the result.
        scratch: Buffers.
        out: 4 x h x w float32; receives the result.

    Returns:
        ``out``: light premultiplied by coverage, and coverage.
    """
    product = scratch.array("weighted", weight.shape)
    for colour, small in zip(light, out[:3], strict=True):
        cv2.multiply(colour, weight, dst=product)
        cv2.resize(product, size, small, interpolation=cv2.INTER_AREA)
    cv2.resize(weight, size, out[3], interpolation=cv2.INTER_AREA)
    return out


def add_behind(total: FloatMap, layer: FloatMap) -> None:
    """Add a layer behind all that is there, in the room that is left.

    Additive coverage: neighbouring layers of one slanted surface fill each other's gaps, where
    the usual "over" would let the background shine through their seams.

    Args:
        total: 4 x h x w float32, light premultiplied by coverage, and coverage; changed.
        layer: The same, of the blurred layer; overwritten.
    """
    share = 1 - total[3]
    share /= np.maximum(layer[3], np.float32(1e-4))
    np.clip(share, np.float32(0), np.float32(1), out=share)
    layer *= share
    total += layer
