"""Planes of equal blur at full size, and adding them up from front to back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.aperture import ApertureFilter, Extract
from streamdefocus.defocus.layers import STEPS, scaled
from streamdefocus.defocus.light import encode
from streamdefocus.frames import BgrImage, FloatMap

STEP_PX, STEP_RATIO = 1.0, 1.13
"""Planes are at least that far apart, px of radius, and at most by that ratio."""
GUESSED = 0.3
"""Weight of what is only guessed, where something of the same blur is seen."""
ROOM_PX = 8
"""Room around what is blurred, beside the aperture's own reach."""
WINDOW_STEP_PX = 16
"""Windows begin at multiples of this: a blur that shrinks first has the same cells in each."""
NEIGHBOURS = np.ones((3, 3), np.uint8)
SEAM = np.float32(0.1)
"""Room that is left inside a thing by nothing but the steps of its radius is less than that."""
SEAM_MARGIN_PX = 1.0


@dataclass(frozen=True)
class Plane:
    """Things of about the same blur.

    Attributes:
        radius_px: Of their blur, signed, px.
        weights: 256 float32: how much of a pixel of that radius index is on this plane.
    """

    radius_px: float
    weights: FloatMap


@dataclass(frozen=True)
class Surface:
    """Something with a colour and a depth at every pixel of a band.

    Attributes:
        light: H x W x 4 float32, linear, the last channel 1.
        index: H x W uint8, its radius as ``radius_index`` gives it.
        present: H x W float32, 0 where there is nothing of it; None = everywhere.
    """

    light: FloatMap
    index: NDArray[np.uint8]
    present: FloatMap | None = None

    def on(self, plane: Plane) -> FloatMap:
        """How much of each pixel is on a plane: H x W float32."""
        share = cast(FloatMap, cv2.LUT(self.index, plane.weights))
        return share if self.present is None else cast(FloatMap, share * self.present)


class Canvas:
    """Planes added front to back, each in the room that those before it leave.

    Additive coverage: neighbouring planes of one slanted surface fill each other's gaps, where
    the usual "over" would let the background shine through their seams.

    Args:
        shape: (height, width).
        extract: Where in the picture it lies.
        aperture: Blurs.
        soft_edges: Whether what is in focus ends over a pixel, as in a photo, and not in stairs:
            for disparity that is not known to the pixel.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        extract: Extract,
        aperture: ApertureFilter,
        soft_edges: bool = False,
    ) -> None:
        self._light = np.zeros((*shape, 4), np.float32)
        self._room = np.ones(shape, np.float32)
        self._extract = extract
        self._aperture = aperture
        self._soft_edges = soft_edges

    def add(self, plane: Plane, seen: Surface, guesses: list[Surface]) -> None:
        """Add a plane behind all that is there.

        Args:
            plane: How far it is from the focus, and what is on it.
            seen: What the picture shows.
            guesses: What it does not show.
        """
        shares = [surface.on(plane) for surface in (seen, *guesses)]
        if self._soft_edges and plane.radius_px == 0:
            shares[0] = _softened(shares[0], seen.index)
        where = _window(shares, reach_px(abs(plane.radius_px)))
        if where is None:
            return
        layer = scaled(np.ascontiguousarray(seen.light[where]), shares[0][where].copy())
        layer = self._blurred(layer, plane, where)
        coverage = cv2.extractChannel(layer, 3)
        guess = np.zeros_like(layer)
        for surface, share in zip(guesses, shares[1:], strict=True):
            if share[where].any():
                guess += scaled(np.ascontiguousarray(surface.light[where]), share[where].copy())
        if guess.any():
            guess = self._blurred(guess, plane, where)
            coverage += guess[..., 3]
            layer = cast(FloatMap, cv2.addWeighted(layer, 1, guess, GUESSED, 0))
        known = np.maximum(cv2.extractChannel(layer, 3), np.float32(1e-5))
        taken = np.minimum(coverage, self._room[where])
        self._room[where] -= taken
        self._light[where] += scaled(layer, cast(FloatMap, taken / known))

    def close_seams(self, radius_px: FloatMap, boundary: float) -> None:
        """Let nothing behind a boundary shine through the middle of what is before it.

        Where the radius of one thing has a step, its planes leave a few percent of room; behind
        something dark, a bright wall would draw every such step as a line. A point farther from
        the thing's edge than its light spreads is covered by it altogether.

        Args:
            radius_px: H x W float32, signed, px of the picture.
            boundary: What is nearer has been added, and nothing else.
        """
        near = np.greater(radius_px, np.float32(boundary)).view(np.uint8)
        from_edge = cv2.distanceTransform(near, cv2.DIST_L2, cv2.DIST_MASK_3)
        seam = (from_edge > np.abs(radius_px) + SEAM_MARGIN_PX) & (self._room < SEAM)
        self._light[seam] /= (1 - self._room[seam])[:, None]
        self._room[seam] = 0

    def picture(self) -> BgrImage:
        """What has been added up: H x W x 3 uint8."""
        filled = np.maximum(1 - self._room, np.float32(1e-3))
        light = scaled(self._light, cast(FloatMap, 1 / filled))
        return encode(np.stack(cv2.split(light)[:3]))

    def _blurred(self, layer: FloatMap, plane: Plane, where: tuple[slice, slice]) -> FloatMap:
        left, top = self._extract.left + where[1].start, self._extract.top + where[0].start
        extract = Extract(self._extract.size, left, top)
        return self._aperture.apply(layer, abs(plane.radius_px), np.empty_like(layer), extract)


@lru_cache(maxsize=8)
def make_planes(largest: float, step: float = STEP_PX) -> tuple[Plane, ...]:
    """Planes for radii up to ``largest`` px on either side, from front to back.

    Args:
        largest: The largest radius, px.
        step: The least distance of two planes, px of radius.
    """
    radii = [min(step, largest)]
    while radii[-1] < largest:
        radii.append(max(radii[-1] + step, radii[-1] * STEP_RATIO))
    radii = [radius * largest / radii[-1] for radius in radii]
    nodes = np.array([*reversed(radii), 0.0, *(-radius for radius in radii)])
    index = (np.arange(256) / STEPS - 1) * largest
    # Between two planes the mean square of the radius is kept, as the variance of the blur is.
    squares, knots = index * np.abs(index), nodes * np.abs(nodes)
    shares = np.eye(len(nodes), dtype=np.float32)[:, ::-1]
    return tuple(
        Plane(float(node), np.interp(squares, knots[::-1], share).astype(np.float32))
        for node, share in zip(nodes, shares, strict=True)
    )


def reach_px(radius_px: float) -> int:
    """How far a point's light spreads, px, with some room."""
    return round(1.1 * radius_px) + ROOM_PX


def step_down(position: int) -> int:
    """The last place up to ``position``, px, at which a window may begin."""
    return max(0, position // WINDOW_STEP_PX * WINDOW_STEP_PX)


def _softened(sharp: FloatMap, index: NDArray[np.uint8]) -> FloatMap:
    """What is in focus, its edges soft over a pixel.

    Not beside what is nearer: that one's colour would be sharp under its own blur (0.1 dB).

    Args:
        sharp: H x W float32, how much of each pixel is in focus.
        index: H x W uint8, its radius as ``radius_index`` gives it.
    """
    nearer = np.logical_and(sharp == 0, index > STEPS).view(np.uint8)
    beside = cv2.dilate(nearer, NEIGHBOURS)
    soft = cast(FloatMap, cv2.GaussianBlur(sharp, (3, 3), 0))
    return cast(FloatMap, cv2.copyTo(sharp, beside, soft))


def _window(shares: list[FloatMap], room: int) -> tuple[slice, slice] | None:
    """The part that something on a plane can be seen in; None if there is nothing."""
    occupied = np.any([share > 0 for share in shares], axis=0).view(np.uint8)
    left, top, width, height = cv2.boundingRect(occupied)
    if not width:
        return None
    return (
        slice(step_down(top - room), min(top + height + room, occupied.shape[0])),
        slice(step_down(left - room), min(left + width + room, occupied.shape[1])),
    )
