"""The fast renderer: a lens in linear light, made of few blurred layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.aperture import ApertureFilter
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.edges import Sharpness, refine_radius, sharpness
from streamdefocus.defocus.fill import push_pull
from streamdefocus.defocus.layers import (
    Stack,
    add_behind,
    layer_radii,
    make_stack,
    radius_index,
    weighted,
)
from streamdefocus.defocus.light import (
    LIGHT_STEPS,
    VALUE_OF_LIGHT,
    encode,
    highlight_gain,
    shrunk_light,
)
from streamdefocus.defocus.optics import largest_radius_px, signed_radius_px
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

WORKING_PX = 320
"""Longer side of the layers' grid; larger pictures get up to WORKING_LIMIT_PX."""
WORKING_SHARE = 1 / 8
WORKING_LIMIT_PX = 800
FIRST_LAYER = 1.5
"""Radius of the least blurred layer, px of the layers' grid: its own blur is about 1."""
FRONT_RATIO, BEHIND_RATIO = 2.1, 1.65
"""How much larger than the one before a layer's radius may be."""
INVISIBLE_PX = 0.25
"""Blur radii below this, px of the picture, are not rendered."""
HIGHLIGHT_STRENGTH = 4.0
"""Light of a clipped lamp on top of white. On lamps of 3 to 10 times white, 2, 4, 6 and 8 gave
36.5, 37.1, 36.5 and 35.5 dB."""
KEPT_LIMIT = 0.95
"""Above this share of the sharp picture, what is blended with it is divided by 0.05 still."""

Mask = NDArray[np.uint8]


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
        low, high, _, _ = cv2.minMaxLoc(radius)
        if max(-low, high) < INVISIBLE_PX:
            return bgr.copy()
        grid = make_grid((width, height), largest)
        radius = refine_radius(radius, grid.size, grid.fine, largest)
        index = radius_index(radius, largest)
        if index.shape != grid.fine[::-1]:
            index = cast(Mask, cv2.resize(index, grid.fine, interpolation=cv2.INTER_NEAREST))

        power = shrunk_light(bgr, grid.fine)
        fine = cast(BgrImage, cv2.LUT(power, VALUE_OF_LIGHT))
        light = self._with_lamps(bgr, power, grid)
        front = None
        if high > INVISIBLE_PX:
            layers = self._split(light, index, grid.front, high, grid)
            front = self._add_up(
                "front", layers[::-1], grid.front.radii[len(layers) - 1 :: -1], grid
            )
        layers = self._split(light, index, grid.behind, -low, grid)
        small = cast(FloatMap, cv2.resize(light, grid.work, interpolation=cv2.INTER_AREA))
        if front is not None:
            seen = weighted(light, cv2.LUT(index, 1 - grid.front.coverage), grid.work)
            small = fill_behind(seen, layers, largest / grid.scale)
        far = np.zeros(small.shape[:2], np.float32)
        for layer in layers:
            far += layer[..., 3]
        back = self._add_up("behind", layers, grid.behind.radii, grid)
        masks = sharpness(radius, grid.first, grid.size[0] / grid.fine[0], front)
        soft = self._compose(small, front, back, far, masks, grid)
        return self._blend(bgr, fine, soft, masks, grid)

    def _with_lamps(self, bgr: BgrImage, power: NDArray[np.uint16], grid: Grid) -> FloatMap:
        """Linear light of the fine grid, H x W x 4 float32; the last channel is 1."""
        light = cv2.multiply(power, 1 / LIGHT_STEPS, dtype=cv2.CV_32F)
        window = 2 * round(grid.largest * grid.fine[0] / grid.size[0]) + 1
        gain = highlight_gain(bgr, grid.fine, window, HIGHLIGHT_STRENGTH)
        if gain is not None:
            cv2.multiply(light, cv2.cvtColor(gain, cv2.COLOR_GRAY2BGR), dst=light)
        return cast(FloatMap, cv2.cvtColor(light, cv2.COLOR_BGR2BGRA))

    def _split(
        self, light: FloatMap, index: Mask, stack: Stack, reach: float, grid: Grid
    ) -> list[FloatMap]:
        return [
            weighted(light, cv2.LUT(index, stack.weights[i]), grid.work) for i in stack.used(reach)
        ]

    def _add_up(
        self, name: str, layers: list[FloatMap], radii: tuple[float, ...], grid: Grid
    ) -> FloatMap:
        """Blur the layers of one side and add them, the nearest first.

        Args:
            name: Of the side, for its buffer.
            layers: h x w x 4 float32 each, light premultiplied by coverage, and coverage.
            radii: Of the layers, px of the picture.
            grid: Sizes.

        Returns:
            h x w x 4 float32: light premultiplied by coverage, and coverage.
        """
        shape = (grid.work[1], grid.work[0], 4)
        total = self._scratch.array(name, shape)
        total.fill(0)
        blurred = self._scratch.array("blurred", shape)
        for layer, radius_px in zip(layers, radii, strict=False):
            # The grid blurs by itself as much as a disc of about one of its pixels.
            radius = math.sqrt(max((radius_px / grid.scale) ** 2 - 1.08, 0))
            add_behind(total, self._filter.apply(layer, radius, blurred))
        return total

    def _compose(
        self,
        light: FloatMap,
        front: FloatMap | None,
        back: FloatMap,
        far: FloatMap,
        masks: Sharpness,
        grid: Grid,
    ) -> BgrImage:
        """What has to be blended with the sharp picture, by the masks, to give the result."""
        kept = cv2.resize(masks.sharp, grid.work, interpolation=cv2.INTER_AREA)
        kept = np.minimum(kept * np.float32(1 / 255), np.float32(KEPT_LIMIT))
        coverage = cv2.extractChannel(back, 3)
        # Where no layer reaches, the background's colour is the picture's own.
        known = np.minimum(coverage * 20, np.float32(1))
        room = far if front is None else far * (1 - cv2.extractChannel(front, 3))
        from_back = room * known / np.maximum(coverage, np.float32(1e-3))
        near_focus = 1 - far if front is None else (1 - far) * (1 - cv2.extractChannel(front, 3))
        from_light = np.maximum(near_focus - kept, 0) + room * (1 - known)
        # Everything is divided by the share that is not kept.
        left = 1 / (1 - kept)
        from_back *= left
        from_light *= left
        out = cv2.multiply(back, cv2.merge([from_back] * 4))
        cv2.add(out, cv2.multiply(light, cv2.merge([from_light] * 4)), dst=out)
        if front is not None:
            cv2.add(out, cv2.multiply(front, cv2.merge([left] * 4)), dst=out)
        return encode(cast(FloatMap, cv2.cvtColor(out, cv2.COLOR_BGRA2BGR)))

    def _blend(
        self, bgr: BgrImage, fine: BgrImage, soft: BgrImage, masks: Sharpness, grid: Grid
    ) -> BgrImage:
        """Put together the layers, the slightly blurred fine grid, and the picture itself."""
        if grid.fine != grid.work:
            soft = cast(BgrImage, cv2.resize(soft, grid.fine, interpolation=cv2.INTER_LINEAR))
        medium, little = masks.medium, masks.soft
        if medium.shape != soft.shape[:2]:
            medium = cast(Mask, cv2.resize(medium, grid.fine, interpolation=cv2.INTER_AREA))
            little = cast(Mask, cv2.resize(little, grid.fine, interpolation=cv2.INTER_AREA))
        mixed = cv2.blendLinear(
            fine, soft, medium.astype(np.float32), np.maximum(little, np.float32(1))
        )
        large = self._big("large", bgr)
        cv2.resize(mixed, grid.size, large, interpolation=cv2.INTER_LINEAR)
        crisp = masks.crisp
        if crisp.shape != bgr.shape[:2]:
            crisp = cast(Mask, cv2.resize(crisp, grid.size, interpolation=cv2.INTER_LINEAR))
        share = cv2.merge([crisp] * 3, self._big("share", bgr))
        out = cv2.multiply(bgr, share, scale=1 / 255)
        cv2.bitwise_not(share, dst=share)
        cv2.multiply(large, share, dst=large, scale=1 / 255)
        return cast(BgrImage, cv2.add(out, large, dst=out))

    def _big(self, name: str, like: BgrImage) -> NDArray[Any]:
        return self._scratch.array(name, like.shape, np.uint8)


def fill_behind(seen: FloatMap, layers: list[FloatMap], reach: float) -> FloatMap:
    """Continue what is behind the front layers under them.

    Args:
        seen: h x w x 4 float32: light of all that is not in front, premultiplied by its coverage,
            and coverage.
        layers: Those behind the focus, likewise; changed: they continue where ``seen`` does.
        reach: Largest blur radius, px of this grid; farther in, nothing is seen.

    Returns:
        ``seen`` without holes: h x w x 4 float32, coverage 1.
    """
    coverage = cv2.extractChannel(seen, 3)
    full = push_pull(seen, coverage, reach)
    for i in range(0, len(layers), 4):
        group = layers[i : i + 4]
        weight = cv2.merge([layer[..., 3] for layer in group])
        if weight.ndim == 2:
            weight = weight[..., None]
        hidden = push_pull(weight, coverage, reach).reshape(weight.shape) - weight
        for j, layer in enumerate(group):
            part = cv2.extractChannel(hidden, j)
            cv2.add(layer, cv2.multiply(full, cv2.merge([part] * 4)), dst=layer)
    return full
