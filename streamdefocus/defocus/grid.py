"""Sizes and layers with which pictures of one size are rendered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.layers import Stack, layer_radii, make_stack

WORKING_PX = 320
"""Longer side of the layers' grid; larger pictures get up to WORKING_LIMIT_PX."""
WORKING_SHARE = 1 / 8
WORKING_LIMIT_PX = 800
FIRST_LAYER = 1.5
"""Radius of the least blurred layer, px of the layers' grid: its own blur is about 1."""
WINDOW_STEP_PX = 16
"""Windows begin and end at multiples of this: the pyramid that fills them has the same cells
wherever they begin, so that the fill holds still while something moves."""
FRONT_RATIO, BEHIND_RATIO = 2.1, 1.65
"""How much larger than the one before a layer's radius may be."""


@dataclass(frozen=True)
class Grid:
    """The sizes and layers for pictures of one size.

    Attributes:
        size: (width, height) of the picture, px.
        work: Of the layers.
        fine: Of edges and slight blur: twice ``work``, or ``work`` if the picture is that small.
        scale: Picture px of one px of ``work``.
        largest: Largest blur radius, px of the picture.
        first: Radius from which the layers alone make up the picture, px of the picture.
        front, behind: The layers.
    """

    size: tuple[int, int]
    work: tuple[int, int]
    fine: tuple[int, int]
    scale: float
    largest: float
    first: float
    front: Stack
    behind: Stack


@lru_cache(maxsize=8)
def make_grid(size: tuple[int, int], largest: float) -> Grid:
    """Choose working sizes and layers.

    Args:
        size: (width, height) of the picture, px.
        largest: Largest blur radius, px.
    """
    longer = max(size)
    working = min(max(WORKING_PX, longer * WORKING_SHARE), WORKING_LIMIT_PX)
    scale = max(1.0, longer / working)
    work = (max(1, round(size[0] / scale)), max(1, round(size[1] / scale)))
    fine = (2 * work[0], 2 * work[1]) if scale >= 2 else work
    first = min(FIRST_LAYER * scale, largest)
    front = make_stack(layer_radii(first, largest, FRONT_RATIO), largest, 1)
    behind = make_stack(layer_radii(first, largest, BEHIND_RATIO), largest, -1)
    return Grid(size, work, fine, scale, largest, first, front, behind)


@dataclass(frozen=True)
class Window:
    """A part of the picture, px of the layers' grid.

    Attributes:
        rows: From the top.
        columns: From the left.
    """

    rows: slice
    columns: slice

    def at(self, size: tuple[int, int], grid: Grid) -> tuple[slice, slice]:
        """The same part of an array of ``size`` (width, height), rounded outwards."""
        return (
            _stretched(self.rows, size[1], grid.work[1]),
            _stretched(self.columns, size[0], grid.work[0]),
        )


def window_around(mask: NDArray[np.uint8], grid: Grid) -> Window | None:
    """The part in which the blur of some pixels can be seen.

    Args:
        mask: Of the fine grid; not 0 where the pixels are.
        grid: Sizes.

    Returns:
        A part with room for the largest blur; None if the mask is empty.
    """
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    fine = grid.fine[0] / grid.work[0]
    room = grid.largest / grid.scale + 3
    return Window(
        _widened(top / fine - room, (top + height) / fine + room, grid.work[1]),
        _widened(left / fine - room, (left + width) / fine + room, grid.work[0]),
    )


def _widened(first: float, last: float, length: int) -> slice:
    step = WINDOW_STEP_PX
    return slice(
        max(0, math.floor(first / step) * step), min(length, math.ceil(last / step) * step)
    )


def _stretched(part: slice, length: int, work: int) -> slice:
    return slice(part.start * length // work, -(-part.stop * length // work))
