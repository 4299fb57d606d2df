"""Rooms: a box with doors, windows and pictures, furnished, seen by a pair of cameras."""

from __future__ import annotations

import numpy as np

from streamdefocus.training.synthetic.furniture import FURNITURE, Furniture
from streamdefocus.training.synthetic.lighting import Lighting, shadow_map
from streamdefocus.training.synthetic.palette import Palette
from streamdefocus.training.synthetic.raster import Camera
from streamdefocus.training.synthetic.scene import Material, Scene, Spot
from streamdefocus.training.synthetic.views import Generator, Place

Rng = np.random.Generator
_FREE_M = 0.75
"""Nothing stands nearer to the camera."""


class Rooms(Generator):
    """Furnished rooms; see Generator."""

    kind = "room"
    widest_m = 0.4

    def place(self, rng: Rng, focal: float) -> Place:
        """Build a room and stand somewhere in it."""
        width, height, depth = rng.uniform(3, 7), rng.uniform(2.3, 3.2), rng.uniform(3.2, 8)
        scene = Scene(rng)
        palette = Palette(self.library, rng)
        camera = _camera(rng, width, depth, focal)
        _shell(scene, palette, width, height, depth)
        _furnish(scene, palette, width, depth, camera)
        walls = ((-width / 2, width / 2), (0.0, height), (0.0, depth))
        return Place(scene.pieces(), camera, _light(rng, scene, walls))


def _camera(rng: Rng, width: float, depth: float, focal: float) -> Camera:
    """Near one end, at the height of a hand, a desk or an eye, looking along the room."""
    x = rng.uniform(-0.3, 0.3) * width
    z = rng.uniform(0.45, 0.3 * depth)
    target = np.array([rng.uniform(-0.3, 0.3) * width, depth * rng.uniform(0.7, 1.2)])
    yaw = float(np.arctan2(target[0] - x, target[1] - z) + rng.normal(0, 0.15))
    height = rng.uniform(0.75, 1.75)
    pitch = rng.normal(-0.18 * (height - 0.7), 0.1)
    position = np.array([x, height, z])
    return Camera.looking(position, yaw, pitch, rng.normal(0, 0.03), focal)


def _light(rng: Rng, scene: Scene, walls: tuple[tuple[float, float], ...]) -> Lighting:
    (left, right), (_, height), (_, depth) = walls
    position = np.array(
        [rng.uniform(0.6 * left, 0.6 * right), height - 0.15, rng.uniform(0.15, 0.85) * depth]
    )
    warm = rng.uniform(-0.15, 0.2)
    colour = rng.uniform(0.85, 1.25) * np.array([1 - warm, 1.0, 1 + 0.6 * warm])
    ground = ((left, right), (0.0, depth))
    shadow = shadow_map(scene.boxes, position, ground, rng.uniform(0.08, 0.3))
    ambient = rng.uniform(0.35, 0.7)
    strength = rng.uniform(0.5, 1.0)
    return Lighting(position, ambient, strength, rng.uniform(2, 5), colour, shadow, ground, walls)


# --- The room itself --------------------------------------------------------------------------


def _shell(scene: Scene, palette: Palette, width: float, height: float, depth: float) -> None:
    rng = palette.rng
    middle = scene.at(0, depth / 2)
    middle.mat((0, 0, 0), width, depth, palette.any("floor", (0.6, 2.0)))
    ceiling = palette.any("ceiling", (1.0, 3.0), 0.08).shaded(1.15)
    x, z = width / 2, depth
    scene.add(
        np.array([[[-x, height, z], [x, height, z], [x, height, 0], [-x, height, 0]]]), ceiling
    )
    paper = palette.any("wall", (0.8, 2.5))
    skirting = palette.wood() if rng.random() < 0.75 else None
    sides = [
        (scene.at(0, depth), width),
        (scene.at(-x, depth / 2, np.pi / 2), depth),
        (scene.at(x, depth / 2, -np.pi / 2), depth),
        (scene.at(0, 0, np.pi), width),
    ]
    for i, (spot, length) in enumerate(sides):
        other = palette.any("wall", (0.8, 2.5)) if rng.random() < 0.3 else paper
        spot.sheet((0, 0, 0), length, height, other)
        if skirting:
            spot.box((0, 0, -0.01), (length, 0.1, 0.02), skirting)
        if i < 3:
            _decorate(spot, palette, length, height)
    if rng.random() < 0.6:
        _ceiling_lamp(scene, palette, width, height, depth)
    if rng.random() < 0.25:  # a beam or pillar
        at = (rng.choice([-1, 1]) * width * 0.42, depth * rng.uniform(0.5, 0.9))
        scene.at(*at).box((0, 0, 0), (0.3, height, 0.3), palette.any("wall"))
    if rng.random() < 0.5:
        rug = scene.at(
            rng.uniform(-0.5, 0.5), depth * rng.uniform(0.4, 0.7), rng.uniform(-0.5, 0.5)
        )
        rug.mat((0, 0.008, 0), rng.uniform(1, 2.5), rng.uniform(1, 2), palette.picture("fabric"))


def _decorate(spot: Spot, palette: Palette, length: float, height: float) -> None:
    """Doors, windows and pictures, side by side along a wall."""
    rng = palette.rng
    x = -length / 2 + rng.uniform(0.1, 0.6)
    while x < length / 2 - 0.7:
        style = rng.choice(
            ["door", "window", "picture", "pictures", "nothing", "wall shelf"],
            p=[0.14, 0.26, 0.22, 0.12, 0.14, 0.12],
        )
        wide = min(rng.uniform(0.6, 1.7), length / 2 - x - 0.1)
        centre = spot.moved(x + wide / 2, 0, 0)
        if style == "door":
            wide = 0.9
            door = spot.moved(x + wide / 2, 0, 0)
            material = palette.wood()
            door.box((0, 0, -0.02), (0.98, 2.08, 0.04), material.shaded(0.75))
            door.box((0, 0, -0.045), (0.86, 2.02, 0.01), material)
            door.box((0.36, 1.0, -0.08), (0.12, 0.02, 0.05), palette.metal())
        elif style == "window":
            _window(centre, palette, wide, height)
        elif style == "picture":
            _framed(centre, palette, rng.uniform(1.1, 1.4), wide * 0.8, wide * rng.uniform(0.5, 1))
        elif style == "pictures":
            for dx in np.arange(-wide / 2 + 0.15, wide / 2, 0.35):
                there = spot.moved(x + wide / 2 + dx, 0, 0)
                _framed(there, palette, rng.uniform(1.2, 1.6), 0.25, rng.uniform(0.2, 0.35))
        elif style == "wall shelf":
            y, wood = rng.uniform(1.1, 1.7), palette.wood()
            centre.box((0, y, -0.12), (wide, 0.025, 0.24), wood)
            for _ in range(int(rng.integers(1, 5))):
                size = (rng.uniform(0.05, 0.3), rng.uniform(0.08, 0.3), 0.14)
                books = palette.picture("books") if rng.random() < 0.5 else palette.anything()
                centre.box((rng.uniform(-0.4, 0.4) * wide, y + 0.025, -0.12), size, books)
        x += wide + rng.uniform(0.1, 0.9)


def _framed(spot: Spot, palette: Palette, y: float, width: float, height: float) -> None:
    spot.box((0, y, -0.012), (width + 0.05, height + 0.05, 0.024), palette.wood())
    spot.sheet((0, y + 0.025, -0.026), width, height, palette.picture("poster"))


def _window(spot: Spot, palette: Palette, width: float, height: float) -> None:
    rng = palette.rng
    sill = rng.uniform(0.5, 1.1)
    tall = min(rng.uniform(0.9, 1.5), height - sill - 0.2)
    frame = palette.any("plain", tint=0.1).shaded(1.1)
    glow = rng.uniform(0.7, 1.5)
    spot.sheet((0, sill, -0.005), width, tall, palette.picture("view", glow))
    for x in np.linspace(-width / 2, width / 2, int(rng.integers(2, 5))):
        spot.box((x, sill, -0.025), (0.05, tall, 0.04), frame)
    for y in (sill, sill + tall * rng.uniform(0.5, 0.75), sill + tall - 0.05):
        spot.box((0, y, -0.025), (width, 0.05, 0.04), frame)
    spot.box((0, sill - 0.03, -0.08), (width + 0.1, 0.03, 0.16), frame)
    if rng.random() < 0.6:
        cloth = palette.fabric()
        part, high = width * rng.uniform(0.15, 0.4), min(sill + tall + 0.12, height - 0.02)
        low = 0.05 if rng.random() < 0.6 else sill - 0.1
        for side in (-1, 1):
            x = side * (width / 2 + 0.1 - part / 2)
            for i, fold in enumerate(np.linspace(-part / 2, part / 2, 5)[:-1]):
                depth = -0.13 - 0.03 * (i % 2)
                size = (part / 4, high - low, 0.03)
                spot.box((x + fold + part / 8, low, depth), size, cloth.shaded(1 - 0.12 * (i % 2)))
        spot.box((0, high - 0.02, -0.14), (width + 0.4, 0.025, 0.025), palette.metal())


def _ceiling_lamp(
    scene: Scene, palette: Palette, width: float, height: float, depth: float
) -> None:
    rng = palette.rng
    spot = scene.at(rng.uniform(-0.2, 0.2) * width, depth * rng.uniform(0.4, 0.8))
    drop, radius = rng.uniform(0.3, 0.8), rng.uniform(0.12, 0.3)
    spot.box((0, height - drop, 0), (0.012, drop, 0.012), palette.metal())
    plain = palette.any("plain", tint=0.3)
    glowing = Material(plain.tile, plain.tint, plain.tile_m, rng.uniform(0.8, 1.6))
    if rng.random() < 0.5:
        spot.ball((0, height - drop - 2 * radius, 0), radius, glowing)
    else:
        profile = [(radius, 0.0), (radius * 0.4, radius), (0.0, radius + 0.01)]
        spot.lathe((0, height - drop - radius, 0), profile, glowing, 12)


# --- What stands in it ------------------------------------------------------------------------


def _furnish(scene: Scene, palette: Palette, width: float, depth: float, camera: Camera) -> None:
    """Furniture one after another, each where there is still room."""
    rng = palette.rng
    weights = np.array([f.likelihood for f in FURNITURE])
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(int(rng.integers(5, 16))):
        furniture = FURNITURE[int(rng.choice(len(FURNITURE), p=weights / weights.sum()))]
        for _ in range(6):
            x, z, turn = _somewhere(rng, furniture, width, depth)
            spot = scene.at(x, z, turn)
            box = _footprint(spot, furniture)
            if _is_free(box, taken, camera, width, depth):
                taken.append(box)
                furniture.build(spot, palette)
                break


def _somewhere(
    rng: Rng, furniture: Furniture, width: float, depth: float
) -> tuple[float, float, float]:
    if not furniture.by_wall:
        turn = rng.choice([0, 0.5, 1, 1.5]) * np.pi + rng.normal(0, 0.25)
        return rng.uniform(-0.5, 0.5) * width, rng.uniform(0.1, 1) * depth, turn
    back = furniture.depth / 2 + 0.08
    wall = rng.choice(3, p=[0.44, 0.28, 0.28])
    if wall == 0:
        return rng.uniform(-0.5, 0.5) * width, depth - back, 0.0
    side = -1 if wall == 1 else 1
    return side * (width / 2 - back), rng.uniform(0.15, 1) * depth, -side * np.pi / 2


def _footprint(spot: Spot, furniture: Furniture) -> tuple[float, float, float, float]:
    half = np.array([furniture.width, furniture.depth]) / 2
    signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    corners = np.insert(signs * half, 1, 0, axis=1)
    places = spot.to_world(corners)[:, [0, 2]]
    left, near = places.min(0)
    right, far = places.max(0)
    return float(left), float(right), float(near), float(far)


def _is_free(
    box: tuple[float, float, float, float],
    taken: list[tuple[float, float, float, float]],
    camera: Camera,
    width: float,
    depth: float,
) -> bool:
    left, right, near, far = box
    if left < -width / 2 or right > width / 2 or near < 0 or far > depth:
        return False
    dx = max(left - camera.position[0], 0, camera.position[0] - right)
    dz = max(near - camera.position[2], 0, camera.position[2] - far)
    if np.hypot(dx, dz) < _FREE_M:
        return False
    return not any(left < r[1] and right > r[0] and near < r[3] and far > r[2] for r in taken)
