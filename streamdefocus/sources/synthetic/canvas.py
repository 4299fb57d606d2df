"""A canvas on which flat faces are painted in perspective, with their disparity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic.cards import Card
from streamdefocus.sources.synthetic.painting import (
    DISPARITY_M,
    Camera,
    Colour,
    Texture,
    clipped_box,
    fill,
)


@dataclass(frozen=True)
class Face:
    """A rectangle in space: a corner and its two perpendicular edges, metres."""

    corner: tuple[float, float, float]
    across: tuple[float, float, float]
    down: tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A point light: where (metres) and how bright (linear BGR at one metre)."""

    place: tuple[float, float, float]
    light: Colour


class Canvas:
    """A picture in linear light and the disparity of what is painted in it.

    Attributes:
        linear: H x W x 3 float32, blue-green-red, linear light.
        disparity: H x W float32, fraction of the width.
    """

    def __init__(self, camera: Camera, lamps: Sequence[Lamp], ambient: Colour) -> None:
        self.camera = camera
        self.lamps = lamps
        self.ambient = ambient
        self.linear = np.zeros((camera.height, camera.width, 3), np.float32)
        self.disparity = np.full((camera.height, camera.width), 1e-3, np.float32)

    def face(
        self, face: Face, texture: Texture, *, glows: bool = False, corners: float = 0
    ) -> None:
        """Paint a rectangle; hidden parts must be painted before what hides them.

        Args:
            face: The rectangle; faces seen from behind are painted too.
            texture: What it looks like in white light.
            glows: It sends its own light (a window, a screen) and ignores the lamps.
            corners: How dark its borders are, 0..1: the light that corners of a room lose.
        """
        corner = np.array(face.corner, np.float64)
        across, down = np.array(face.across, np.float64), np.array(face.down, np.float64)
        outline = self.camera.project(
            np.array([corner, corner + across, corner + across + down, corner + down])
        )
        box = clipped_box(outline, self.camera)
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), np.uint8)
        fill(mask, outline - (left, top), 255)
        points, inverse_z = self._points(box, corner, np.cross(across, down))
        width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
        local = points - corner.astype(np.float32)
        u = local @ (across / width).astype(np.float32)
        v = local @ (down / height).astype(np.float32)
        pixel = (1 / (inverse_z * self.camera.focal_px)).astype(np.float32)
        light = texture(u, v, pixel)
        if not glows:
            light = light * self._lit(points, np.cross(across, down))
        if corners:
            edge = np.minimum(np.minimum(u, width - u), np.minimum(v, height - v))
            light = light * (1 - corners * np.exp(-np.maximum(edge, 0) / 0.25))[..., None]
        self._blend(box, mask, light, (inverse_z * DISPARITY_M).astype(np.float32))

    def glow(self, place: tuple[float, float, float], radius: float, light: Colour) -> None:
        """Add the soft halo of a light, ``radius`` metres wide."""
        (x, y) = self.camera.project(np.array([place]))[0]
        reach = radius / place[2] * self.camera.focal_px
        outline = np.array([[x - 3 * reach, y - 3 * reach], [x + 3 * reach, y + 3 * reach]])
        box = clipped_box(outline, self.camera)
        if box is None:
            return
        left, top, right, bottom = box
        rows, columns = np.ogrid[top:bottom, left:right]
        falloff = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (reach / 1.5) ** 2))
        self.linear[top:bottom, left:right] += falloff[..., None].astype(np.float32) * light

    def card(self, card: Card) -> None:
        """Paint a card where it stands."""
        sprite = card.sprite
        height, width = sprite.disparity.shape
        left, top = sprite.corner_px
        box = (max(left, 0), max(top, 0))
        end = (min(left + width, self.camera.width), min(top + height, self.camera.height))
        if box[0] >= end[0] or box[1] >= end[1]:
            return
        inside = np.s_[box[1] - top : end[1] - top, box[0] - left : end[0] - left]
        self._blend(
            (*box, *end), sprite.alpha[inside], sprite.linear[inside], sprite.disparity[inside]
        )

    def _points(
        self,
        box: tuple[int, int, int, int],
        corner: NDArray[np.float64],
        normal: NDArray[np.float64],
    ) -> tuple[NDArray[np.float32], FloatMap]:
        left, top, right, bottom = box
        x0, y0 = self.camera.centre_px
        x = (np.arange(left, right, dtype=np.float32) - x0) / self.camera.focal_px
        y = (np.arange(top, bottom, dtype=np.float32) - y0) / self.camera.focal_px
        rays = np.ones((bottom - top, right - left, 3), np.float32)
        rays[..., 0], rays[..., 1] = x[None, :], y[:, None]
        # 1/Z of a plane is affine in the picture; outside the face it may be of any sign.
        inverse_z = (rays @ normal.astype(np.float32)) / np.float32(normal @ corner)
        inverse_z = np.maximum(inverse_z, 1e-3).astype(np.float32)
        return rays / inverse_z[..., None], inverse_z

    def _lit(self, points: NDArray[np.float32], normal: NDArray[np.float64]) -> NDArray[np.float32]:
        unit = normal / np.linalg.norm(normal)
        unit = (unit * -np.sign(unit @ points[0, 0]) if unit @ points[0, 0] else unit).astype(
            np.float32
        )
        height, width = points.shape[:2]
        # Light changes slowly over a face: a sixteenth of a large one's pixels will do.
        step = 4 if min(height, width) > 64 else 1
        points = points[step // 2 :: step, step // 2 :: step]
        total = np.broadcast_to(self.ambient, points.shape).astype(np.float32)
        for lamp in self.lamps:
            to_lamp = np.array(lamp.place, np.float32) - points
            squared = np.einsum("ijk,ijk->ij", to_lamp, to_lamp) + 0.05
            facing = np.maximum(to_lamp @ unit, 0) / np.sqrt(squared)
            total += (facing / squared)[..., None] * lamp.light
        return np.asarray(cv2.resize(total, (width, height)), np.float32)

    def _blend(
        self,
        box: tuple[int, int, int, int],
        mask: NDArray[np.uint8],
        light: NDArray[np.float32],
        disparity: FloatMap,
    ) -> None:
        left, top, right, bottom = box
        under = self.linear[top:bottom, left:right]
        under += (light - under) * (mask[..., None].astype(np.float32) / 255)
        np.copyto(self.disparity[top:bottom, left:right], disparity, where=mask >= 128)
