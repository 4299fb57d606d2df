"""Turning pictures upright as the container's display matrix says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from streamdefocus.frames import BgrImage


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways in which a picture can be stored.

    Attributes:
        transpose: Rows and columns are exchanged, first of all.
        flip_x: Left and right are exchanged, after transposing.
        flip_y: Top and bottom are exchanged, after transposing.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def size_px(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the upright picture."""
        return (height, width) if self.transpose else (width, height)

    def upright(self, bgr: BgrImage) -> BgrImage:
        """The picture as it is meant to be seen."""
        if self == Orientation():
            return bgr
        if self.transpose:
            bgr = bgr.swapaxes(0, 1)
        if self.flip_y:
            bgr = bgr[::-1]
        if self.flip_x:
            bgr = bgr[:, ::-1]
        return np.ascontiguousarray(bgr)


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation in a frame's display matrix; odd angles go to the nearest right angle.

    The matrix maps a stored point (x, y) to (a x + c y, b x + d y) on the screen, y downwards
    (ISO/IEC 14496-12, 6.2.2).
    """
    try:
        side_data: Any = frame.side_data
    except ValueError:  # side data of a kind that PyAV does not know, such as EXIF
        return _rotated(frame.rotation)
    try:
        matrix = np.frombuffer(bytes(side_data[Type.DISPLAYMATRIX]), np.int32)
    except KeyError:
        return Orientation()
    a, b, c, d = (int(matrix[position]) for position in (0, 1, 3, 4))
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transpose=True, flip_x=c < 0, flip_y=b < 0)
    return Orientation(flip_x=a < 0, flip_y=d < 0)


def _rotated(degrees: int) -> Orientation:
    """The orientation that turns a picture counterclockwise."""
    return {
        0: Orientation(),
        1: Orientation(transpose=True, flip_y=True),
        2: Orientation(flip_x=True, flip_y=True),
        3: Orientation(transpose=True, flip_x=True),
    }[round(degrees / 90) % 4]
