"""Layers of similar blur: which radii, who belongs to which, and how they add up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap

STEPS = 127
"""Radii are looked up in steps of 1/127 of the largest: 0 far end, 127 in focus, 254 near end."""
CHANNELS = 4
"""Layers whose weights are handled as the channels of one image."""


@dataclass(frozen=True)
class Stack:
    """The layers on one side of the plane in focus.

    Attributes:
        radii: Blur radius of each layer, growing, px of the picture.
        tables: One for every ``CHANNELS`` layers: 256 uint32, each the four 8-bit weights of a
            radius index, packed.
    """

    radii: tuple[float, ...]
    tables: tuple[NDArray[np.uint32], ...]

    def weights(self, index: NDArray[np.uint8], size: tuple[int, int]) -> list[FloatMap]:
        """How much of each pixel belongs to each layer.

        Args:
            index: H x W uint8 radius index (see ``radius_index``).
            size: (width, height) of the result, averaged over the pixels it covers.

        Returns:
            One h x w x 4 float32 for every ``CHANNELS`` layers, 0..1; over all layers and the
            share that is nearly in focus they sum to 1.
        """
        result = []
        for table in self.tables:
            packed = np.take(table, index, mode="clip")
            fine = packed.view(np.uint8).reshape(*index.shape, CHANNELS)
            coarse = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
            result.append(coarse * np.float32(1 / 255))
        return result


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
    tents = np.zeros((256, -(-len(radii) // CHANNELS) * CHANNELS))
    for i in range(len(radii)):
        tents[:, i] = np.interp(radius, nodes, np.eye(len(nodes))[i + 1], left=0.0)
    values = np.rint(tents * 255).astype(np.uint8)
    tables = tuple(
        np.ascontiguousarray(values[:, i : i + CHANNELS]).view(np.uint32).ravel()
        for i in range(0, values.shape[1], CHANNELS)
    )
    return Stack(radii, tables)


def radius_index(radius_px: FloatMap, largest: float) -> NDArray[np.uint8]:
    """Signed radii, H x W float32 in -largest..largest, in ``STEPS``: H x W uint8."""
    index = cv2.convertScaleAbs(radius_px, alpha=STEPS / largest, beta=STEPS)
    return np.asarray(index, dtype=np.uint8)


def add_behind(total: FloatMap, layer: FloatMap) -> None:
    """Add a layer behind all that is there, in the room that is left.

    Additive coverage: neighbouring layers of one slanted surface fill each other's gaps, where
    the usual "over" would let the background shine through their seams.

    Args:
        total: h x w x 4 float32, light premultiplied by coverage, and coverage; changed.
        layer: The same, of the blurred layer; changed.
    """
    coverage = cv2.extractChannel(layer, 3)
    share = 1 - cv2.extractChannel(total, 3)
    np.minimum(share, coverage, out=share)
    share /= np.maximum(coverage, np.float32(1e-4))
    cv2.multiply(layer, cv2.merge([share] * 4), dst=layer)
    cv2.add(total, layer, dst=total)
