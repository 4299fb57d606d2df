"""A scene as flat four-sided pieces in space, and how things are put together from them.

World: metres, x right, y up, z ahead; the ground is y = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""... x 3, metres."""


@dataclass(frozen=True)
class Material:
    """What a surface looks like.

    Attributes:
        tile: Number of its tile in the library.
        tint: Factors of blue, green, red.
        tile_m: Side of one tile on the surface; None stretches a single tile over each piece.
        glow: Light that it gives whatever falls on it.
        cut_out: The tile's opacity shapes it, and it is seen from both sides.
    """

    tile: int
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    tile_m: float | None = 1.0
    glow: float = 0.0
    cut_out: bool = False

    def shaded(self, factor: float) -> Material:
        """Darker or lighter."""
        blue, green, red = self.tint
        return replace(self, tint=(blue * factor, green * factor, red * factor))


@dataclass(frozen=True)
class Pieces:
    """The pieces of a scene as arrays; N pieces.

    Attributes:
        corners: N x 4 x 3, counter-clockwise seen from the front: the first is where the texture's
            lower left corner is.
        tiles: N int.
        tints: N x 3.
        tile_m: N; 0 stretches a tile over the piece.
        glow: N.
        cut_out: N bool.
        offsets: N x 2, where in its tile a piece begins, in tiles.
    """

    corners: Points
    tiles: NDArray[np.intp]
    tints: Points
    tile_m: NDArray[np.float64]
    glow: NDArray[np.float64]
    cut_out: NDArray[np.bool_]
    offsets: NDArray[np.float64]


class Scene:
    """Collects pieces.

    Args:
        rng: Shifts the patterns of the pieces against each other.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._corners: list[Points] = []
        self._materials: list[Material] = []
        self.boxes: list[Points] = []

    def add(self, corners: Points, material: Material) -> None:
        """N x 4 x 3 corners of pieces of one material."""
        self._corners.append(corners)
        self._materials += [material] * len(corners)

    def at(self, x: float, z: float, turn: float = 0.0, y: float = 0.0) -> Spot:
        """A place to build things; turn in radians about the upright, 0 faces -z."""
        return Spot(self, np.array([x, y, z]), turn)

    def pieces(self) -> Pieces:
        """Everything that was added."""
        materials = self._materials
        return Pieces(
            np.concatenate(self._corners),
            np.array([m.tile for m in materials]),
            np.array([m.tint for m in materials]),
            np.array([m.tile_m or 0.0 for m in materials]),
            np.array([m.glow for m in materials]),
            np.array([m.cut_out for m in materials]),
            self._rng.random((len(materials), 2)),
        )


_SIDES = np.array(
    [
        [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1]],  # towards -z
        [[1, -1, 1], [-1, -1, 1], [-1, 1, 1], [1, 1, 1]],
        [[1, -1, -1], [1, -1, 1], [1, 1, 1], [1, 1, -1]],
        [[-1, -1, 1], [-1, -1, -1], [-1, 1, -1], [-1, 1, 1]],
        [[-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1]],
        [[-1, -1, 1], [1, -1, 1], [1, -1, -1], [-1, -1, -1]],
    ],
    np.float64,
)
"""Corners of a cube of side 2: front, back, right, left, top, bottom."""


class Spot:
    """A place in a scene with its own axes: x to the right, y up, z to the back."""

    def __init__(self, scene: Scene, origin: Points, turn: float) -> None:
        self.scene = scene
        self._origin = origin
        self._turn = turn
        cos, sin = np.cos(turn), np.sin(turn)
        self._axes = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])

    def moved(self, x: float, y: float, z: float, turn: float = 0.0) -> Spot:
        """A place relative to this one."""
        return Spot(self.scene, self.to_world(np.array([x, y, z])), self._turn + turn)

    def to_world(self, points: Points) -> Points:
        """... x 3 in the world's axes."""
        return np.asarray(points @ self._axes + self._origin)

    def box(
        self,
        base: Sequence[float],
        size: Sequence[float],
        material: Material,
        *,
        taper: float = 1.0,
        lean: float = 0.0,
    ) -> None:
        """An upright box.

        Args:
            base: x, y, z of the middle of its underside.
            size: Width, height, depth.
            material: Of all sides.
            taper: Width and depth of its top, as a part of those of its underside.
            lean: How far its top is shifted along z.
        """
        half = np.array(size) / 2
        points = _SIDES * half + np.array(base) + np.array([0, half[1], 0])
        top = _SIDES[..., 1] > 0
        scale = np.where(top, taper, 1.0)
        points[..., 0] = base[0] + (points[..., 0] - base[0]) * scale
        points[..., 2] = base[2] + (points[..., 2] - base[2]) * scale + np.where(top, lean, 0)
        world = self.to_world(points)
        self.scene.add(world, material)
        self.scene.boxes.append(world[:2].reshape(8, 3))

    def lathe(
        self,
        base: Sequence[float],
        profile: Sequence[tuple[float, float]],
        material: Material,
        sides: int = 10,
        *,
        axis: str = "y",
    ) -> None:
        """A body of revolution with flat facets: cylinder, cone, ball, vase, wheel.

        Args:
            base: x, y, z of the lower end of its axis.
            profile: (radius, height) from below to above, at least two.
            material: Of all facets.
            sides: Facets around.
            axis: "y" upright, or "x" lying.
        """
        angle = np.linspace(0, 2 * np.pi, sides + 1)
        ring = np.stack([np.cos(angle), np.zeros_like(angle), np.sin(angle)], -1)
        rings = np.array([ring * max(r, 1e-3) + [0, h, 0] for r, h in profile])
        low, high = rings[:-1], rings[1:]
        facets = np.stack([low[:, :-1], low[:, 1:], high[:, 1:], high[:, :-1]], 2)
        points = facets.reshape(-1, 4, 3)
        if axis == "x":
            points = points[..., [1, 0, 2]][:, ::-1]
        world = self.to_world(points + np.array(base))
        self.scene.add(world, material)
        extent = np.array([points.min((0, 1)), points.max((0, 1))]) + np.array(base)
        corners = np.stack(np.meshgrid(*extent.T), -1).reshape(8, 3)
        self.scene.boxes.append(self.to_world(corners))

    def ball(self, base: Sequence[float], radius: float, material: Material) -> None:
        """A ball that rests on its base."""
        angle = np.linspace(-np.pi / 2, np.pi / 2, 9)
        profile = list(
            zip(radius * np.cos(angle) + 1e-4, radius * (1 + np.sin(angle)), strict=True)
        )
        self.lathe(base, profile, material, 14)

    def sheet(self, base: Sequence[float], width: float, height: float, material: Material) -> None:
        """An upright rectangle that faces -z; base is the middle of its lower edge."""
        x, y, z = base
        left, right = x - width / 2, x + width / 2
        points = [[left, y, z], [right, y, z], [right, y + height, z], [left, y + height, z]]
        self.scene.add(self.to_world(np.array([points])), material)

    def mat(self, base: Sequence[float], width: float, depth: float, material: Material) -> None:
        """A rectangle that lies and faces up; base is its middle."""
        x, y, z = base
        left, right, front, back = x - width / 2, x + width / 2, z - depth / 2, z + depth / 2
        points = [[left, y, front], [right, y, front], [right, y, back], [left, y, back]]
        self.scene.add(self.to_world(np.array([points])), material)
