"""Ground truth for renderers: layered scenes seen through a simulated thin lens.

A scene is a stack of textured planes, upright or slanted, in scene-linear light. Seen from one
point of the aperture, every plane is a perspective (here: affine) picture shifted by its circle
of confusion; what is hidden from one point may be seen from the next. The mean over many points
of the aperture is what a lens gives, bright lamps and half-hidden backgrounds included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.aperture import RIM, ApertureShape, aperture_points
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap

SAMPLES = 1024
"""Points of the aperture; fewer show as grain in discs of more than 25 px radius."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A textured plane of a scene.

    Attributes:
        bgra: H x W x 4 float32, linear light premultiplied by coverage, and coverage 0..1.
            Light may exceed 1 (a lamp).
        left, top: Where its upper left pixel lies in the picture, px; may be negative.
        disparity: (d, d per px right, d per px down), d at the picture's origin.
    """

    bgra: FloatMap
    left: int
    top: int
    disparity: tuple[float, float, float]

    def disparity_at(self, size: tuple[int, int]) -> FloatMap:
        """Disparity over a picture of ``size`` (width, height) px: H x W float32."""
        base, right, down = self.disparity
        y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
        return (base + right * x + down * y).astype(np.float32)

    def put_on(
        self, view: FloatMap, u: float, v: float, focus: float, px_per_disparity: float
    ) -> None:
        """Draw the plane over a view, H x W x 4 float32, from point (u, v) of the aperture."""
        base, right, down = (px_per_disparity * d for d in self.disparity)
        base += right * self.left + down * self.top - px_per_disparity * focus
        matrix = np.array(
            [
                [1 + u * right, u * down, self.left + u * base],
                [v * right, 1 + v * down, self.top + v * base],
            ]
        )
        height, width = self.bgra.shape[:2]
        corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
        reached = corners @ matrix.T
        low = np.maximum(np.floor(reached.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(reached.max(axis=0)).astype(int) + 1, view.shape[1::-1])
        if (high <= low).any():
            return
        matrix[:, 2] -= low
        layer = cv2.warpAffine(self.bgra, matrix, (high - low).tolist(), flags=cv2.INTER_LINEAR)
        part = view[low[1] : high[1], low[0] : high[0]]
        hidden = cv2.merge([cv2.subtract(1.0, cv2.extractChannel(layer, 3))] * 4)
        part *= hidden
        part += layer


@dataclass(frozen=True, slots=True)
class Scene:
    """Planes and the plane to focus on.

    Attributes:
        size: (width, height) px.
        planes: From back to front.
        subject: Disparity of the subject.
    """

    size: tuple[int, int]
    planes: tuple[Plane, ...]
    subject: float

    def photo(self) -> BgrImage:
        """Everything in focus: H x W x 3 uint8, lamps clipped as a camera clips them."""
        return encode_srgb(self._seen_from(0.0, 0.0, 0.0, 0.0)[..., :3])

    def disparity(self) -> DisparityMap:
        """Exact disparity of what the photo shows in each pixel, at the photo's resolution."""
        values = self.planes[0].disparity_at(self.size)
        for plane in self.planes[1:]:
            view = np.zeros((*values.shape, 4), np.float32)
            plane.put_on(view, 0.0, 0.0, 0.0, 0.0)
            np.copyto(values, plane.disparity_at(self.size), where=view[..., 3] >= 0.5)
        return DisparityMap(values, far=float(values.min()), near=float(values.max()))

    def lamps(self) -> NDArray[np.bool_]:
        """H x W bool: pixels of the photo that show something brighter than white."""
        return np.asarray(self._seen_from(0.0, 0.0, 0.0, 0.0)[..., :3].max(axis=2) > 1)

    def focuses(self) -> dict[str, float]:
        """Disparity of three planes: behind the subject, the subject, and in front of it."""
        exact = self.disparity()
        return {"behind": exact.far, "on": self.subject, "front": exact.near}

    def through_lens(
        self,
        focus: float,
        largest_px: float,
        shape: ApertureShape = "disc",
        samples: int = SAMPLES,
        cats_eye: float = 0.0,
    ) -> BgrImage:
        """What a lens sees.

        Args:
            focus: Disparity of the plane in focus.
            largest_px: Blur radius of a point one span (near - far) from the focus.
            shape: Of the aperture.
            samples: Points of the aperture; each sees the planes hide one another.
            cats_eye: Shift of the lens's two rims at the corners, in radii of the aperture: what
                they cut off is seen by nobody there. The picture does not become darker.

        Returns:
            H x W x 3 uint8, averaged in linear light, clipped and gamma-encoded at the end.
        """
        exact = self.disparity()
        total = np.zeros((self.size[1], self.size[0], 4), np.float32)
        for u, v in aperture_points(shape, samples):
            view = self._seen_from(u, v, focus, largest_px / exact.span)
            if cats_eye:
                view *= self._passes_rims(u, v, shape, cats_eye)[..., None]
            cv2.add(total, view, dst=total)
        # The last channel counts the rays that came through: a scene is opaque.
        rays = np.maximum(total[..., 3:], np.float32(1)) if cats_eye else np.float32(samples)
        return encode_srgb(total[..., :3] / rays)

    def _passes_rims(
        self, u: float, v: float, shape: ApertureShape, cats_eye: float
    ) -> NDArray[np.bool_]:
        """Where in the picture a point of the aperture is seen between both rims: H x W."""
        width, height = self.size
        y, x = np.mgrid[:height, :width]
        scale = cats_eye / np.hypot(width, height)  # of half a shift, per px from the middle
        right, down = (x - (width - 1) / 2) * scale, (y - (height - 1) / 2) * scale
        reach = np.maximum(np.hypot(u - right, v - down), np.hypot(u + right, v + down))
        return np.asarray(reach <= RIM[shape])

    def _seen_from(self, u: float, v: float, focus: float, px_per_disparity: float) -> FloatMap:
        view = np.zeros((self.size[1], self.size[0], 4), np.float32)
        for plane in self.planes:
            plane.put_on(view, u, v, focus, px_per_disparity)
        return view


def encode_srgb(linear: FloatMap) -> BgrImage:
    """Linear light (any shape, float32, 1 = white) to uint8 by the sRGB curve, clipped."""
    light = np.clip(linear, 0.0, 1.0)
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return cast(BgrImage, np.rint(curve * 255).astype(np.uint8))


def decode_srgb(encoded: BgrImage) -> FloatMap:
    """8-bit sRGB (any shape) to linear light, 1 = white."""
    level = np.arange(256, dtype=np.float32) / 255
    curve = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return curve.astype(np.float32)[encoded]
