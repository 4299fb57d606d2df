"""The report's algorithm: blurred versions of the picture, stitched by masks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus.base import Renderer
from streamdefocus.defocus.optics import distance_from_focus, largest_radius_px
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

KERNEL_LIMIT_PX = {"gaussian": 8.0, "average": 1e9, "median": 4.0, "bilateral": 4.0}
"""Largest radius at which each method runs; for larger ones the picture is shrunk first."""


class ClassicRenderer(Renderer):
    """Section 6.2 of the report this project grew from.

    The distance of every point from the plane in focus is normalised to 0 (in focus) .. 1 (the
    farthest from it); ``levels`` versions of the picture, the first one sharp, are blurred with
    growing kernels; each point is taken from the version of its distance.

    Args:
        options: ``blur``, ``blur_method`` and ``levels``.
    """

    def __init__(self, options: DefocusOptions) -> None:
        self._options = options

    def render(self, bgr: BgrImage, disparity: DisparityMap, focus: FocusPlane) -> BgrImage:
        """See ``Renderer``."""
        height, width = bgr.shape[:2]
        largest_px = largest_radius_px(self._options.blur, width)
        distance = distance_from_focus(disparity.values, focus, disparity.far, disparity.near)
        distance = cv2.resize(distance, (width, height), interpolation=cv2.INTER_LINEAR)
        levels = self._options.levels
        # Truncation makes N equal sections; the last one includes its upper end.
        section = np.minimum((distance * np.float32(levels)).astype(np.uint8), levels - 1)
        result = bgr.copy()
        for level in range(1, levels):
            mask = cv2.compare(section, level, cv2.CMP_EQ)
            if cv2.hasNonZero(mask):
                radius_px = largest_px * level / (levels - 1)
                cv2.copyTo(blurred(bgr, radius_px, self._options.blur_method), mask, result)
        return result


def blurred(bgr: BgrImage, radius_px: float, method: str) -> BgrImage:
    """Blur a whole picture.

    Args:
        bgr: H x W x 3 uint8.
        radius_px: Of the disc that spreads light as far (equal variance).
        method: ``gaussian``, ``average``, ``median`` or ``bilateral``.

    Returns:
        H x W x 3 uint8.
    """
    height, width = bgr.shape[:2]
    factor = 1
    while radius_px / factor > KERNEL_LIMIT_PX[method] and min(height, width) >= 4 * factor:
        factor *= 2
    if factor == 1:
        return _kernel(bgr, radius_px, method)
    small_size = (-(-width // factor), -(-height // factor))
    small = cv2.resize(bgr, small_size, interpolation=cv2.INTER_AREA)
    small = _kernel(small, radius_px / factor, method)
    return np.asarray(
        cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8
    )


def _kernel(bgr: BgrImage, radius_px: float, method: str) -> BgrImage:
    half = max(round(radius_px), 0)
    if half == 0:
        return bgr
    result: NDArray[np.uint8]
    if method == "gaussian":
        # A disc's variance along one axis is a quarter of its squared radius.
        result = cv2.GaussianBlur(bgr, (0, 0), radius_px / 2)
    elif method == "average":
        half = max(round(radius_px * 0.866), 1)
        result = cv2.blur(bgr, (2 * half + 1, 2 * half + 1))
    elif method == "median":
        result = cv2.medianBlur(bgr, 2 * half + 1)
    else:
        result = cv2.bilateralFilter(bgr, 2 * half + 1, 75.0, radius_px / 2)
    return result
