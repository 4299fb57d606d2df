"""What all painting shares: a camera, colours in linear light, textures, curves, polygons.

Places are in metres in the camera's frame (X right, Y down, Z forward, the camera at the origin).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap

DISPARITY_M = 0.2
"""Disparity (fraction of the width) of a point one metre away: focal length times baseline."""

_SUBPIXEL_BITS = 4

Colour = NDArray[np.float32]
"""Three numbers, blue-green-red, linear light; 1 is white paper in full light."""

Texture = Callable[[FloatMap, FloatMap, FloatMap], NDArray[np.float32]]
"""(u, v, metres a pixel) -> linear BGR, H x W x 3; u runs across the face and v down it, metres."""


def colour(code: str, light: float = 1.0) -> Colour:
    """The linear colour of a web colour such as ``#d9a441``, times ``light``."""
    rgb = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return np.asarray(np.power(rgb, 2.2)[::-1] * light, np.float32)


def develop(linear: NDArray[np.float32]) -> BgrImage:
    """Linear light (0..) to a display-referred picture; lights roll off instead of clipping."""
    encoded = np.power(1 - np.exp(-1.5 * np.maximum(linear, 0)), 1 / 2.2)
    picture: BgrImage = (encoded * 255 + 0.5).astype(np.uint8)
    return picture


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at the origin that looks along Z."""

    width: int
    height: int

    @property
    def focal_px(self) -> float:
        """Focal length in pixels: 61 degrees across the longer side."""
        return 0.85 * max(self.width, self.height)

    @property
    def centre_px(self) -> tuple[float, float]:
        """Where the optical axis meets the picture; pixel centres are whole numbers."""
        return (self.width - 1) / 2, (self.height - 1) / 2

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points N x 3 in metres (Z > 0) to N x 2 pixels."""
        places = np.asarray(points, np.float64)
        pixels = places[:, :2] / places[:, 2:] * self.focal_px + np.array(self.centre_px)
        return np.asarray(pixels, np.float64)


class Noise:
    """Smooth, repeatable noise over the plane."""

    def __init__(self, seed: int) -> None:
        grid = np.random.default_rng(seed).random((256, 256), np.float32)
        self._grid = np.ascontiguousarray(np.pad(grid, (0, 1), mode="wrap"))

    def __call__(self, u: FloatMap, v: FloatMap, cell: float | tuple[float, float]) -> FloatMap:
        """Noise 0..1 whose cells are ``cell`` metres wide (and high) at (u, v)."""
        wide, high = cell if isinstance(cell, tuple) else (cell, cell)
        x = np.mod(u / wide, 256).astype(np.float32)
        y = np.mod(v / high, 256).astype(np.float32)
        return cv2.remap(self._grid, x, y, cv2.INTER_LINEAR).astype(np.float32, copy=False)


def stripes(position: FloatMap, period: float, width: float, pixel: FloatMap | float) -> FloatMap:
    """1 on lines of ``width`` every ``period``, 0 between, antialiased over ``pixel`` (metres)."""
    distance = np.abs(np.mod(position + period / 2, period) - period / 2)
    soft = np.maximum(pixel, 1e-4)
    drawn = np.clip((width / 2 - distance) / soft + 0.5, 0, 1)
    # Lines finer than a pixel keep their mean brightness instead of shimmering.
    return np.asarray(drawn * np.minimum(1, width / soft), np.float32)


def smooth(points: Sequence[tuple[float, float]], closed: bool = True) -> NDArray[np.float64]:
    """A smooth curve through the points (Catmull-Rom spline), N x 2."""
    given = np.array(points, np.float64)
    if not closed:
        given = np.concatenate([given[:1], given, given[-1:]])
    count = len(given) if closed else len(given) - 3
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for i in range(count):
        a, b, c, d = (given[(i + k - (1 if closed else 0)) % len(given)] for k in range(4))
        pieces.append(
            b
            + t * (c - a) / 2
            + t**2 * (2 * a - 5 * b + 4 * c - d) / 2
            + t**3 * (3 * b - a - 3 * c + d) / 2
        )
    curve = np.concatenate(pieces)
    return curve if closed else np.concatenate([curve, given[-2:-1]])


def ellipse(x: float, y: float, wide: float, high: float, turn: float = 0) -> NDArray[np.float64]:
    """An ellipse with half axes ``wide`` and ``high``, turned by ``turn`` radians; 48 x 2."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    points = np.stack([wide * np.cos(angle), high * np.sin(angle)], 1)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(points @ rotation + (x, y), np.float64)


def fill(mask: NDArray[np.uint8], outline: NDArray[np.floating], value: int) -> None:
    """Fill a polygon (N x 2, pixels; pixel centres are whole numbers), antialiased."""
    points = np.round(np.asarray(outline) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [points], value, cv2.LINE_AA, _SUBPIXEL_BITS)


def clipped_box(points: NDArray[np.floating], camera: Camera) -> tuple[int, int, int, int] | None:
    """The pixels (left, top, right, bottom) that enclose points inside the picture, or None."""
    left, top = np.floor(points.min(0)).astype(int) - 1
    right, bottom = np.ceil(points.max(0)).astype(int) + 2
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, camera.width), min(bottom, camera.height)
    return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None
