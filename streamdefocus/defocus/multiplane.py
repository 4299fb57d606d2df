"""The best renderer: a lens in linear light at full size, made of many planes.

The picture is cut into planes a fraction of a blur radius apart. What each thing hides is filled
in from its surroundings and put on planes as well. Every plane is blurred by the aperture
together with its coverage, and they are added front to back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.aperture import ApertureFilter, Extract
from streamdefocus.defocus.base import Progress, Renderer
from streamdefocus.defocus.edges import snap_edges
from streamdefocus.defocus.layers import STEPS, radius_index, scaled
from streamdefocus.defocus.lens import largest_blur_px
from streamdefocus.defocus.light import (
    LIGHT_OF_VALUE,
    LIGHT_STEPS,
    encode,
    highlight_gain,
    shrunk_light,
)
from streamdefocus.defocus.matting import align_edges
from streamdefocus.defocus.occlusion import Hidden, find_boundaries, hidden_behind
from streamdefocus.defocus.optics import signed_radius_px
from streamdefocus.defocus.plate import Plate
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

UNSURE_STEP = 0.08
"""The least distance of planes for disparity that is coarser than the picture, as a share of the
largest blur: in what is in focus, its errors are taken for blur less (0.2 dB)."""
INVISIBLE_PX = 0.25
"""Blur radii below this, px, are not rendered."""
ALIGNED_RATIO = 2.5
"""Edges are brought to where the picture has them at so many times the disparity's resolution."""
STEP_PX, STEP_RATIO = 1.0, 1.13
"""Planes are at least that far apart, px of radius, and at most by that ratio."""
GUESSED = 0.3
"""Weight of what is only guessed, where something of the same blur is seen."""
CLIPPED = 240
"""From this value on a pixel may be a lamp, which does not go on behind what covers its rim."""
FILL_RADIUS_PX = 32.0
"""Hidden things are filled in at a size at which the largest blur has at most this radius."""
BAND_PX = 2_500_000
"""Pixels that are rendered at a time; bounds the memory."""
NEIGHBOURS = np.ones((3, 3), np.uint8)
ROOM_PX = 8
"""Room around what is blurred, beside the aperture's own reach."""
WINDOW_STEP_PX = 16
"""Windows begin at multiples of this: a blur that shrinks first has the same cells in each."""


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


class MultiplaneRenderer(Renderer):
    """Depth of field from many planes at full size, hidden ones included.

    On the first three scenes of ``evaluate bokeh`` (1280x720, largest radius 25.6 px): 39.7 dB with
    exact disparity, 37.5 dB from 512x256 and 35.8 dB where that is also soft and noisy, for 37.9,
    36.6 and 35.5 dB of ``fast``. A picture of 1280x720 takes 0.5 s of processor time.

    Args:
        options: The strength of the blur, ``aperture_shape``, ``cats_eye``, ``foreground_blur`` and
            ``highlights``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._options = options
        self._filter = ApertureFilter(options.aperture_shape, options.cats_eye)
        self._scratch = Scratch()

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        return self.render_watched(bgr, disparity, focus, lambda share: None)

    def render_watched(
        self,
        bgr: BgrImage,
        disparity: DisparityMap,
        focus: FocusPlane,
        progress: Progress,
        plate: Plate | None = None,
    ) -> BgrImage:
        """See ``Renderer``."""
        size = (bgr.shape[1], bgr.shape[0])
        largest = largest_blur_px(self._options, size)
        if largest < INVISIBLE_PX:
            return bgr.copy()
        front = self._options.foreground_blur
        radius = signed_radius_px(disparity.values, focus, disparity.span, largest, front)
        farthest, nearest, _, _ = cv2.minMaxLoc(radius)
        if max(-farthest, nearest) < INVISIBLE_PX:
            return bgr.copy()
        is_coarse = radius.shape[0] < size[1] or radius.shape[1] < size[0]
        step = max(STEP_PX, UNSURE_STEP * largest) if is_coarse else STEP_PX
        radius = self._at_edges(bgr, radius, largest)
        hidden = self._hidden(bgr, radius, largest)
        if plate is not None:
            behind = signed_radius_px(plate.disparity, focus, disparity.span, largest, front)
            hidden = [_remembered(layer, plate, behind) for layer in hidden]
        window = 2 * round(largest) + 1
        gain = highlight_gain(bgr, size, window, self._options.highlights, self._scratch)
        planes = make_planes(largest, step)
        out = np.empty_like(bgr)
        bands = list(_bands(size, _reach(largest)))
        for number, (inner, outer) in enumerate(bands):
            light = opaque_light(bgr[outer])
            lit = light
            if gain is not None:
                lit = scaled(light, np.ascontiguousarray(gain[outer]))
                lit[..., 3] = 1
            index = radius_index(radius[outer], largest)
            guesses = _guesses(hidden, radius[outer], outer, size, largest)
            canvas = _Canvas(light.shape[:2], Extract(size, 0, outer.start), self._filter)
            for done, plane in enumerate(planes):
                seen = light if plane.radius_px == 0 else lit
                canvas.add(plane, Surface(seen, index), guesses)
                progress((number + (done + 1) / len(planes)) / len(bands))
            rendered = canvas.picture()
            out[inner] = rendered[inner.start - outer.start : inner.stop - outer.start]
        return out

    def _at_edges(self, bgr: BgrImage, radius: FloatMap, largest: float) -> FloatMap:
        """Bring the radius to the picture's size, its edges to where the picture has them.

        A map as large as the picture is taken to know better.
        """
        size = (bgr.shape[1], bgr.shape[0])
        if radius.shape[1] >= size[0] and radius.shape[0] >= size[1]:
            return cast(FloatMap, cv2.resize(radius, size, interpolation=cv2.INTER_NEAREST))
        scale = max(1.0, max(size) / (ALIGNED_RATIO * max(radius.shape)))
        fine, coarse = (
            (max(1, round(size[0] / shrink)), max(1, round(size[1] / shrink)))
            for shrink in (scale, 2 * scale)
        )
        radius = snap_edges(radius, largest)
        radius = cast(FloatMap, cv2.resize(radius, fine, interpolation=cv2.INTER_LINEAR))
        small = bgr if fine == size else cv2.resize(bgr, fine, interpolation=cv2.INTER_AREA)
        radius = align_edges(radius, cast(BgrImage, small), coarse, largest, self._scratch)
        if fine == size:
            return radius.copy()
        radius = cast(FloatMap, cv2.resize(radius, size, interpolation=cv2.INTER_LINEAR))
        return snap_edges(radius, largest)

    def _hidden(self, bgr: BgrImage, radius: FloatMap, largest: float) -> list[Hidden]:
        """What the picture does not show, at a size at which that is quickly filled in."""
        shrink = max(1.0, largest / FILL_RADIUS_PX)
        size = (max(1, round(bgr.shape[1] / shrink)), max(1, round(bgr.shape[0] / shrink)))
        power = shrunk_light(bgr, size, self._scratch)
        light = np.multiply(power, np.float32(1 / LIGHT_STEPS), dtype=np.float32)
        lamps = np.greater(bgr.min(axis=2), CLIPPED).astype(np.float32)
        lamps = cv2.resize(cv2.dilate(lamps, NEIGHBOURS), size, interpolation=cv2.INTER_AREA)
        radius = cast(FloatMap, cv2.resize(radius, size, interpolation=cv2.INTER_NEAREST))
        return hidden_behind(
            light, radius, 1 - lamps, find_boundaries(radius, largest), largest / shrink
        )


class _Canvas:
    """Planes added front to back, each in the room that those before it leave.

    Additive coverage: neighbouring planes of one slanted surface fill each other's gaps, where
    the usual "over" would let the background shine through their seams.

    Args:
        shape: (height, width).
        extract: Where in the picture it lies.
        aperture: Blurs.
    """

    def __init__(self, shape: tuple[int, int], extract: Extract, aperture: ApertureFilter) -> None:
        self._light = np.zeros((*shape, 4), np.float32)
        self._room = np.ones(shape, np.float32)
        self._extract = extract
        self._aperture = aperture

    def add(self, plane: Plane, seen: Surface, guesses: list[Surface]) -> None:
        """Add a plane behind all that is there.

        Args:
            plane: How far it is from the focus, and what is on it.
            seen: What the picture shows.
            guesses: What it does not show.
        """
        shares = [surface.on(plane) for surface in (seen, *guesses)]
        where = _window(shares, _reach(abs(plane.radius_px)))
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

    def picture(self) -> BgrImage:
        """What has been added up: H x W x 3 uint8."""
        filled = np.maximum(1 - self._room, np.float32(1e-3))
        return encode(scaled(self._light, cast(FloatMap, 1 / filled)))

    def _blurred(self, layer: FloatMap, plane: Plane, where: tuple[slice, slice]) -> FloatMap:
        left, top = self._extract.left + where[1].start, self._extract.top + where[0].start
        extract = Extract(self._extract.size, left, top)
        return self._aperture.apply(layer, abs(plane.radius_px), np.empty_like(layer), extract)


def _remembered(hidden: Hidden, plate: Plate, radius_px: FloatMap) -> Hidden:
    """What is hidden behind a boundary, with what is known of it instead of what was guessed."""
    size = hidden.radius_px.shape[1::-1]
    known = plate.known & (radius_px <= hidden.boundary)
    mask = cv2.resize(known.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    radius = cv2.resize(radius_px, size, interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(plate.bgr, size, interpolation=cv2.INTER_AREA)
    light = opaque_light(cast(BgrImage, small))[..., :3]
    return replace(
        hidden,
        light=np.where(mask[..., None], light, hidden.light),
        radius_px=np.where(mask, radius, hidden.radius_px),
    )


def _guesses(
    hidden: list[Hidden], radius: FloatMap, rows: slice, size: tuple[int, int], largest: float
) -> list[Surface]:
    """What is hidden in some rows of the picture, at full size."""
    surfaces = []
    for layer in hidden:
        light = _enlarged_rows(layer.light, rows, size)
        behind = _enlarged_rows(layer.radius_px, rows, size)
        there = (radius > layer.boundary) & (behind > layer.since) & (behind <= layer.boundary)
        opaque = cast(FloatMap, cv2.cvtColor(light, cv2.COLOR_BGR2BGRA))
        index = radius_index(behind, largest)
        surfaces.append(Surface(opaque, index, there.astype(np.float32)))
    return surfaces


def opaque_light(bgr: BgrImage) -> FloatMap:
    """Linear light of a picture, H x W x 4 float32, the last channel 1."""
    light = cv2.LUT(np.ascontiguousarray(bgr), LIGHT_OF_VALUE).astype(np.float32)
    light *= np.float32(1 / LIGHT_STEPS)
    return cast(FloatMap, cv2.cvtColor(light, cv2.COLOR_BGR2BGRA))


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


def _reach(radius_px: float) -> int:
    """How far a point's light spreads, px, with some room."""
    return round(1.1 * radius_px) + ROOM_PX


def _window(shares: list[FloatMap], room: int) -> tuple[slice, slice] | None:
    """The part that something on a plane can be seen in; None if there is nothing."""
    occupied = np.any([share > 0 for share in shares], axis=0).view(np.uint8)
    left, top, width, height = cv2.boundingRect(occupied)
    if not width:
        return None
    return (
        slice(_step_down(top - room), min(top + height + room, occupied.shape[0])),
        slice(_step_down(left - room), min(left + width + room, occupied.shape[1])),
    )


def _bands(size: tuple[int, int], room: int) -> Iterator[tuple[slice, slice]]:
    """Rows to render and the rows that this takes, from top to bottom."""
    width, height = size
    step = max(4 * WINDOW_STEP_PX, _step_down(BAND_PX // width - 2 * room))
    for top in range(0, height, step):
        inner = slice(top, min(top + step, height))
        yield inner, slice(_step_down(top - room), min(inner.stop + room, height))


def _step_down(position: int) -> int:
    return max(0, position // WINDOW_STEP_PX * WINDOW_STEP_PX)


def _enlarged_rows(values: FloatMap, rows: slice, size: tuple[int, int]) -> FloatMap:
    """Some rows of an image as they are when it is enlarged to ``size``."""
    if values.shape[1::-1] == size:
        return np.ascontiguousarray(values[rows])
    x = (np.arange(size[0]) + 0.5) * (values.shape[1] / size[0]) - 0.5
    y = (np.arange(rows.start, rows.stop) + 0.5) * (values.shape[0] / size[1]) - 0.5
    columns, lines = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    border = cv2.BORDER_REPLICATE
    return cast(FloatMap, cv2.remap(values, columns, lines, cv2.INTER_LINEAR, borderMode=border))
