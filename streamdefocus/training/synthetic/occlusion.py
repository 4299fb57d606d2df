"""Which points of one view the other one sees as well: the left-right check."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.stereo.pair import StereoPair

Mask = NDArray[np.bool_]

_SAME_PX = 0.75
"""Disparities that differ less belong to one surface."""


def seen_by_both(pair: StereoPair) -> tuple[Mask, Mask]:
    """For every pixel of the left view, and of the right one, whether the other shows it too.

    Raises:
        InputError: The disparity of one of the views is not known.
    """
    if pair.disparity is None or pair.disparity_right is None:
        raise InputError(f"{pair.name}: both views' disparities are needed to find occlusions")
    left, right = pair.disparity, pair.disparity_right
    return _agrees(left, right, -1), _agrees(right, left, 1)


def left_from_right(pair: StereoPair) -> BgrImage:
    """The left view, made from the right one by the left disparity (the paper's equation 1)."""
    if pair.disparity is None:
        raise InputError(f"{pair.name}: the left view's disparity is not known")
    columns, rows = _grid(pair.disparity.shape)
    found = cv2.remap(pair.right, columns - pair.disparity, rows, cv2.INTER_LINEAR)
    return np.asarray(found, np.uint8)


def _agrees(disparity: FloatMap, other: FloatMap, direction: int) -> Mask:
    columns, rows = _grid(disparity.shape)
    x = columns + direction * disparity
    there = cv2.remap(other, x, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = (x >= 0) & (x <= disparity.shape[1] - 1)
    known = (disparity > 0) & (there > 0)
    return np.asarray(inside & known & (np.abs(there - disparity) < _SAME_PX))


def _grid(shape: tuple[int, ...]) -> tuple[FloatMap, FloatMap]:
    rows, columns = np.indices(shape, np.float32)
    return columns, rows
