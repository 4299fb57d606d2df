"""Shapes of the aperture as blur kernels, and fast filters that apply them.

A disc is not separable, but a sum of few separable filters comes close: the singular value
decomposition of its kernel gives the best such sum (McGraw 2015, "Fast bokeh effects using
low-rank linear filters"). Small kernels are applied directly, which is exact and no slower.

Towards the corners of the picture, the rims of a real lens cut the light that comes in obliquely:
out-of-focus lights become cat's eyes. The hole that is left is the aperture seen through two rims
that are shifted against each other, along the line from the picture's centre.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.scratch import Scratch

ApertureShape = Literal["disc", "hexagon", "octagon"]

CORNERS: dict[ApertureShape, int] = {"disc": 0, "hexagon": 6, "octagon": 8}
RIM: dict[ApertureShape, float] = {"disc": 1.0, "hexagon": 1.1, "octagon": 1.06}
"""Radius of the rims, in radii of the aperture: they just let all of the aperture through."""
DIRECT_TAPS = 129
"""Kernels of up to 11 x 11 taps are applied directly, in up to half the time of separable ones;
for larger ones OpenCV would take a Fourier transform."""
RANK_ERROR = 0.02
"""Mean error of a separable sum, as a share of the kernel's mean, that is good enough."""
LARGEST_RADIUS_PX = 8.0
"""For larger radii the image is shrunk first: the cost stays bounded whatever the blur."""

TILES = (8, 5)
"""Columns and rows of the picture whose lights share one cat's eye."""
LEAST_CATS_EYE_PX = 1.2
"""Lights of smaller radius have no visible shape."""

MOST_GAINS = 16
"""Tables kept of what tiles make of even light."""

Float32 = NDArray[np.float32]


Shift = tuple[float, float]
"""How far the two rims are shifted against each other, (right, down) in radii of the aperture."""


def inside_aperture(
    x: NDArray[np.float64], y: NDArray[np.float64], shape: ApertureShape, shift: Shift = (0.0, 0.0)
) -> NDArray[np.float64]:
    """How far points lie inside an aperture of radius 1.

    Args:
        x: Positions to the right of the aperture's centre.
        y: Positions below it.
        shape: A polygon has the area of the disc, so that all shapes let the same light through.
        shift: Of the rims. Both move by half of it: what is left is symmetric, and blur does not
            shift the picture.

    Returns:
        Distance to the edge, positive inside; same shape as ``x``.
    """
    inside = _inside_blades(x, y, CORNERS[shape])
    if shift != (0.0, 0.0):
        for side in (-0.5, 0.5):
            rim = RIM[shape] - np.hypot(x + side * shift[0], y + side * shift[1])
            np.minimum(inside, rim, out=inside)
    return inside


def _inside_blades(
    x: NDArray[np.float64], y: NDArray[np.float64], corners: int
) -> NDArray[np.float64]:
    if corners == 0:
        return np.asarray(1.0 - np.hypot(x, y))
    angle = 2 * np.pi / corners
    # Area of a polygon with apothem a: corners a^2 tan(pi / corners).
    apothem = np.sqrt(np.pi / (corners * np.tan(angle / 2)))
    normals = np.arange(corners) * angle + angle / 2
    reach = x[..., None] * np.cos(normals) + y[..., None] * np.sin(normals)
    return np.asarray(apothem - reach.max(axis=-1))


@lru_cache(maxsize=1024)
def aperture_kernel(shape: ApertureShape, radius_px: float, shift: Shift = (0.0, 0.0)) -> Float32:
    """Blur kernel of a point out of focus.

    Args:
        shape: Of the aperture.
        radius_px: Of the disc of the same area, > 0; need not be whole.
        shift: Of the rims; what they cut off is spread over the rest, as the sharp picture has
            its vignetting already.

    Returns:
        K x K float32, K odd, sum 1; pixels that the edge cuts count in part.
    """
    reach = 1.0 if shape == "disc" else 1.1  # corners stick out of the disc of the same area
    half = int(np.ceil(radius_px * reach + 0.5))
    fine = 8
    steps = (np.arange((2 * half + 1) * fine) + 0.5) / fine - half - 0.5
    x, y = np.meshgrid(steps / radius_px, steps / radius_px)
    covered = inside_aperture(x, y, shape, shift) >= 0
    size = 2 * half + 1
    kernel = covered.reshape(size, fine, size, fine).mean(axis=(1, 3))
    while size > 1 and not kernel[0].any() and not kernel[:, 0].any():
        kernel, size = kernel[1:-1, 1:-1], size - 2
    return np.ascontiguousarray(kernel / kernel.sum(), dtype=np.float32)


@lru_cache(maxsize=1024)
def separable_factors(
    shape: ApertureShape, radius_px: float, shift: Shift = (0.0, 0.0)
) -> tuple[tuple[Float32, Float32], ...]:
    """The kernel as a sum of few separable filters.

    Args:
        shape: Of the aperture.
        radius_px: As for ``aperture_kernel``.
        shift: As for ``aperture_kernel``.

    Returns:
        (column, row) of each term, K float32 each, as many as ``RANK_ERROR`` asks for; the kernel
        they add up to has the sum 1.
    """
    kernel = aperture_kernel(shape, radius_px, shift).astype(np.float64)
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


@dataclass(frozen=True)
class Extract:
    """Which part of the picture an image shows.

    Attributes:
        size: (width, height) of the whole picture, px of the image.
        left, top: Where the image's upper left corner lies in it, px of the image.
    """

    size: tuple[int, int]
    left: int = 0
    top: int = 0

    def shrunk(self, factor: int) -> Extract:
        """The same part when ``factor`` pixels become one."""
        size = (-(-self.size[0] // factor), -(-self.size[1] // factor))
        return Extract(size, self.left // factor, self.top // factor)

    def tiles(self, shape: tuple[int, ...]) -> Iterator[tuple[slice, slice, float, float]]:
        """The tiles that an image of this part, of ``shape``, touches.

        Yields:
            Rows and columns of the image, and the tile's place in the picture, (right, down) from
            its middle, in units of the distance of the corners.
        """
        columns = _sections(self.size[0], TILES[0], self.left, shape[1])
        rows = _sections(self.size[1], TILES[1], self.top, shape[0])
        corner = math.hypot(*self.size) / 2
        for row, down in rows:
            for column, right in columns:
                yield row, column, right / corner, down / corner


def _sections(length: int, count: int, start: int, extent: int) -> list[tuple[slice, float]]:
    """Parts of an axis within start..start+extent: slice from ``start``, middle from length/2."""
    edges = [round(i * length / count) for i in range(count + 1)]
    sections = []
    for first, last in pairwise(edges):
        part = slice(max(first - start, 0), min(last - start, extent))
        if part.start < part.stop:
            sections.append((part, (first + last - length) / 2))
    return sections


class ApertureFilter:
    """Blurs images with one aperture; keeps the buffers and tables it needs.

    Args:
        shape: Of the aperture.
        cats_eye: Shift of the rims at the picture's corners, in radii of the aperture.
    """

    def __init__(self, shape: ApertureShape, cats_eye: float = 0.0) -> None:
        self.shape = shape
        self.cats_eye = cats_eye
        self._scratch = Scratch()
        self._gains: dict[tuple[object, ...], Float32] = {}

    def apply(
        self, image: Float32, radius_px: float, out: Float32, extract: Extract | None = None
    ) -> Float32:
        """Blur.

        Args:
            image: H x W or H x W x C float32, C <= 4.
            radius_px: Rounded to 1/8 px. Images are shrunk first for radii above
                ``LARGEST_RADIUS_PX``.
            out: As ``image``, and not it; receives the result.
            extract: Which part of the picture the image shows; by default all of it. Only cat's
                eyes depend on that.

        Returns:
            ``out``. The picture is mirrored at its borders.
        """
        height, width = image.shape[:2]
        extract = extract or Extract((width, height))
        factor = 2 ** max(0, math.ceil(math.log2(max(radius_px, 1) / LARGEST_RADIUS_PX)))
        factor = min(factor, max(1, min(height, width) // 4))
        if factor == 1:
            return self._filter(image, radius_px, out, extract)
        size = (-(-width // factor), -(-height // factor))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        # Shrinking and enlarging blur by themselves as much as a disc of ``factor`` px.
        radius_px = math.sqrt(radius_px**2 - factor**2) / factor
        blurred = self._filter(small, radius_px, np.empty_like(small), extract.shrunk(factor))
        return cast(
            Float32, cv2.resize(blurred, (width, height), out, interpolation=cv2.INTER_LINEAR)
        )

    def _filter(self, image: Float32, radius_px: float, out: Float32, extract: Extract) -> Float32:
        radius_px = round(radius_px * 8) / 8
        if radius_px < 0.5:
            np.copyto(out, image)
            return out
        if self.cats_eye == 0 or radius_px < LEAST_CATS_EYE_PX:
            return self._convolve(image, radius_px, (0.0, 0.0), cv2.BORDER_REFLECT, out)
        key = (radius_px, extract, image.shape[:2])
        gain = self._gains.get(key)
        if gain is None:
            # Neighbouring tiles blur differently, so that they overlap here and miss each other
            # there: what they make of even light tells how much.
            light = np.ones(image.shape[:2], np.float32)
            even = self._by_tiles(light, radius_px, np.empty_like(light), extract)
            if len(self._gains) >= MOST_GAINS:
                self._gains.clear()
            gain = self._gains[key] = cast(Float32, cv2.divide(1.0, even))
        self._by_tiles(image, radius_px, out, extract)
        if image.ndim == 3:
            gain = cast(Float32, cv2.merge([gain] * image.shape[2]))
        return cast(Float32, cv2.multiply(out, gain, dst=out))

    def _convolve(
        self, image: Float32, radius_px: float, shift: Shift, border: int, out: Float32
    ) -> Float32:
        kernel = aperture_kernel(self.shape, radius_px, shift)
        if kernel.size <= DIRECT_TAPS:
            cv2.filter2D(image, -1, kernel, out, borderType=border)
            return out
        term = self._scratch.array("term", image.shape)
        for i, (column, row) in enumerate(separable_factors(self.shape, radius_px, shift)):
            target = term if i else out
            cv2.sepFilter2D(image, -1, row, column, target, borderType=border)
            if i:
                cv2.add(out, term, dst=out)
        return out

    def _by_tiles(
        self, image: Float32, radius_px: float, out: Float32, extract: Extract
    ) -> Float32:
        """Spread the light of each tile by the cat's eye of its place, and add it all up."""
        room = math.ceil(RIM[self.shape] * radius_px + 0.5)
        mirrored = cv2.copyMakeBorder(image, room, room, room, room, cv2.BORDER_REFLECT)
        height, width = image.shape[0] + 4 * room, image.shape[1] + 4 * room
        total = np.zeros((height, width, *image.shape[2:]), np.float32)
        for rows, columns, right, down in extract.tiles(image.shape):
            part = (
                _with_border(rows, image.shape[0], room),
                _with_border(columns, image.shape[1], room),
            )
            tile = mirrored[part]
            if not tile.any():
                continue
            tile = cv2.copyMakeBorder(tile, room, room, room, room, cv2.BORDER_CONSTANT)
            shift = (self.cats_eye * right, self.cats_eye * down)
            spread = self._scratch.array("spread", tile.shape)
            self._convolve(tile, radius_px, shift, cv2.BORDER_CONSTANT, spread)
            target = total[
                part[0].start : part[0].stop + 2 * room, part[1].start : part[1].stop + 2 * room
            ]
            cv2.add(target, spread, dst=target)
        np.copyto(out, total[2 * room : -2 * room, 2 * room : -2 * room])
        return out


def _with_border(part: slice, length: int, room: int) -> slice:
    """A part of an axis in the axis with a border, which belongs to the outermost parts."""
    first = 0 if part.start == 0 else part.start + room
    return slice(first, part.stop + room + (room if part.stop == length else 0))


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
    inside = inside_aperture(points[:, 0], points[:, 1], shape) > 0
    chosen = points[inside][:count]
    return np.asarray(chosen - chosen.mean(axis=0))
