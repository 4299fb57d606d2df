"""The fast renderer: a lens in linear light, made of few blurred layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.aperture import ApertureFilter
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.edges import snap_edges
from streamdefocus.defocus.fill import push_pull
from streamdefocus.defocus.layers import (
    Stack,
    add_behind,
    layer_radii,
    make_stack,
    radius_index,
)
from streamdefocus.defocus.light import LIGHT_OF_VALUE, encode, highlight_gain
from streamdefocus.defocus.optics import largest_radius_px, signed_radius_px
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

WORKING_PX = 320
"""Longer side of the layers' grid; larger pictures get up to WORKING_LIMIT_PX."""
WORKING_SHARE = 1 / 8
WORKING_LIMIT_PX = 800
INVISIBLE_PX = 0.25
"""Blur radii below this, px of the picture, are not rendered."""
HIGHLIGHT_STRENGTH = 4.0
KEPT_LIMIT = 0.95

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Grid:
    """The sizes and layers for pictures of one size.

    Attributes:
        size: (width, height) of the picture, px.
        work: Of the layers.
        fine: Of the edges: twice ``work``, or ``work`` where that is the picture's size.
        scale: Picture px of one px of ``work``.
        largest: Largest blur radius, px of the picture.
        sharp_until: Radius from which the layers alone make up the picture, px of the picture.
        front, behind: The layers.
    """

    size: tuple[int, int]
    work: tuple[int, int]
    fine: tuple[int, int]
    scale: float
    largest: float
    sharp_until: float
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
    first = min(1.5 * scale, largest)
    return Grid(
        size,
        work,
        fine,
        scale,
        largest,
        first,
        make_stack(layer_radii(first, largest, 2.1), largest, 1),
        make_stack(layer_radii(first, largest, 1.65), largest, -1),
    )


class LayeredRenderer(Renderer):
    """Depth of field from layers that are blurred and added front to back.

    Args:
        options: ``blur`` and ``aperture_shape``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._options = options
        self._filter = ApertureFilter(options.aperture_shape)
        self._scratch = Scratch()

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        height, width = bgr.shape[:2]
        largest = largest_radius_px(self._options.blur, width)
        if largest < INVISIBLE_PX:
            return bgr.copy()
        radius = signed_radius_px(disparity.values, focus, disparity.span, largest)
        low, high = cv2.minMaxLoc(radius)[:2]
        if max(-low, high) < INVISIBLE_PX:
            return bgr.copy()
        grid = make_grid((width, height), largest)
        return _Picture(self._filter, self._scratch, grid, bgr, radius, low, high).render()


class _Picture:
    """One picture on its way through the renderer."""

    def __init__(
        self,
        aperture: ApertureFilter,
        scratch: Scratch,
        grid: Grid,
        bgr: BgrImage,
        radius: FloatMap,
        low: float,
        high: float,
    ) -> None:
        self.aperture = aperture
        self.scratch = scratch
        self.grid = grid
        self.bgr = bgr
        self.low, self.high = low, high
        self.has_front = high > INVISIBLE_PX
        self.radius = self._refine(radius)

    def _refine(self, radius: FloatMap) -> FloatMap:
        """Radius with steep edges, at the resolution of the fine grid or better."""
        shape = radius.shape
        if shape[0] * shape[1] >= 4 * self.grid.fine[0] * self.grid.fine[1] or shape == self.bgr.shape[:2]:
            return radius
        radius = snap_edges(radius, self.grid.largest)
        return cast(FloatMap, cv2.resize(radius, self.grid.fine, interpolation=cv2.INTER_LINEAR))

    def render(self) -> BgrImage:
        grid = self.grid
        sharp, gate, crisp = self._masks()
        fine = cv2.resize(self.bgr, grid.fine, interpolation=cv2.INTER_AREA)
        light = self._light(fine)
        index = radius_index(self.radius, grid.largest)
        if index.shape[::-1] != grid.fine:
            index = cv2.resize(index, grid.fine, interpolation=cv2.INTER_NEAREST)
        behind = grid.behind.weights(index, grid.work)
        front = self._front(light, index)
        hidden = front[..., 3] if front is not None else None
        if front is not None:
            light, behind = self._fill(light, behind, index)
        far = sum_channels(behind)
        back = self._back(light, behind)
        rest = 1 - hidden if hidden is not None else np.ones_like(far)
        # Share of the sharp picture, as it will be blended in at full size.
        kept = cv2.resize(sharp, grid.work, interpolation=cv2.INTER_AREA) * np.float32(1 / 255)
        if hidden is not None:
            gated = cv2.resize(gate, grid.work, interpolation=cv2.INTER_AREA) * np.float32(1 / 255)
            np.minimum(kept, gated * rest, out=kept)
        np.minimum(kept, KEPT_LIMIT, out=kept)
        near_focus = rest * (1 - far) - kept
        np.maximum(near_focus, 0, out=near_focus)
        out = back * (rest * far)[..., None]
        out += light * near_focus[..., None]
        if front is not None:
            out += front[..., :3]
        out /= (1 - kept)[..., None]
        soft = cv2.resize(encode(out), grid.size, interpolation=cv2.INTER_LINEAR)
        return self._blend(fine, soft, sharp, gate, crisp, hidden)

    def _masks(self) -> tuple[Mask, Mask, Mask]:
        grid = self.grid
        first = grid.sharp_until
        distance = np.abs(self.radius)
        sharp = cv2.convertScaleAbs(np.maximum(first - distance, 0), alpha=255 / first)
        crisp_until = grid.scale * grid.work[0] / grid.fine[0]
        crisp = cv2.convertScaleAbs(
            np.maximum(crisp_until - distance, 0), alpha=255 / crisp_until
        )
        gate = sharp
        if self.has_front:
            gate = cv2.convertScaleAbs(
                np.clip(first + self.radius, 0, first), alpha=255 / first
            )
            front = cv2.convertScaleAbs(
                np.clip(first - self.radius, 0, first), alpha=255 / first
            )
            np.minimum(sharp, cv2.erode(front, np.ones((3, 3), np.uint8)), out=sharp)
        return sharp, gate, crisp

    def _light(self, fine: BgrImage) -> FloatMap:
        grid = self.grid
        light = cv2.LUT(fine, LIGHT_OF_VALUE)
        if grid.fine != grid.work:
            light = cv2.resize(light, grid.work, interpolation=cv2.INTER_AREA)
        window = 2 * round(grid.largest / grid.scale) + 1
        gain = highlight_gain(fine, grid.work, window, HIGHLIGHT_STRENGTH)
        if gain is not None:
            light *= gain[..., None]
        return cast(FloatMap, light)

    def _blurred(self, light: FloatMap, weight: FloatMap, radius: float) -> FloatMap:
        layer = self.scratch.array("layer", (*weight.shape, 4))
        b, g, r = cv2.split(light)
        cv2.merge([b * weight, g * weight, r * weight, weight], dst=layer)
        grid_px = math.sqrt(max(radius**2 - 1.08 * self.grid.scale**2, 0)) / self.grid.scale
        return self.aperture.apply(layer, grid_px, self.scratch.array("out", layer.shape))

    def _front(self, light: FloatMap, index: Mask) -> FloatMap | None:
        if not self.has_front:
            return None
        grid = self.grid
        weights = grid.front.weights(index, grid.work)
        total = self.scratch.array("front", (*weights[0].shape[:2], 4))
        total[:] = 0
        for i, radius in reversed(list(enumerate(grid.front.radii))):
            if self.high <= ((0.0, *grid.front.radii)[i]):
                continue
            weight = cv2.extractChannel(weights[i // 4], i % 4)
            add_behind(total, self._blurred(light, weight, radius))
        return total

    def _fill(
        self, light: FloatMap, behind: list[FloatMap], index: Mask
    ) -> tuple[FloatMap, list[FloatMap]]:
        front = self.grid.front.weights(index, self.grid.work)
        coverage = np.clip(1 - sum_channels(front), 0, 1)
        light = push_pull(light * coverage[..., None], coverage)
        return light, [push_pull(w, coverage) for w in behind]

    def _back(self, light: FloatMap, weights: list[FloatMap]) -> FloatMap:
        grid = self.grid
        total = self.scratch.array("back", (*weights[0].shape[:2], 4))
        total[:] = 0
        for i, radius in enumerate(grid.behind.radii):
            if -self.low <= ((0.0, *grid.behind.radii)[i]):
                break
            weight = cv2.extractChannel(weights[i // 4], i % 4)
            add_behind(total, self._blurred(light, weight, radius))
        coverage = total[..., 3:]
        back = total[..., :3] / np.maximum(coverage, 1e-3)
        bare = np.clip(coverage * 20, 0, 1)
        back *= bare
        back += light * (1 - bare)
        return cast(FloatMap, back)

    def _blend(
        self,
        fine: BgrImage,
        soft: BgrImage,
        sharp: Mask,
        gate: Mask,
        crisp: Mask,
        hidden: FloatMap | None,
    ) -> BgrImage:
        size = self.grid.size
        sharp = cv2.resize(sharp, size, interpolation=cv2.INTER_LINEAR)
        crisp = cv2.resize(crisp, size, interpolation=cv2.INTER_LINEAR)
        if hidden is not None:
            gate = cv2.resize(gate, size, interpolation=cv2.INTER_LINEAR)
            seen = cv2.resize(
                cv2.convertScaleAbs(1 - hidden, alpha=255), size, interpolation=cv2.INTER_LINEAR
            )
            gate = cv2.multiply(gate, seen, scale=1 / 255)
            sharp = cv2.min(sharp, gate)
        crisp = cv2.multiply(sharp, crisp, scale=1 / 255)
        medium = cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR)
        out = cv2.multiply(self.bgr, cv2.merge([crisp] * 3), scale=1 / 255)
        cv2.add(out, cv2.multiply(medium, cv2.merge([cv2.subtract(sharp, crisp)] * 3), scale=1 / 255), dst=out)
        cv2.add(out, cv2.multiply(soft, cv2.merge([cv2.bitwise_not(sharp)] * 3), scale=1 / 255), dst=out)
        return out


def sum_channels(weights: list[FloatMap]) -> FloatMap:
    return np.sum([w.sum(axis=2) for w in weights], axis=0)
