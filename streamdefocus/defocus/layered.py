"""The fast renderer: a lens in linear light, made of few blurred layers.

The picture is split by blur radius into overlapping layers, small ones in front of the plane in
focus and behind it. Each is blurred by the aperture's shape together with its coverage, so that
nothing bleeds between them, and they are added front to back. What the front layers hide is
filled from its surroundings first. Pixels nearly in focus come from the picture itself.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.aperture import ApertureFilter, Extract
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.blending import Blender, in_front
from streamdefocus.defocus.edges import (
    knows_edges,
    sharpness,
    smooth_edges,
    snap_edges,
)
from streamdefocus.defocus.fill import fill_behind
from streamdefocus.defocus.grid import Grid, Window, make_grid, window_around
from streamdefocus.defocus.layers import STEPS, Stack, add_behind, radius_index, weighted
from streamdefocus.defocus.lens import largest_blur_px
from streamdefocus.defocus.light import (
    UNIT_LIGHT_OF_VALUE,
    VALUE_OF_LIGHT,
    highlight_gain,
    shrunk_light,
)
from streamdefocus.defocus.matting import align_edges
from streamdefocus.defocus.optics import signed_radius_px
from streamdefocus.defocus.scratch import Scratch, keep_freed_memory
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

INVISIBLE_PX = 0.25
"""Blur radii below this, px of the picture, are not rendered."""

Mask = NDArray[np.uint8]
Planes = NDArray[np.uint8]


class LayeredRenderer(Renderer):
    """Depth of field from layers that are blurred and added front to back.

    On the tuning scenes (1280x720, largest radius 25.6 px): 38.4 dB with exact disparity, 36.7 dB
    from 512x256, 35.5 dB where that is also soft and noisy; ``docs/rendering.md`` has those to
    report on. On two cores of an AMD EPYC it took 12.9 ms at 1280x720 with the focus on the
    nearest, 14.4 ms with a person and leaves blurred before it, on one 13.2 and 15.0 ms, and 18.5
    and 22.4 ms at 1920x1080; since then a tenth and a fifth less. A second thread for the layers
    was tried: slower than one on two cores that also decode and estimate depth.

    Args:
        options: The strength of the blur, ``aperture_shape``, ``cats_eye``, ``foreground_blur`` and
            ``highlights`` (on lamps of 3 to 10 times white, strengths of 2, 4, 6 and 8 gave 36.5,
            37.1, 36.5 and 35.5 dB).
    """

    def __init__(self, options: DefocusOptions) -> None:
        keep_freed_memory()
        self._options = options
        self._filter = ApertureFilter(options.aperture_shape, options.cats_eye)
        self._scratch = Scratch()
        self._blender = Blender(self._scratch)

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        height, width = bgr.shape[:2]
        largest = largest_blur_px(self._options, (width, height))
        if largest < INVISIBLE_PX:
            return bgr.copy()
        radius = signed_radius_px(
            disparity.values, focus, disparity.span, largest, self._options.foreground_blur
        )
        farthest, nearest, _, _ = cv2.minMaxLoc(radius)
        if max(-farthest, nearest) < INVISIBLE_PX:
            return bgr.copy()
        grid = make_grid((width, height), largest)
        return self._through_lens(bgr, radius, (-farthest, nearest), grid)

    def _through_lens(
        self, bgr: BgrImage, radius: FloatMap, reach: tuple[float, float], grid: Grid
    ) -> BgrImage:
        """Render a picture of which something is out of focus.

        Args:
            bgr: H x W x 3 uint8.
            radius: Float32 at the disparity's resolution, signed, px of the picture.
            reach: Largest radius behind and in front of the focus, px of the picture.
            grid: Sizes and layers.
        """
        power = shrunk_light(bgr, grid.fine, self._scratch)
        fine = cast(BgrImage, cv2.LUT(power, VALUE_OF_LIGHT))
        is_coarse = not knows_edges(radius, grid.size)
        colours = self._scratch.array("colours", (3, *fine.shape[:2]), np.uint8)
        cv2.split(fine, tuple(colours))
        radius = self._at_edges(radius, colours, grid)
        index = radius_index(radius, grid.largest)
        if index.shape != grid.fine[::-1]:
            index = cast(Mask, cv2.resize(index, grid.fine, interpolation=cv2.INTER_NEAREST))
        light = self._with_lamps(bgr, colours, grid)

        layers = self._split("behind", light, index, grid.behind, reach[0], grid.work)
        base = self._scratch.array("base", (3, grid.work[1], grid.work[0]))
        for colour, small in zip(light, base, strict=True):
            cv2.resize(colour, grid.work, small, interpolation=cv2.INTER_AREA)
        window = front = None
        if reach[1] > INVISIBLE_PX:
            visible = STEPS + INVISIBLE_PX / grid.largest * STEPS
            window = window_around(np.greater(index, visible).view(np.uint8), grid)
        if window:
            front = self._front(light, index, reach[1], window, grid)
            self._fill_behind(light, index, layers, base, window, grid)
        far = np.zeros(base.shape[1:], np.float32)
        for layer in layers:
            far += layer[3]
        back = self._add_up("behind", layers, grid.behind.radii, grid)
        masks = sharpness(radius, grid.first, grid.size[0] / grid.fine[0], window is not None)
        soft, whole = self._blender.without_front(base, back, far, masks.sharp, grid)
        self._blender.soften(fine, soft, masks, grid)
        seen = rest = None
        if window and front is not None:
            seen, rest = in_front(whole, front, window, grid)
        crisp = masks.crisp
        if is_coarse:
            # There a pixel at an edge is of neither side alone, as in a photo.
            crisp = smooth_edges(crisp)
        elif crisp.shape != grid.size[::-1]:
            crisp = cast(Mask, cv2.resize(crisp, grid.size, interpolation=cv2.INTER_AREA))
        return self._blender.put_together(bgr, crisp, fine, seen, rest, grid)

    def _at_edges(self, radius: FloatMap, colours: Planes, grid: Grid) -> FloatMap:
        """Bring the radius to the fine grid, its edges to where the picture has them.

        A map as large as the picture is taken to know better.
        """
        if knows_edges(radius, grid.size):
            return radius
        radius = snap_edges(radius, grid.largest)
        radius = cast(FloatMap, cv2.resize(radius, grid.fine, interpolation=cv2.INTER_LINEAR))
        return align_edges(radius, colours, grid.work, grid.largest, self._scratch)

    def _with_lamps(self, bgr: BgrImage, colours: Planes, grid: Grid) -> FloatMap:
        """Linear light of the fine grid, 3 x H x W float32, 1 = white."""
        light = self._scratch.array("light", colours.shape)
        window = 2 * round(grid.largest * grid.fine[0] / grid.size[0]) + 1
        strength = self._options.highlights
        gain = highlight_gain(bgr, grid.fine, window, strength, self._scratch)
        for colour, lit in zip(colours, light, strict=True):
            cv2.LUT(colour, UNIT_LIGHT_OF_VALUE, lit)
            if gain is not None:
                cv2.multiply(lit, gain, dst=lit)
        return cast(FloatMap, light)

    def _split(
        self,
        name: str,
        light: FloatMap,
        index: Mask,
        stack: Stack,
        reach: float,
        size: tuple[int, int],
    ) -> list[FloatMap]:
        """The layers of one side, before their blur, as far as ``reach`` px of radius.

        Args:
            name: Of the side, for its buffers.
            light: 3 x H x W float32.
            index: H x W, from ``radius_index``.
            stack: The layers of the side.
            reach: Largest radius there is, px of the picture.
            size: (width, height) of the layers.
        """
        used = stack.used(reach)
        layers = self._scratch.array(f"layers {name}", (len(used), 4, size[1], size[0]))
        for i, layer in zip(used, layers, strict=True):
            weighted(light, cv2.LUT(index, stack.weights[i]), size, self._scratch, layer)
        return list(layers)

    def _front(
        self, light: FloatMap, index: Mask, reach: float, window: Window, grid: Grid
    ) -> FloatMap:
        """The layers in front of the focus, blurred and added, within the window."""
        part = window.at(grid.fine, grid)
        size = (window.columns.stop - window.columns.start, window.rows.stop - window.rows.start)
        layers = self._split("front", light[:, *part], index[part], grid.front, reach, size)
        radii = grid.front.radii[: len(layers)]
        return self._add_up("front", layers[::-1], radii[::-1], grid, window)

    def _fill_behind(
        self,
        light: FloatMap,
        index: Mask,
        layers: list[FloatMap],
        base: FloatMap,
        window: Window,
        grid: Grid,
    ) -> None:
        """Continue ``base`` and ``layers`` under the front, in place, within the window."""
        part, hole = window.at(grid.fine, grid), np.s_[:, window.rows, window.columns]
        base[hole] = fill_behind(
            light[:, *part],
            cv2.LUT(index[part], grid.front.coverage),
            [layer[hole] for layer in layers],
            base[hole].shape[:0:-1],
            grid.largest / grid.scale,
            self._scratch,
        )

    def _add_up(
        self,
        name: str,
        layers: list[FloatMap],
        radii: tuple[float, ...],
        grid: Grid,
        window: Window | None = None,
    ) -> FloatMap:
        """Blur the layers of one side and add them, the nearest first.

        Args:
            name: Of the side, for its buffer.
            layers: 4 x h x w float32 each, light premultiplied by coverage, and coverage.
            radii: Of the layers, px of the picture.
            grid: Sizes.
            window: The part of the picture that the layers show; by default all of it.

        Returns:
            4 x h x w float32: light premultiplied by coverage, and coverage.
        """
        left, top = (window.columns.start, window.rows.start) if window else (0, 0)
        extract = Extract(grid.work, left, top)
        shape = layers[0].shape if layers else (4, grid.work[1], grid.work[0])
        total = self._scratch.array(name, shape)
        total.fill(0)
        blurred = self._scratch.array(f"blurred {name}", shape)
        for layer, radius_px in zip(layers, radii, strict=False):
            # The grid blurs by itself as much as a disc of about one of its pixels.
            radius = math.sqrt(max((radius_px / grid.scale) ** 2 - 1.08, 0))
            for plane, out in zip(layer, blurred, strict=True):
                self._filter.apply(plane, radius, out, extract)
            add_behind(total, blurred)
        return total
