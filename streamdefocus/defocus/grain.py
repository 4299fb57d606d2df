"""Noise for blurred areas, so that they do not look like plastic beside the rest of the picture.

Blur takes a camera's noise away together with the detail. How much there was is measured in the
picture itself, and how much of it is lost by how much the renderer changed the picture there.
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
UNIT = 32
"""Standard deviation of the pattern."""
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
NEIGHBOURHOOD = (7, 4)
"""Width and height, of every other row, in which it is seen how much noise is lost."""
GREY_DEVIATION = 0.74
"""Mean absolute deviation of noise of standard deviation 1 in grey: sqrt(2 / pi), and less by what
the colours do not have in common."""
ALL_LOST = 128.0
LACKING = np.rint(255 * np.sqrt(1 - (1 - np.minimum(np.arange(256) / ALL_LOST, 1)) ** 2)).astype(
    np.uint8
)
"""256 uint8: how much grain there should be, of the share of noise that is lost in 1/128."""
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
        noise = noise_level(bgr)
        if self._strength * noise > LEAST_NOISE:
            self._add(result, self._lost(bgr, result, noise), self._strength * noise, _seed(bgr))
        return result

    def _lost(self, bgr: BgrImage, result: BgrImage, noise: float) -> NDArray[np.uint8]:
        """How much grain each pixel lacks: H x W uint8, 255 where all noise is gone.

        Where a share m of a picture is blurred, m of its noise is missing: the result differs from
        it by that, and noise of sqrt(1 - (1 - m)^2) makes up for it. Where there is detail, it
        differs by more. Every other row says it.
        """
        height, width = bgr.shape[:2]
        half = -(-height // 2)
        difference = self._scratch.array("difference", (half, width, 3), np.uint8)
        cv2.absdiff(bgr[::2], result[::2], difference)
        grey = self._scratch.array("grey", (half, width), np.uint8)
        cv2.cvtColor(difference, cv2.COLOR_BGR2GRAY, grey)
        cv2.convertScaleAbs(grey, grey, ALL_LOST / (GREY_DEVIATION * noise))
        cv2.blur(grey, NEIGHBOURHOOD, grey)
        lost = self._scratch.array("lost", (half, 2, width), np.uint8)
        lost[:] = cv2.LUT(grey, LACKING)[:, None]
        return cast(NDArray[np.uint8], lost.reshape(2 * half, width)[:height])

    def _add(self, result: BgrImage, lost: NDArray[np.uint8], noise: float, seed: int) -> None:
        """Add grain of a standard deviation of ``noise`` levels, in place, as far as it is lost."""
        rng = np.random.default_rng(seed)
        height, width = lost.shape
        for top in range(0, height, STRIP_PX):
            down, right = rng.integers(0, MOST_SHIFT_PX, 2)
            strip, share = result[top : top + STRIP_PX], lost[top : top + STRIP_PX]
            grain = pattern(width)[down : down + strip.shape[0], right : right + width]
            shares = self._scratch.array("shares", strip.shape, np.uint8)
            cv2.merge([share] * 3, shares)
            change = self._scratch.array("change", strip.shape, np.int16)
            cv2.multiply(grain, shares, change, noise / UNIT / 255, cv2.CV_16S)
            cv2.add(strip, change, strip, dtype=cv2.CV_8U)


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
def pattern(width: int) -> NDArray[np.int16]:
    """Noise with a mean of 0 and a standard deviation of ``UNIT``, for a width in px.

    Returns:
        (STRIP_PX + MOST_SHIFT_PX) x (width + MOST_SHIFT_PX) x 3 int16.
    """
    rng = np.random.default_rng(0)
    shape = (STRIP_PX + MOST_SHIFT_PX, width + MOST_SHIFT_PX)
    common = rng.standard_normal((*shape, 1), np.float32)
    own = rng.standard_normal((*shape, 3), np.float32)
    grain = np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own
    return np.rint(UNIT * grain).astype(np.int16)


def _seed(bgr: BgrImage) -> int:
    """A number that another picture hardly shares."""
    return zlib.crc32(bgr[:: 2 * ROW_STEP].tobytes())
