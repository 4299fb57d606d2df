"""Rounded shapes painted on cards that face the camera, and moved as sprites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.sources.synthetic.painting import (
    DISPARITY_M,
    Camera,
    Colour,
    Texture,
    clipped_box,
    develop,
    fill,
)

_OVERSAMPLING = 2


@dataclass(frozen=True)
class Sprite:
    """Painted shapes on a card, ready to be moved.

    Attributes:
        corner_px: Where its top left pixel is when at rest; (x, y).
        linear: H x W x 3 float32 linear BGR, not multiplied by alpha.
        alpha: H x W uint8.
        disparity: H x W float32, fraction of the width, defined under alpha 0 as well.
    """

    corner_px: tuple[int, int]
    linear: NDArray[np.float32]
    alpha: NDArray[np.uint8]
    disparity: FloatMap

    @cached_property
    def over(self) -> NDArray[np.uint8]:
        """What drawing needs: H x W x 4, display-referred BGR times alpha, and alpha.

        Four channels because OpenCV moves them in less than half the time of three.
        """
        alpha = self.alpha[..., None].astype(np.float32) / 255
        bgr = develop(self.linear).astype(np.float32) * alpha
        return np.dstack([(bgr + 0.5).astype(np.uint8), self.alpha])

    def draw(
        self, picture: BgrImage | None, disparity: FloatMap | None, move: NDArray[np.float64]
    ) -> None:
        """Draw it moved, over what is there.

        Args:
            picture: H x W x 3 to draw into, or None.
            disparity: H x W to draw into, or None.
            move: 2 x 3, a similarity from pixels at rest to pixels now. Its scale is taken as a
                move along the optical axis: disparity grows with the size.
        """
        target = picture if picture is not None else disparity
        if target is None:
            return
        scale = float(np.sqrt(abs(np.linalg.det(move[:, :2]))))
        height, width = self.alpha.shape
        x, y = self.corner_px
        corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
        box = clipped_box(
            corners @ move[:, :2].T + move[:, 2], Camera(target.shape[1], target.shape[0])
        )
        if box is None:
            return
        left, top, right, bottom = box
        matrix = move.copy()
        matrix[:, 2] += move[:, :2] @ np.array([x, y]) - (left, top)
        size = (right - left, bottom - top)
        if picture is not None:
            moved = cv2.warpAffine(self.over, matrix, size)
            kept = cv2.merge([cv2.bitwise_not(cv2.extractChannel(moved, 3))] * 3)
            under = picture[top:bottom, left:right]
            cv2.multiply(under, kept, dst=under, scale=1 / 255)
            cv2.add(under, cv2.cvtColor(moved, cv2.COLOR_BGRA2BGR), dst=under)
        if disparity is not None:
            alpha = cv2.warpAffine(self.alpha, matrix, size)
            values = cv2.warpAffine(self.disparity, matrix, size, borderMode=cv2.BORDER_REPLICATE)
            np.copyto(disparity[top:bottom, left:right], values * scale, where=alpha >= 128)


@dataclass
class Card:
    """A plane that faces the camera, ``z`` metres away, on which rounded shapes are painted.

    Args:
        camera: Who looks at it.
        z: Distance, metres.
        bounds: Left, top, right, bottom of what will be painted, metres.
        light: Linear BGR of the ambient light.
        sun: Direction towards the main light (x, y, z towards the camera) and its colour.
    """

    camera: Camera
    z: float
    bounds: tuple[float, float, float, float]
    light: Colour
    suns: Sequence[tuple[tuple[float, float, float], Colour]]
    _linear: NDArray[np.float32] = field(init=False)
    _alpha: NDArray[np.uint8] = field(init=False)
    _height_m: FloatMap = field(init=False)

    def __post_init__(self) -> None:
        left, top, right, bottom = self.bounds
        self._scale = self.camera.focal_px / self.z
        self.corner_px = (
            int(np.floor(left * self._scale + self.camera.centre_px[0])),
            int(np.floor(top * self._scale + self.camera.centre_px[1])),
        )
        shape = (
            int(np.ceil((bottom - top) * self._scale) + 2) * _OVERSAMPLING,
            int(np.ceil((right - left) * self._scale) + 2) * _OVERSAMPLING,
        )
        self._linear = np.zeros((*shape, 3), np.float32)
        self._alpha = np.zeros(shape, np.uint8)
        self._height_m = np.zeros(shape, np.float32)

    def shape(
        self,
        outline: NDArray[np.floating],
        paint: Colour | Texture,
        *,
        round_m: float = 0.0,
        near_m: float = 0.0,
        glows: bool = False,
    ) -> None:
        """Paint a closed shape over what is there.

        Args:
            outline: N x 2 points, metres on the card (x right, y down, 0 on the optical axis).
            paint: A colour or a texture in metres on the card.
            round_m: How far its middle bulges towards the camera; 0 is flat paper.
            near_m: How far in front of the card it is.
            glows: It sends its own light.
        """
        points = self._pixels(outline)
        height, width = self._alpha.shape
        box = clipped_box(points, Camera(width, height))
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), np.uint8)
        fill(mask, points - (left, top), 255)
        bulge = self._bulge(mask, round_m)
        albedo = paint if isinstance(paint, np.ndarray) else paint(*self._metres(box))
        light = albedo if glows else albedo * self._lit(bulge, round_m)
        self._blend(box, mask, np.asarray(light, np.float32))
        np.copyto(self._height_m[top:bottom, left:right], bulge + near_m, where=mask >= 128)

    def _blend(
        self, box: tuple[int, int, int, int], mask: NDArray[np.uint8], light: NDArray[np.float32]
    ) -> None:
        """Paint one colour, or one a pixel, where the mask is."""
        left, top, right, bottom = box
        linear, alpha = self._linear[top:bottom, left:right], self._alpha[top:bottom, left:right]
        # Hairs are many, and each covers next to nothing of its box.
        painted = np.nonzero(mask)
        weight = mask[painted][:, None].astype(np.float32) / 255
        covered = alpha[painted][:, None].astype(np.float32) / 255 * (1 - weight)
        # Colours are not multiplied by alpha: over empty card the paint replaces, else it blends.
        total = weight + covered
        new = light if light.ndim == 1 else light[painted]
        linear[painted] = (new * weight + linear[painted] * covered) / total
        alpha[painted] = (total[:, 0] * 255 + 0.5).astype(np.uint8)

    def strand(self, path: NDArray[np.floating], paint: Colour, width_m: float) -> None:
        """Paint a thin line along N x 2 points, metres on the card."""
        points = np.asarray(path, np.float64)
        along = np.gradient(points, axis=0)
        along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        side = np.stack([-along[:, 1], along[:, 0]], 1) * width_m / 2
        side *= np.linspace(1, 0.25, len(points))[:, None]
        self.shape(np.concatenate([points + side, (points - side)[::-1]]), paint)

    @cached_property
    def sprite(self) -> Sprite:
        """What was painted, at the picture's resolution, cut to what is not empty."""
        size = (self._alpha.shape[1] // _OVERSAMPLING, self._alpha.shape[0] // _OVERSAMPLING)
        weight = self._alpha.astype(np.float32)[..., None] / 255
        alpha = np.asarray(cv2.resize(self._alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
        light = cv2.resize(self._linear * weight, size, interpolation=cv2.INTER_AREA)
        linear = light / np.maximum(alpha[..., None].astype(np.float32) / 255, 1 / 255)
        height = cv2.resize(self._height_m, size, interpolation=cv2.INTER_NEAREST)
        disparity = (DISPARITY_M / (self.z - height)).astype(np.float32)
        left, top, wide, high = cv2.boundingRect(alpha)
        kept = np.s_[max(top - 1, 0) : top + high + 1, max(left - 1, 0) : left + wide + 1]
        corner = (self.corner_px[0] + kept[1].start, self.corner_px[1] + kept[0].start)
        return Sprite(corner, linear[kept].astype(np.float32), alpha[kept], disparity[kept])

    def _pixels(self, outline: NDArray[np.floating]) -> NDArray[np.float64]:
        centre = np.array(self.camera.centre_px) - self.corner_px
        points = np.asarray(outline, np.float64) * self._scale + centre
        return (points + 0.5) * _OVERSAMPLING - 0.5

    def _metres(self, box: tuple[int, int, int, int]) -> tuple[FloatMap, FloatMap, FloatMap]:
        left, top, right, bottom = box
        x0, y0 = np.array(self.camera.centre_px) - self.corner_px
        x = ((np.arange(left, right) + 0.5) / _OVERSAMPLING - 0.5 - x0) / self._scale
        y = ((np.arange(top, bottom) + 0.5) / _OVERSAMPLING - 0.5 - y0) / self._scale
        u, v = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        return u, v, np.full_like(u, 1 / self._scale)

    def _bulge(self, mask: NDArray[np.uint8], round_m: float) -> FloatMap:
        if not round_m:
            return np.zeros(mask.shape, np.float32)
        solid = np.pad((mask >= 128).astype(np.uint8), 1)
        distance = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
        inside = distance / max(float(distance.max()), 1.0)
        # A quarter circle from the border to the ridge; the blur removes the ridge's crease.
        bulge = np.sqrt(np.clip(1 - (1 - inside) ** 2, 0, 1)).astype(np.float32)
        sigma = 0.02 * (mask.shape[0] + mask.shape[1])
        return _blurred(bulge, max(sigma, 0.8)) * np.float32(round_m)

    def _lit(self, bulge: FloatMap, round_m: float) -> NDArray[np.float32]:
        if not round_m:
            facing_us = [np.float32(direction[2]) * light for direction, light in self.suns]
            return np.asarray(self.light + sum(facing_us), np.float32)
        steep = self._scale * _OVERSAMPLING * 1.6
        dx = cv2.Sobel(bulge, cv2.CV_32F, 1, 0, scale=1 / 8) * -steep
        dy = cv2.Sobel(bulge, cv2.CV_32F, 0, 1, scale=1 / 8) * -steep
        length = np.sqrt(dx * dx + dy * dy + 1)
        total = np.tile(self.light, (*bulge.shape, 1))
        for (x, y, z), light in self.suns:
            facing = np.maximum((dx * x + dy * y + z) / length, 0)
            total += np.asarray(facing[..., None], np.float32) * light
        return total


def _blurred(image: FloatMap, sigma: float) -> FloatMap:
    """A Gaussian blur; wide ones work on a smaller image."""
    step = max(int(sigma / 3), 1)
    height, width = image.shape
    small = (max(width // step, 1), max(height // step, 1))
    shrunk = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(shrunk, (0, 0), sigma / step)
    return np.asarray(cv2.resize(blurred, (width, height)), np.float32)
