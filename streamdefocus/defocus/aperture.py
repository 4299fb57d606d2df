"""Shapes of the aperture as blur kernels, and fast filters that apply them.

A disc is not separable, but a sum of few separable filters comes close: the singular value
decomposition of its kernel gives the best such sum (McGraw 2015, "Fast bokeh effects using
low-rank linear filters"). Small kernels are applied directly, which is exact and no slower.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.scratch import Scratch

ApertureShape = Literal["disc", "hexagon", "octagon"]

CORNERS: dict[ApertureShape, int] = {"disc": 0, "hexagon": 6, "octagon": 8}
DIRECT_RADIUS_PX = 4.0
"""Up to here (9 x 9 taps) the direct filter is used."""
RANK_ERROR = 0.02
"""Mean error of a separable sum, as a share of the kernel's mean, that is good enough."""
LARGEST_RADIUS_PX = 8.0
"""For larger radii the image is shrunk first: the cost stays bounded whatever the blur."""

Float32 = NDArray[np.float32]


def inside_aperture(
    x: NDArray[np.float64], y: NDArray[np.float64], corners: int
) -> NDArray[np.float64]:
    """How far points lie inside an aperture of radius 1.

    Args:
        x: Positions to the right of the aperture's centre.
        y: Positions below it.
        corners: 0 for a disc, else those of a regular polygon. A polygon has the area of the
            disc, so that all shapes let the same light through.

    Returns:
        Distance to the edge, positive inside; same shape as ``x``.
    """
    if corners == 0:
        return 1.0 - np.hypot(x, y)
    angle = 2 * np.pi / corners
    # Area of a polygon with apothem a: corners a^2 tan(pi / corners).
    apothem = np.sqrt(np.pi / (corners * np.tan(angle / 2)))
    normals = np.arange(corners) * angle + angle / 2
    reach = x[..., None] * np.cos(normals) + y[..., None] * np.sin(normals)
    return np.asarray(apothem - reach.max(axis=-1))


@lru_cache(maxsize=256)
def aperture_kernel(shape: ApertureShape, radius_px: float) -> Float32:
    """Blur kernel of a point out of focus.

    Args:
        shape: Of the aperture.
        radius_px: Of the disc of the same area, > 0; need not be whole.

    Returns:
        K x K float32, K odd, sum 1; pixels that the edge cuts count in part.
    """
    reach = 1.0 if shape == "disc" else 1.1  # corners stick out of the disc of the same area
    half = int(np.ceil(radius_px * reach + 0.5))
    fine = 8
    steps = (np.arange((2 * half + 1) * fine) + 0.5) / fine - half - 0.5
    x, y = np.meshgrid(steps / radius_px, steps / radius_px)
    covered = inside_aperture(x, y, CORNERS[shape]) >= 0
    size = 2 * half + 1
    kernel = covered.reshape(size, fine, size, fine).mean(axis=(1, 3))
    while size > 1 and not kernel[0].any() and not kernel[:, 0].any():
        kernel, size = kernel[1:-1, 1:-1], size - 2
    return np.ascontiguousarray(kernel / kernel.sum(), dtype=np.float32)


@lru_cache(maxsize=256)
def separable_factors(
    shape: ApertureShape, radius_px: float
) -> tuple[tuple[Float32, Float32], ...]:
    """The kernel as a sum of few separable filters.

    Args:
        shape: Of the aperture.
        radius_px: As for ``aperture_kernel``.

    Returns:
        (column, row) of each term, K float32 each, as many as ``RANK_ERROR`` asks for; the kernel
        they add up to has the sum 1.
    """
    kernel = aperture_kernel(shape, radius_px).astype(np.float64)
    left, weights, right = np.linalg.svd(kernel)
    columns, rows = left * np.sqrt(weights), right * np.sqrt(weights)[:, None]
    rank = 1
    while np.abs(columns[:, :rank] @ rows[:rank] - kernel).mean() > RANK_ERROR * kernel.mean():
        rank += 1
    total = float((columns[:, :rank] @ rows[:rank]).sum())
    return tuple(
        ((columns[:, i] / total).astype(np.float32), rows[i].astype(np.float32))
        for i in range(rank)
    )


class ApertureFilter:
    """Blurs images with one aperture shape; keeps the buffers it needs.

    Args:
        shape: Of the aperture.
    """

    def __init__(self, shape: ApertureShape) -> None:
        self.shape = shape
        self._scratch = Scratch()

    def apply(self, image: Float32, radius_px: float, out: Float32) -> Float32:
        """Blur.

        Args:
            image: H x W x C float32, C <= 4.
            radius_px: Rounded to 1/8 px. Images are shrunk first for radii above
                ``LARGEST_RADIUS_PX``.
            out: H x W x C float32, not ``image``; receives the result.

        Returns:
            ``out``. The picture is mirrored at its borders.
        """
        height, width = image.shape[:2]
        factor = 2 ** max(0, math.ceil(math.log2(max(radius_px, 1) / LARGEST_RADIUS_PX)))
        factor = min(factor, max(1, min(height, width) // 4))
        if factor == 1:
            return self._filter(image, radius_px, out)
        size = (-(-width // factor), -(-height // factor))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        # Shrinking and enlarging blur by themselves as much as a disc of ``factor`` px.
        radius_px = math.sqrt(radius_px**2 - factor**2) / factor
        blurred = self._filter(small, radius_px, np.empty_like(small))
        return cast(
            Float32, cv2.resize(blurred, (width, height), out, interpolation=cv2.INTER_LINEAR)
        )

    def _filter(self, image: Float32, radius_px: float, out: Float32) -> Float32:
        radius_px = round(radius_px * 8) / 8
        if radius_px < 0.5:
            np.copyto(out, image)
            return out
        border = cv2.BORDER_REFLECT
        if radius_px <= DIRECT_RADIUS_PX:
            cv2.filter2D(image, -1, aperture_kernel(self.shape, radius_px), out, borderType=border)
            return out
        term = self._scratch.array("term", image.shape)
        for i, (column, row) in enumerate(separable_factors(self.shape, radius_px)):
            target = term if i else out
            cv2.sepFilter2D(image, -1, row, column, target, borderType=border)
            if i:
                cv2.add(out, term, dst=out)
        return out


def aperture_points(shape: ApertureShape, count: int) -> NDArray[np.float64]:
    """Points spread evenly over an aperture of radius 1.

    Args:
        shape: Of the aperture.
        count: How many.

    Returns:
        count x 2 (right, down), mean 0: the low-discrepancy sequence R2 (Roberts 2018), the
        points outside left out.
    """
    golden = 1.32471795724474602596  # the root of x^3 = x + 1
    steps = np.arange(1, 2 * count + 64)[:, None] * [1 / golden, 1 / golden**2]
    points = ((0.5 + steps) % 1 * 2 - 1) * 1.1
    inside = inside_aperture(points[:, 0], points[:, 1], CORNERS[shape]) > 0
    chosen = points[inside][:count]
    return np.asarray(chosen - chosen.mean(axis=0))
