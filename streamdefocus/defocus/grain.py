"""Noise for blurred areas, so that they do not look like plastic beside the rest of the picture.

Blur takes a camera's noise away together with the detail. How much there was is measured in the
picture itself, and as much is put back where the renderer changed the picture.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.base import Progress, Renderer
from streamdefocus.defocus.plate import Plate
from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

STRIP_PX, MOST_SHIFT_PX = 512, 64
"""The pattern is laid in strips of this height, each shifted by up to that much."""
MIDDLE, UNIT = 128, 32
"""The pattern's value without noise, and its standard deviation, 8-bit levels."""
COMMON = 0.8
"""Correlation of the noise of two colours: it is mostly noise of brightness after demosaicing."""
ROW_STEP = 32
"""One of that many rows is looked at to measure noise."""
BLOCK_PX = 32
CALM_SHARE = 0.3
"""Blocks whose noise lies at this quantile are taken for flat ones that show noise alone."""
CALM_MEAN = 0.899
"""What the mean absolute difference of such a block is, as a share of that over all blocks of pure
gaussian noise."""
DARKEST, BRIGHTEST = 8, 247
"""Mean values of a block between which noise is not cut off."""
NEIGHBOURS = np.ones((3, 3), np.uint8)
LEAST_NOISE = 0.3
"""Standard deviation, 8-bit levels, that rounding alone makes."""


class GrainyRenderer(Renderer):
    """Renders by another renderer and gives blurred areas the noise that they have lost.

    The pattern depends on the picture alone: the same picture gets the same grain whenever it is
    rendered, while frames whose own noise is fresh get fresh grain.

    Args:
        renderer: Makes the picture.
        strength: Share of the noise that is put back, 0..1.
    """

    def __init__(self, renderer: Renderer, strength: float) -> None:
        self._renderer = renderer
        self._strength = strength
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
        result = self._renderer.render_watched(bgr, disparity, focus, progress, plate)
        noise = self._strength * noise_level(bgr)
        if noise > LEAST_NOISE:
            self._add(result, self._changed(bgr, result), noise, _seed(bgr))
        return result

    def _changed(self, bgr: BgrImage, result: BgrImage) -> NDArray[np.uint8]:
        """Where the renderer changed the picture: H x W uint8, not 0 there.

        Every other row says it; here and there a blurred pixel has its old value by chance, but
        not its neighbours, too.
        """
        height, width = bgr.shape[:2]
        half = -(-height // 2)
        difference = self._scratch.array("difference", (half, width, 3), np.uint8)
        cv2.absdiff(bgr[::2], result[::2], difference)
        blue, green, red = self._scratch.array("colours", (3, half, width), np.uint8)
        cv2.split(difference, (blue, green, red))
        cv2.max(blue, green, dst=green)
        cv2.max(red, green, dst=green)
        cv2.dilate(green, NEIGHBOURS, dst=blue)
        where = self._scratch.array("where", (half, 2, width), np.uint8)
        where[:] = blue[:, None]
        return cast(NDArray[np.uint8], where.reshape(2 * half, width)[:height])

    def _add(self, result: BgrImage, where: NDArray[np.uint8], noise: float, seed: int) -> None:
        """Add grain of a standard deviation of ``noise`` levels, in place, where ``where`` is."""
        rng = np.random.default_rng(seed)
        height, width = where.shape
        gain = noise / UNIT
        for top in range(0, height, STRIP_PX):
            down, right = rng.integers(0, MOST_SHIFT_PX, 2)
            strip, mask = result[top : top + STRIP_PX], where[top : top + STRIP_PX]
            grain = pattern(width)[down : down + strip.shape[0], right : right + width]
            grainy = self._scratch.array("grainy", strip.shape, np.uint8)
            cv2.addWeighted(strip, 1, grain, gain, -MIDDLE * gain, grainy)
            cv2.copyTo(grainy, mask, strip)


def noise_level(bgr: BgrImage) -> float:
    """Standard deviation of a picture's noise.

    Second differences along rows hardly see shading; where they are small, there is no texture
    (after Immerkaer 1996, "Fast noise variance estimation", with blocks instead of the mean).

    Args:
        bgr: H x W x 3 uint8.

    Returns:
        8-bit levels of green; 0 where nothing can be said.
    """
    rows = bgr[ROW_STEP // 2 :: ROW_STEP, :, 1].astype(np.int16)
    blocks = (rows.shape[1] - 2) // BLOCK_PX
    if blocks < 1 or not rows.shape[0]:
        return 0.0
    rows = rows[:, : blocks * BLOCK_PX + 2]
    difference = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])
    shape = (-1, BLOCK_PX)
    brightness = rows[:, 1:-1].reshape(shape).mean(axis=1)
    usable = (brightness > DARKEST) & (brightness < BRIGHTEST)
    if not usable.any():
        return 0.0
    calm = np.quantile(difference.reshape(shape).mean(axis=1)[usable], CALM_SHARE)
    # The difference has 6 times the variance; a gaussian's mean deviation is sqrt(2 / pi) sigma.
    return float(calm / CALM_MEAN / np.sqrt(6 * 2 / np.pi))


@lru_cache(maxsize=2)
def pattern(width: int) -> BgrImage:
    """Noise with a mean of ``MIDDLE`` and a standard deviation of ``UNIT``, for a width in px.

    Returns:
        (STRIP_PX + MOST_SHIFT_PX) x (width + MOST_SHIFT_PX) x 3 uint8.
    """
    rng = np.random.default_rng(0)
    shape = (STRIP_PX + MOST_SHIFT_PX, width + MOST_SHIFT_PX)
    common = rng.standard_normal((*shape, 1), np.float32)
    own = rng.standard_normal((*shape, 3), np.float32)
    grain = np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own
    return cast(BgrImage, np.clip(np.rint(MIDDLE + UNIT * grain), 0, 255).astype(np.uint8))


def _seed(bgr: BgrImage) -> int:
    """A number that another picture hardly shares."""
    return zlib.crc32(bgr[:: 2 * ROW_STEP].tobytes())
