"""The report's algorithm: blurred versions of the picture, stitched by masks.

Beside its four methods there are those that its last chapter asks for: more of them, and mixtures
that change with the distance from the focus.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import cv2
import numpy as np

from streamdefocus.config import BlurMethod, DefocusOptions
from streamdefocus.defocus.aperture import ApertureShape, aperture_kernel
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.lens import largest_blur_px
from streamdefocus.defocus.optics import distance_from_focus
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

BILATERAL_LEVELS = 75.0
"""Difference of colour, 8-bit levels, that the bilateral filter takes for an edge."""


def _gaussian(bgr: BgrImage, radius_px: float) -> BgrImage:
    # A disc's variance along one axis is a quarter of its squared radius.
    return cast(BgrImage, cv2.GaussianBlur(bgr, (0, 0), radius_px / 2))


def _average(bgr: BgrImage, radius_px: float) -> BgrImage:
    half = max(round(radius_px * 0.866 - 0.5), 1)
    return cast(BgrImage, cv2.blur(bgr, (2 * half + 1, 2 * half + 1)))


def _median(bgr: BgrImage, radius_px: float) -> BgrImage:
    return cast(BgrImage, cv2.medianBlur(bgr, 2 * round(radius_px) + 1))


def _bilateral(bgr: BgrImage, radius_px: float) -> BgrImage:
    side = 2 * round(radius_px) + 1
    return cast(BgrImage, cv2.bilateralFilter(bgr, side, BILATERAL_LEVELS, radius_px / 2))


def _stack(bgr: BgrImage, radius_px: float) -> BgrImage:
    # A triangle of half + 1 px to either side has a variance of ((half + 1)^2 - 1) / 6.
    half = max(round(math.sqrt(1.5 * radius_px**2 + 1) - 1), 1)
    return cast(BgrImage, cv2.stackBlur(bgr, (2 * half + 1, 2 * half + 1)))


def _aperture(shape: ApertureShape, bgr: BgrImage, radius_px: float) -> BgrImage:
    kernel = aperture_kernel(shape, radius_px)
    return cast(BgrImage, cv2.filter2D(bgr, -1, kernel, borderType=cv2.BORDER_REFLECT))


@dataclass(frozen=True, slots=True)
class Method:
    """A way to blur a whole picture.

    Attributes:
        blur: From H x W x 3 uint8 and a radius of at least 0.5 px to the same, blurred. The radius
            is that of the disc that spreads light as far (equal variance).
        limit_px: Largest radius at which it runs; for larger ones the picture is shrunk first.
    """

    blur: Callable[[BgrImage, float], BgrImage]
    limit_px: float = math.inf


METHODS: dict[BlurMethod, Method] = {
    "gaussian": Method(_gaussian, 8.0),
    "average": Method(_average),
    "median": Method(_median, 6.0),
    "bilateral": Method(_bilateral, 6.0),
    "disc": Method(partial(_aperture, "disc"), 8.0),
    "hexagon": Method(partial(_aperture, "hexagon"), 8.0),
    "octagon": Method(partial(_aperture, "octagon"), 8.0),
    "stack": Method(_stack),
}
"""Every method by its name; the first four are the report's."""


class ClassicRenderer(Renderer):
    """Section 6.2 of the report this project grew from.

    The distance of every point from the plane in focus is normalised to 0 (in focus) .. 1 (the
    farthest from it); ``levels`` versions of the picture, the first one sharp, are blurred with
    growing kernels; each point is taken from the version of its distance.

    It knows pixel values and no light, so lamps do not bloom and its lights have no cat's eyes.

    Args:
        options: The strength of the blur, ``blur_method``, ``far_blur_method``, ``levels`` and
            ``foreground_blur``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._options = options

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        options = self._options
        height, width = bgr.shape[:2]
        largest_px = largest_blur_px(options, (width, height))
        distance = distance_from_focus(
            disparity.values, focus, disparity.far, disparity.near, options.foreground_blur
        )
        distance = cv2.resize(distance, (width, height), interpolation=cv2.INTER_LINEAR)
        # Truncation makes N equal sections; the last one includes its upper end.
        section = np.minimum(
            (distance * np.float32(options.levels)).astype(np.uint8), options.levels - 1
        )
        result = bgr.copy()
        for level in range(1, options.levels):
            mask = np.equal(section, level).view(np.uint8)
            if mask.any():
                radius_px = largest_px * level / (options.levels - 1)
                cv2.copyTo(self._version(bgr, radius_px, level), mask, result)
        return result

    def _version(self, bgr: BgrImage, radius_px: float, level: int) -> BgrImage:
        """The picture blurred by the method, or the mixture of two, of a level."""
        near, far = self._options.blur_method, self._options.far_blur_method
        last = self._options.levels - 1
        share = 1.0 if last == 1 else (level - 1) / (last - 1)
        if far is None or far == near or share == 0:
            return blurred(bgr, radius_px, near)
        if share == 1:
            return blurred(bgr, radius_px, far)
        both = blurred(bgr, radius_px, near), blurred(bgr, radius_px, far)
        return cast(BgrImage, cv2.addWeighted(both[0], 1 - share, both[1], share, 0))


def blurred(bgr: BgrImage, radius_px: float, method: BlurMethod) -> BgrImage:
    """Blur a whole picture.

    Kernels above the method's limit run on a shrunk picture. At a radius of 25.6 px this differs
    from the full kernel by 0.2 to 0.3 8-bit levels on average for the gaussian, 2.1 to 2.7 for
    the median and 3.9 to 7.1 for the bilateral filter, which at full size takes seconds.

    Args:
        bgr: H x W x 3 uint8.
        radius_px: Of the disc that spreads light as far (equal variance).
        method: A name in ``METHODS``.

    Returns:
        H x W x 3 uint8.
    """
    height, width = bgr.shape[:2]
    factor = min(radius_px / METHODS[method].limit_px, width / 4, height / 4)
    if factor <= 1:
        return _unless_tiny(bgr, radius_px, method)
    size = (round(width / factor), round(height / factor))
    small = cast(BgrImage, cv2.resize(bgr, size, interpolation=cv2.INTER_AREA))
    small = _unless_tiny(small, radius_px / factor, method)
    return cast(BgrImage, cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _unless_tiny(bgr: BgrImage, radius_px: float, method: BlurMethod) -> BgrImage:
    return METHODS[method].blur(bgr, radius_px) if round(radius_px) > 0 else bgr
