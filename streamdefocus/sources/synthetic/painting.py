"""Painting with perspective: flat faces of a room, and rounded shapes on cards.

Everything is given in metres in the camera's frame (X right, Y down, Z forward, the camera at the
origin) and in linear light; disparity is painted beside the picture, from the same geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap

DISPARITY_M = 0.2
"""Disparity (fraction of the width) of a point one metre away: focal length times baseline."""

_SUBPIXEL_BITS = 4
_OVERSAMPLING = 2

Colour = NDArray[np.float32]
"""Three numbers, blue-green-red, linear light; 1 is white paper in full light."""

Texture = Callable[[FloatMap, FloatMap, FloatMap], NDArray[np.float32]]
"""(u, v, metres a pixel) -> linear BGR, H x W x 3; u runs across the face and v down it, metres."""


def colour(code: str, light: float = 1.0) -> Colour:
    """The linear colour of a web colour such as ``#d9a441``, times ``light``."""
    rgb = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return np.asarray(np.power(rgb, 2.2)[::-1] * light, np.float32)


def develop(linear: NDArray[np.float32]) -> BgrImage:
    """Linear light (0..) to a display-referred picture; lights roll off instead of clipping."""
    encoded = np.power(1 - np.exp(-1.5 * np.maximum(linear, 0)), 1 / 2.2)
    picture: BgrImage = (encoded * 255 + 0.5).astype(np.uint8)
    return picture


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at the origin that looks along Z."""

    width: int
    height: int

    @property
    def focal_px(self) -> float:
        """Focal length in pixels: 61 degrees across the longer side."""
        return 0.85 * max(self.width, self.height)

    @property
    def centre_px(self) -> tuple[float, float]:
        """Where the optical axis meets the picture; pixel centres are whole numbers."""
        return (self.width - 1) / 2, (self.height - 1) / 2

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points N x 3 in metres (Z > 0) to N x 2 pixels."""
        points = np.asarray(points, np.float64)
        return points[:, :2] / points[:, 2:] * self.focal_px + np.array(self.centre_px)


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


class Noise:
    """Smooth, repeatable noise over the plane."""

    def __init__(self, seed: int) -> None:
        grid = np.random.default_rng(seed).random((256, 256), np.float32)
        self._grid = np.ascontiguousarray(np.pad(grid, (0, 1), mode="wrap"))

    def __call__(self, u: FloatMap, v: FloatMap, cell: float | tuple[float, float]) -> FloatMap:
        """Noise 0..1 whose cells are ``cell`` metres wide (and high) at (u, v)."""
        wide, high = cell if isinstance(cell, tuple) else (cell, cell)
        x = np.mod(u / wide, 256).astype(np.float32)
        y = np.mod(v / high, 256).astype(np.float32)
        return cv2.remap(self._grid, x, y, cv2.INTER_LINEAR).astype(np.float32, copy=False)


def stripes(position: FloatMap, period: float, width: float, pixel: FloatMap | float) -> FloatMap:
    """1 on lines of ``width`` every ``period``, 0 between, antialiased over ``pixel`` (metres)."""
    distance = np.abs(np.mod(position + period / 2, period) - period / 2)
    soft = np.maximum(pixel, 1e-4)
    drawn = np.clip((width / 2 - distance) / soft + 0.5, 0, 1)
    # Lines finer than a pixel keep their mean brightness instead of shimmering.
    return np.asarray(drawn * np.minimum(1, width / soft), np.float32)


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
        box = _clipped_box(outline, self.camera)
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), np.uint8)
        _fill(mask, outline - (left, top), 255)
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
        box = _clipped_box(outline, self.camera)
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
        total = np.broadcast_to(self.ambient, points.shape).astype(np.float32)
        for lamp in self.lamps:
            to_lamp = np.array(lamp.place, np.float32) - points
            squared = np.einsum("ijk,ijk->ij", to_lamp, to_lamp) + 0.05
            facing = np.maximum(to_lamp @ unit, 0) / np.sqrt(squared)
            total += (facing / squared)[..., None] * lamp.light
        return total

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
    def premultiplied(self) -> NDArray[np.uint8]:
        """H x W x 4 uint8: display-referred BGR times alpha, and alpha."""
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
        box = _clipped_box(
            corners @ move[:, :2].T + move[:, 2], Camera(target.shape[1], target.shape[0])
        )
        if box is None:
            return
        left, top, right, bottom = box
        matrix = move.copy()
        matrix[:, 2] += move[:, :2] @ np.array([x, y]) - (left, top)
        size = (right - left, bottom - top)
        if picture is not None:
            moved = cv2.warpAffine(self.premultiplied, matrix, size)
            under = picture[top:bottom, left:right]
            shade = cv2.cvtColor(255 - moved[..., 3], cv2.COLOR_GRAY2BGR)
            dimmed = cv2.multiply(under, shade, scale=1 / 255)
            cv2.add(dimmed, moved[..., :3], dst=dimmed)
            picture[top:bottom, left:right] = dimmed
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
        box = _clipped_box(points, Camera(width, height))
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), np.uint8)
        _fill(mask, points - (left, top), 255)
        bulge = self._bulge(mask, round_m)
        albedo = paint if isinstance(paint, np.ndarray) else paint(*self._metres(box))
        light = albedo if glows else albedo * self._lit(bulge, round_m)
        weight = mask[..., None].astype(np.float32) / 255
        under = self._linear[top:bottom, left:right]
        # Unmultiplied colour: over empty card the paint replaces, over paint it blends.
        covered = self._alpha[top:bottom, left:right, None].astype(np.float32) / 255
        total = weight + covered * (1 - weight)
        np.divide(
            light * weight + under * covered * (1 - weight), total, out=under, where=total > 0
        )
        self._alpha[top:bottom, left:right] = (total[..., 0] * 255 + 0.5).astype(np.uint8)
        np.copyto(self._height_m[top:bottom, left:right], bulge + near_m, where=mask >= 128)

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
        """What was painted, at the picture's resolution."""
        size = (self._alpha.shape[1] // _OVERSAMPLING, self._alpha.shape[0] // _OVERSAMPLING)
        weight = self._alpha.astype(np.float32)[..., None] / 255
        alpha = cv2.resize(self._alpha, size, interpolation=cv2.INTER_AREA)
        light = cv2.resize(self._linear * weight, size, interpolation=cv2.INTER_AREA)
        linear = light / np.maximum(alpha[..., None].astype(np.float32) / 255, 1 / 255)
        height = cv2.resize(self._height_m, size, interpolation=cv2.INTER_NEAREST)
        disparity = (DISPARITY_M / (self.z - height)).astype(np.float32)
        return Sprite(self.corner_px, linear.astype(np.float32), alpha, disparity)

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
        inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
        inside = inside / max(float(inside.max()), 1.0)
        # A quarter circle from the border to the ridge; the blur removes the ridge's crease.
        bulge = np.sqrt(np.clip(1 - (1 - inside) ** 2, 0, 1)).astype(np.float32)
        sigma = 0.04 * (mask.shape[0] + mask.shape[1]) / 2
        return cv2.GaussianBlur(bulge, (0, 0), max(sigma, 0.8)).astype(np.float32) * round_m

    def _lit(self, bulge: FloatMap, round_m: float) -> NDArray[np.float32]:
        steep = self._scale * _OVERSAMPLING * (1.6 if round_m else 0)
        dx = cv2.Sobel(bulge, cv2.CV_32F, 1, 0, scale=1 / 8) * -steep
        dy = cv2.Sobel(bulge, cv2.CV_32F, 0, 1, scale=1 / 8) * -steep
        length = np.sqrt(dx * dx + dy * dy + 1)
        total = np.broadcast_to(self.light, (*bulge.shape, 3)).astype(np.float32)
        for (x, y, z), light in self.suns:
            facing = np.maximum((dx * x + dy * y + z) / length, 0)
            total += facing[..., None] * light
        return total


def smooth(points: Sequence[tuple[float, float]], closed: bool = True) -> NDArray[np.float64]:
    """A smooth curve through the points (Catmull-Rom spline), N x 2."""
    given = np.array(points, np.float64)
    if not closed:
        given = np.concatenate([given[:1], given, given[-1:]])
    count = len(given) if closed else len(given) - 3
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for i in range(count):
        a, b, c, d = (given[(i + k - (1 if closed else 0)) % len(given)] for k in range(4))
        pieces.append(
            b
            + t * (c - a) / 2
            + t**2 * (2 * a - 5 * b + 4 * c - d) / 2
            + t**3 * (3 * b - a - 3 * c + d) / 2
        )
    curve = np.concatenate(pieces)
    return curve if closed else np.concatenate([curve, given[-2:-1]])


def ellipse(x: float, y: float, wide: float, high: float, turn: float = 0) -> NDArray[np.float64]:
    """An ellipse with half axes ``wide`` and ``high``, turned by ``turn`` radians; 48 x 2."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    points = np.stack([wide * np.cos(angle), high * np.sin(angle)], 1)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return points @ rotation + (x, y)


def _fill(mask: NDArray[np.uint8], outline: NDArray[np.floating], value: int) -> None:
    points = np.round(np.asarray(outline) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [points], value, cv2.LINE_AA, _SUBPIXEL_BITS)


def _clipped_box(points: NDArray[np.floating], camera: Camera) -> tuple[int, int, int, int] | None:
    left, top = np.floor(points.min(0)).astype(int) - 1
    right, bottom = np.ceil(points.max(0)).astype(int) + 2
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, camera.width), min(bottom, camera.height)
    return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None
