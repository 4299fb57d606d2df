"""Draws a scene: which piece each pixel sees, then what it looks like there.

Disparity is that of the pieces themselves, not of a mesh of the picture: every view is drawn on
its own, so both are exact, and what one of them does not see is exact as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.training.synthetic.library import LEVEL_X, LEVEL_Y, LEVELS, Library
from streamdefocus.training.synthetic.lighting import Lighting
from streamdefocus.training.synthetic.patterns import TILE_PX
from streamdefocus.training.synthetic.scene import Pieces, Points

SAMPLES = 2
"""Samples along either side of a pixel."""

_NEAREST_M = 0.02
_TOGETHER = 64  # pieces whose places are found at once, and
_BAND = 16  # rows shaded at once: their arrays stay in the processor's cache
_LEVEL_PX = (TILE_PX >> np.arange(LEVELS)).astype(np.float32)
_LEVEL_X, _LEVEL_Y = (np.asarray(values, np.float32) for values in (LEVEL_X, LEVEL_Y))


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        position: 3, metres.
        axes: 3 x 3, its right, up and ahead in the world's axes.
        focal: Focal length as a part of the picture's width.
    """

    position: Points
    axes: Points
    focal: float

    @classmethod
    def looking(
        cls, position: Points, yaw: float, pitch: float, roll: float, focal: float
    ) -> Camera:
        """From angles in radians: yaw to the right, pitch upwards, roll clockwise."""
        ahead = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        right = np.array([np.cos(yaw), 0, -np.sin(yaw)])
        up = np.cross(ahead, right)
        cos, sin = np.cos(roll), np.sin(roll)
        return cls(
            position, np.stack([cos * right - sin * up, cos * up + sin * right, ahead]), focal
        )

    def beside(self, distance_m: float) -> Camera:
        """The camera of a rectified pair that stands to the right of this one."""
        return replace(self, position=self.position + distance_m * self.axes[0])


@dataclass(frozen=True)
class Visible:
    """What the pixels of a view see; H x W, of which each pixel has SAMPLES x SAMPLES.

    Attributes:
        piece: int32, number of the piece.
        inverse_m: float32, one over the distance along the camera's axis.
        surfaces: The pieces as this camera sees them.
        rays: u (W) and v (H): a pixel looks along (u, v, 1) in the camera's axes.
    """

    piece: NDArray[np.int32]
    inverse_m: FloatMap
    surfaces: _Surfaces
    rays: tuple[NDArray[np.float32], NDArray[np.float32]]

    def inverse_of_pixels(self) -> FloatMap:
        """One over the distance, of whole pixels: that of the surface that fills most of each.

        Of equal parts the nearer one counts. A mean over an edge would be a place where nothing
        is; on one surface the mean is exact, for the inverse distance of a plane is linear.
        """
        a, b, c, d = (self.inverse_m[y::SAMPLES, x::SAMPLES] for y in (0, 1) for x in (0, 1))
        second = np.maximum(
            np.minimum(np.maximum(a, b), np.maximum(c, d)),
            np.maximum(np.minimum(a, b), np.minimum(c, d)),
        )
        total, count = np.zeros_like(a), np.zeros_like(a)
        for sample in (a, b, c, d):
            same = np.abs(sample - second) < 0.03 * second
            total += np.where(same, sample, 0)
            count += same
        return np.asarray(total / count, np.float32)


@dataclass(frozen=True)
class _Surfaces:
    """Planes of N pieces in the axes of a camera.

    Attributes:
        inverse: N x 3: one over the distance along the ray (u, v, 1) is inverse . ray.
        normal: N x 3, towards the camera.
        distance: N, of the plane from the camera, positive.
        texture: N x 2 x 3: (texture . ray) / (inverse . ray) are a point's coordinates in tiles.
        density: N, texture pixels a metre at the largest size.
    """

    inverse: NDArray[np.float32]
    normal: Points
    distance: NDArray[np.float64]
    texture: NDArray[np.float32]
    density: NDArray[np.float64]


@dataclass(frozen=True)
class _Spans:
    """Where N pieces are in a view.

    Attributes:
        first, last: N x H, the columns first <= x < last whose centres are inside, in each row.
        box: N x 4, top, bottom, left, right; top = bottom where a piece covers no centre.
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    box: NDArray[np.intp]


def see(pieces: Pieces, library: Library, camera: Camera, size_px: tuple[int, int]) -> Visible:
    """Find the nearest piece of every sample.

    Args:
        pieces: The scene.
        library: For the shapes of cut-outs.
        camera: From where.
        size_px: (width, height).
    """
    width, height = (SAMPLES * side for side in size_px)
    focal = camera.focal * width
    u = ((np.arange(width) + 0.5 - width / 2) / focal).astype(np.float32)
    v = ((height / 2 - np.arange(height) - 0.5) / focal).astype(np.float32)
    corners = (pieces.corners - camera.position) @ camera.axes.T
    surfaces = _surfaces(pieces, corners)
    faces = surfaces.distance > 1e-4
    candidates = np.flatnonzero(faces & _may_be_seen(corners, u[-1], v[0]))
    piece = np.full((height, width), -1, np.int32)
    nearest = np.zeros((height, width), np.float32)
    columns = np.arange(width, dtype=np.int32)
    for i, index in enumerate(candidates):
        if i % _TOGETHER == 0:
            spans = _spans(corners[candidates[i : i + _TOGETHER]], v, focal, width)
        top, bottom, left, right = spans.box[i % _TOGETHER]
        if top == bottom:
            continue
        starts = spans.first[i % _TOGETHER, top:bottom, None]
        ends = spans.last[i % _TOGETHER, top:bottom, None]
        p = surfaces.inverse[index]
        area = np.s_[top:bottom, left:right]
        inverse = p[0] * u[left:right] + (p[1] * v[top:bottom] + p[2])[:, None]
        inside = inverse > nearest[area]
        across = columns[left:right]
        inside &= across >= starts
        inside &= across < ends
        if pieces.cut_out[index]:
            s, t = _tile_position(surfaces.texture[index], u[left:right], v[top:bottom], inverse)
            inside &= _opaque(library, int(pieces.tiles[index]), s, t)
        np.copyto(nearest[area], inverse, where=inside)
        np.copyto(piece[area], index, where=inside)
    return Visible(piece, nearest, surfaces, (u, v))


def shade(
    visible: Visible, pieces: Pieces, library: Library, camera: Camera, lighting: Lighting
) -> FloatMap:
    """The picture that belongs to what is seen: h x w x 3 float32 BGR, 0..255 and above."""
    shader = _Shader(visible, pieces, library, camera, lighting)
    height, width = visible.piece.shape
    picture = np.empty((height // SAMPLES, width // SAMPLES, 3), np.float32)
    for top in range(0, height, _BAND):
        band = shader.band(slice(top, top + _BAND))
        size = (width // SAMPLES, band.shape[0] // SAMPLES)
        rows = slice(top // SAMPLES, (top + _BAND) // SAMPLES)
        picture[rows] = cv2.resize(band, size, interpolation=cv2.INTER_AREA)
    return picture


class _Shader:
    """What pieces look like; tables of one value a piece, looked up for every sample."""

    def __init__(
        self,
        visible: Visible,
        pieces: Pieces,
        library: Library,
        camera: Camera,
        lighting: Lighting,
    ) -> None:
        surfaces = visible.surfaces
        self._visible, self._library = visible, library
        self._camera, self._lighting = camera, lighting
        self._texture = np.ascontiguousarray(surfaces.texture.reshape(-1, 6).T)
        self._origin = np.ascontiguousarray(library.origin[pieces.tiles].T)
        self._slant = (surfaces.density**2 / surfaces.distance).astype(np.float32)
        self._glow = pieces.glow.astype(np.float32)
        self._tint = (pieces.tints * lighting.colour).astype(np.float32)
        # The height of the light above each plane: a camera's own height above it is its distance.
        normals = surfaces.normal @ camera.axes
        height_m = normals @ (lighting.position - camera.position) + surfaces.distance
        self._light_m = height_m.astype(np.float32)

    def band(self, rows: slice) -> FloatMap:
        """Some rows of samples, x 3."""
        u, v = self._visible.rays[0], self._visible.rays[1][rows, None]
        ids = self._visible.piece[rows]
        depth_m = np.reciprocal(self._visible.inverse_m[rows])
        colours = cv2.remap(
            self._library.colours, *self._look_up(ids, depth_m, u, v), cv2.INTER_LINEAR
        )
        axes = self._camera.axes.astype(np.float32)
        place = [
            np.float32(self._camera.position[i])
            + (axes[0, i] * u + (axes[1, i] * v + axes[2, i])) * depth_m
            for i in range(3)
        ]
        light = self._lighting.falling_on(place, self._light_m.take(ids))
        np.maximum(light, self._glow.take(ids), out=light)
        shown = self._tint.take(ids, axis=0)
        shown *= light[..., None]
        shown *= colours
        return np.asarray(shown, np.float32)

    def _look_up(
        self, ids: NDArray[np.int32], depth_m: FloatMap, u: FloatMap, v: FloatMap
    ) -> tuple[FloatMap, FloatMap]:
        """X and y in the library's sheet."""
        a = [row.take(ids) for row in self._texture]
        s = (a[0] * u + a[1] * v + a[2]) * depth_m
        t = (a[3] * u + a[4] * v + a[5]) * depth_m
        # Texture pixels that a sample covers: more the farther, and the flatter it is looked at.
        covered = np.log2(depth_m**3 * self._slant.take(ids)) * np.float32(0.5)
        covered -= np.float32(np.log2(self._camera.focal * ids.shape[1]))
        level = np.clip(np.rint(covered), 0, LEVELS - 1).astype(np.int32)
        size = _LEVEL_PX.take(level)
        x, y = (np.clip(_folded(c) * size, 0.5, size - 0.5) - 0.5 for c in (s, 1 - t))
        x += self._origin[0].take(ids) + _LEVEL_X.take(level)
        y += self._origin[1].take(ids) + _LEVEL_Y.take(level)
        return x, y


def _surfaces(pieces: Pieces, corners: Points) -> _Surfaces:
    c0, c1, c2, c3 = (corners[:, i] for i in range(4))
    normal = -np.cross(c2 - c0, c3 - c1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    distance = -(normal * c0).sum(1)
    from_behind = pieces.cut_out & (distance < 0)
    normal[from_behind] *= -1
    distance = np.where(from_behind, -distance, distance)
    inverse = -normal / np.where(np.abs(distance) > 1e-9, distance, 1e-9)[:, None]
    along, up = (c1 - c0) + (c2 - c3), (c3 - c0) + (c2 - c1)
    length_m, height_m = np.linalg.norm(along, axis=1) / 2, np.linalg.norm(up, axis=1) / 2
    along /= 2 * length_m[:, None]
    up -= (up * along).sum(1, keepdims=True) * along
    up /= np.linalg.norm(up, axis=1, keepdims=True) + 1e-12
    repeats = pieces.tile_m > 0
    unit = np.where(repeats, pieces.tile_m, 1)
    tile_s, tile_t = np.where(repeats, unit, length_m), np.where(repeats, unit, height_m)
    offsets = np.where(repeats[:, None], pieces.offsets, 0)
    texture = np.empty((len(corners), 2, 3))
    for i, (axis, tile) in enumerate(((along, tile_s), (up, tile_t))):
        shift = offsets[:, i] - (axis * c0).sum(1) / tile
        texture[:, i] = axis / tile[:, None] + shift[:, None] * inverse
    density = TILE_PX / np.sqrt(tile_s * tile_t)
    return _Surfaces(
        inverse.astype(np.float32), normal, distance, texture.astype(np.float32), density
    )


def _may_be_seen(corners: Points, u_max: float, v_max: float) -> NDArray[np.bool_]:
    """Not wholly outside one of the planes that bound what the camera sees."""
    x, y, z = corners[..., 0], corners[..., 1], corners[..., 2]
    outside = (z < _NEAREST_M).all(1)
    for side in (x - 1.01 * u_max * z, -x - 1.01 * u_max * z):
        outside |= (side > 0).all(1)
    for side in (y - 1.01 * v_max * z, -y - 1.01 * v_max * z):
        outside |= (side > 0).all(1)
    return np.asarray(~outside)


def _spans(corners: Points, v: NDArray[np.float32], focal: float, width: int) -> _Spans:
    """Which columns of which rows are inside each piece.

    A ray is inside a convex piece if it is on the inner side of the four planes through the camera
    and an edge; that holds for pieces that reach behind the camera as well.
    """
    edges = np.cross(corners, np.roll(corners, -1, axis=1))
    inner = np.sign((edges * corners.mean(1, keepdims=True)).sum(-1))
    a, b, c = (np.moveaxis(edges * inner[..., None], -1, 0)[..., None]).astype(np.float32)
    rest = b * v + c
    a = np.where(np.abs(a) < 1e-12, np.float32(1e-12), a)
    bound = (-rest / a) * np.float32(focal) + np.float32(width / 2 - 0.5)
    first = np.where(a > 0, bound, -1).max(1)
    last = np.where(a < 0, bound, width).min(1)
    first_px = np.ceil(np.clip(first, 0, width)).astype(np.int32)
    last_px = np.floor(np.clip(last, -1, width - 1)).astype(np.int32) + 1
    inside = first_px < last_px
    top, below = inside.argmax(1), inside[:, ::-1].argmax(1)
    bottom = np.where(inside.any(1), len(v) - below, top)
    left = np.where(inside, first_px, width).min(1)
    right = np.where(inside, last_px, 0).max(1)
    return _Spans(first_px, last_px, np.stack([top, bottom, left, right], 1))


def _tile_position(
    texture: NDArray[np.float32],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    inverse: FloatMap,
) -> tuple[FloatMap, FloatMap]:
    s, t = ((row[0] * u + (row[1] * v + row[2])[:, None]) / inverse for row in texture)
    return s, t


def _opaque(library: Library, tile: int, s: FloatMap, t: FloatMap) -> NDArray[np.bool_]:
    """Whether a cut-out's tile is opaque there, at the size that fits its size in the view."""
    rows, columns = s.shape
    shown = max(rows, columns, 8)
    level = int(np.clip(np.rint(np.log2(TILE_PX / shown)), 0, LEVELS - 1))
    size = TILE_PX >> level
    x, y = (int(o) for o in library.origin[tile])
    x, y = x + int(LEVEL_X[level]), y + int(LEVEL_Y[level])
    part = library.opacity[y : y + size, x : x + size]
    column = np.clip(s * size, 0, size - 1).astype(np.intp)
    row = np.clip((1 - t) * size, 0, size - 1).astype(np.intp)
    return np.asarray(part[row, column] > 0)


def _folded(position: FloatMap) -> FloatMap:
    """Position in a row of tiles, every second of them mirrored, so that no seam shows."""
    wave = position - 2 * np.floor(position * 0.5)
    return np.asarray(1 - np.abs(1 - wave), np.float32)
