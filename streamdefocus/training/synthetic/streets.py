"""Streets: houses on both sides, traffic, trees and poles, under a sky that is known to be far."""

from __future__ import annotations

import numpy as np

from streamdefocus.training.synthetic.lighting import Lighting, shadow_map
from streamdefocus.training.synthetic.palette import Palette
from streamdefocus.training.synthetic.raster import Camera
from streamdefocus.training.synthetic.scene import Material, Scene, Spot
from streamdefocus.training.synthetic.views import Generator, Place

Rng = np.random.Generator

SKY_M = 1000.0
"""Distance of the sky: its disparity is next to none, and known, where 0 would mean unknown."""

_LENGTH_M = 90.0
_DETAIL_M = 30.0  # beyond, what is finer than a window cannot be seen
_LEAST_M = 3.0  # nothing stands nearer before the camera


class Streets(Generator):
    """Streets seen by someone who walks or drives; see Generator."""

    kind = "street"
    widest_m = 0.8

    def place(self, rng: Rng, focal: float) -> Place:
        """Build a street and stand in it."""
        scene = Scene(rng)
        palette = Palette(self.library, rng)
        road = rng.uniform(5, 11)
        pavement = rng.uniform(1.5, 5)
        camera = _camera(rng, road, pavement, focal)
        _ground(scene, palette, road, pavement)
        for side in (-1, 1):
            _houses(scene, palette, side, road / 2 + pavement)
            _pavement(scene, palette, side, road / 2, pavement, camera)
        _traffic(scene, palette, road, camera)
        _end(scene, palette, road)
        return Place(scene.pieces(), camera, _light(rng, scene, camera))


def _camera(rng: Rng, road: float, pavement: float, focal: float) -> Camera:
    edge = road / 2 + pavement - 0.6
    x = float(np.clip(rng.normal(0, road / 2.5), -edge, edge))
    height = rng.uniform(1.2, 2.2)
    yaw = float(np.clip(rng.normal(-0.25 * x / edge, 0.16), -0.4, 0.4))
    pitch = float(np.clip(rng.normal(0, 0.06), -0.15, 0.15))
    position = np.array([x, height, 0.0])
    return Camera.looking(position, yaw, pitch, rng.normal(0, 0.025), focal)


def _light(rng: Rng, scene: Scene, camera: Camera) -> Lighting:
    angle, steep = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.8)
    position = 2000 * np.array([np.cos(angle), steep, np.sin(angle)])
    ground = ((-20.0, 20.0), (0.0, 60.0))
    overcast = rng.random() < 0.35
    shadow = shadow_map(scene.boxes, position, ground, 2.5 if overcast else 0.1)
    warm = rng.uniform(-0.1, 0.15)
    colour = rng.uniform(0.9, 1.2) * np.array([1 - warm, 1.0, 1 + 0.6 * warm])
    ambient, sun = (0.75, 0.25) if overcast else (rng.uniform(0.4, 0.6), rng.uniform(0.5, 0.8))
    return Lighting(position, ambient, sun, 1e6, colour, shadow * (0.5 if overcast else 1), ground)


def _ground(scene: Scene, palette: Palette, road: float, pavement: float) -> None:
    rng = palette.rng
    middle = scene.at(0, _LENGTH_M / 2 - 5)
    middle.mat((0, 0, 0), road, _LENGTH_M, palette.any("road", (2, 5), 0.1))
    slabs = palette.any("pavement", (1, 3), 0.15)
    wide = 40.0
    beyond = palette.any(str(rng.choice(["grass", "pavement"])), (2, 4), 0.15)
    for side in (-1, 1):
        middle.box((side * (road / 2 + pavement / 2), 0, 0), (pavement, 0.12, _LENGTH_M), slabs)
        x = side * (road / 2 + pavement + wide / 2)
        middle.mat((x, 0.05, 0), wide, _LENGTH_M, beyond)
    white = palette.any("plain", tint=0.05).shaded(1.2)
    if rng.random() < 0.75:
        for z in np.arange(1, 70, 4.0):
            scene.at(0, z).mat((0, 0.01, 0), 0.15, 2.0, white)
    if rng.random() < 0.3:  # a crossing
        z = rng.uniform(5, 25)
        for x in np.arange(-road / 2 + 0.4, road / 2 - 0.2, 1.0):
            scene.at(x, z).mat((0, 0.012, 0), 0.5, 2.5, white)


def _houses(scene: Scene, palette: Palette, side: int, x: float) -> None:
    rng = palette.rng
    z = rng.uniform(-8, 0)
    while z < _LENGTH_M - 12:
        length = rng.uniform(6, 18)
        if rng.random() < 0.88:
            spot = scene.at(side * x, z + length / 2, -side * np.pi / 2)
            detailed = z < _DETAIL_M
            _house(spot, palette, length, rng.uniform(5, 20), rng.uniform(0, 1.5), detailed)
        z += length + (rng.uniform(2, 8) if rng.random() < 0.2 else 0)


def _house(
    spot: Spot, palette: Palette, length: float, height: float, back: float, detailed: bool
) -> None:
    """A house whose front faces the street; back is how far it is set back."""
    rng = palette.rng
    depth = 10.0
    wall = palette.any("facade", (4, 7), 0.12)
    middle = back + depth / 2
    spot.box((0, 0, middle), (length, height, depth), wall)
    base = palette.any("wall", (1, 2), 0.2)
    spot.box((0, 0, middle - 0.06), (length, rng.uniform(0.4, 3.2), depth), base)
    if rng.random() < 0.5:
        roof = palette.any("wall", (1, 2), 0.3).shaded(0.6)
        size = (length + 0.5, rng.uniform(0.4, 3.5), depth + 0.8)
        spot.box((0, height, middle), size, roof, taper=rng.uniform(0.4, 0.9))
    if not detailed:
        return
    for x in np.arange(-length / 2 + 1.5, length / 2 - 1, rng.uniform(2.5, 4.5)):
        style = rng.random()
        if style < 0.3:
            spot.box((x, 0, back - 0.1), (1.1, 2.2, 0.1), palette.wood().shaded(0.8))
        elif style < 0.65:
            window = palette.picture("view").shaded(0.55)
            spot.box((x, 0.7, back - 0.09), (1.5, 1.6, 0.06), palette.metal())
            spot.sheet((x, 0.8, back - 0.13), 1.3, 1.4, window)
            if style < 0.4:
                awning = palette.any("fabric", (0.5, 1), 0.3)
                spot.box((x, 2.4, back - 0.7), (1.9, 0.25, 1.2), awning)
        if style > 0.6 and height > 7:
            y = float(rng.choice([3.2, 6.0]))
            spot.box((x, y, back - 0.5), (1.8, 0.12, 1.0), base)
            rail = palette.metal()
            for dx in np.arange(-0.85, 0.9, 0.34):
                spot.box((x + dx, y, back - 0.97), (0.03, 0.9, 0.03), rail)
            spot.box((x, y + 0.9, back - 0.97), (1.8, 0.05, 0.05), rail)


def _pavement(
    scene: Scene, palette: Palette, side: int, kerb: float, width: float, camera: Camera
) -> None:
    """Trees, lamps, signs, people, bins and bollards along the kerb and before the houses."""
    rng = palette.rng
    trees, lamps = rng.random() < 0.5, rng.random() < 0.7
    z = rng.uniform(2, 6)
    while z < 45:
        spot = scene.at(side * (kerb + 0.4), z, rng.uniform(-0.2, 0.2), 0.12)
        if _is_clear(spot, camera):
            style = rng.random()
            if trees and style < 0.45:
                tree(spot, palette)
            elif lamps and style < 0.7:
                street_lamp(spot, palette, side)
            elif style < 0.85:
                sign(spot, palette)
            else:
                bollards(spot, palette)
        z += rng.uniform(2.5, 9)
    for _ in range(int(rng.integers(0, 7))):
        x, z = side * (kerb + rng.uniform(0.6, max(width - 0.4, 0.8))), rng.uniform(2, 30)
        spot = scene.at(x, z, rng.uniform(-0.5, 0.5), 0.12)
        if _is_clear(spot, camera):
            if rng.random() < 0.7:
                walker(spot, palette)
            else:
                bin_(spot, palette)


def _traffic(scene: Scene, palette: Palette, road: float, camera: Camera) -> None:
    rng = palette.rng
    for side in (-1, 1):
        parked = rng.random() < 0.6
        z = rng.uniform(3, 12)
        while z < 55:
            x = side * (road / 2 - 1.1 if parked else road / 4)
            spot = scene.at(x, z, float(rng.choice([np.pi / 2, -np.pi / 2])) + rng.normal(0, 0.03))
            if _is_clear(spot, camera, 3.5):
                if rng.random() < 0.85:
                    car(spot, palette)
                else:
                    van(spot, palette)
            z += rng.uniform(5.2, 9) if parked else rng.uniform(8, 40)


def _end(scene: Scene, palette: Palette, road: float) -> None:
    """What closes the street, and the sky behind and above everything."""
    rng = palette.rng
    far = _LENGTH_M - 6
    if rng.random() < 0.6:
        width = rng.uniform(0.8, 3) * road
        _house(scene.at(rng.uniform(-8, 8), far), palette, width, rng.uniform(6, 25), 0, False)
    for x in np.arange(-60, 61, 12.0):
        if rng.random() < 0.8:
            material, _ = palette.cut_out("crown")
            height = rng.uniform(6, 16)
            scene.at(x, far + rng.uniform(-3, 3)).sheet((0, 0, 0), 16, height, material)
    sky = palette.picture("sky", 1.0)
    bright = Material(sky.tile, (1.1, 1.1, 1.1), None, 1.0)
    scene.at(0, SKY_M).sheet((0, -0.12 * SKY_M, 0), 6 * SKY_M, 3 * SKY_M, bright)
    hills = palette.any("grass", (40, 80), 0.2).shaded(0.9)
    scene.at(0, 0.4 * SKY_M).sheet((0, -5, 0), 6 * SKY_M, rng.uniform(8, 30), hills)
    scene.at(0, 0.2 * SKY_M).mat((0, -0.3, 0), 6 * SKY_M, 0.4 * SKY_M, hills)


def _is_clear(spot: Spot, camera: Camera, more_m: float = 0.0) -> bool:
    away = spot.to_world(np.zeros(3)) - camera.position
    return float(np.hypot(away[0], away[2])) > _LEAST_M + more_m


# --- What stands in it; a vehicle's right is ahead --------------------------------------------


def car(spot: Spot, palette: Palette) -> None:
    """A car: body, cabin with windows, wheels, lights."""
    rng = palette.rng
    length, width = rng.uniform(3.6, 4.8), rng.uniform(1.65, 1.85)
    body, cabin = rng.uniform(0.5, 0.65), rng.uniform(0.5, 0.75)
    paint, glass = palette.paint(), palette.picture("view").shaded(0.3)
    spot.box((0, 0.25, 0), (length, body, width), paint, taper=0.94)
    ahead = rng.uniform(-0.3, 0.05)
    spot.box((ahead, 0.25 + body, 0), (length * 0.58, cabin, width * 0.92), glass, taper=0.72)
    spot.box((ahead, 0.25 + body + cabin, 0), (length * 0.41, 0.04, width * 0.66), paint)
    for x in (-1, 1):
        for z in (-1, 1):
            _wheel(spot.moved(x * length * 0.31, 0.31, z * (width / 2 - 0.08)), palette)
        lamp = Material(paint.tile, (0.5, 0.5, 1.5) if x < 0 else (1.3, 1.3, 1.3), 0.5, 0.8)
        for z in (-1, 1):
            spot.box((x * length * 0.485, 0.5, z * width * 0.36), (0.08, 0.14, 0.28), lamp)


def van(spot: Spot, palette: Palette) -> None:
    """A van or small lorry."""
    rng = palette.rng
    paint, glass = palette.paint(), palette.picture("view").shaded(0.3)
    height = rng.uniform(1.7, 2.6)
    spot.box(
        (-0.7, 0.35, 0), (3.8, height, 2.0), palette.anything() if rng.random() < 0.4 else paint
    )
    spot.box((1.9, 0.35, 0), (1.5, 1.0, 1.9), paint)
    spot.box((1.8, 1.35, 0), (1.3, 0.7, 1.8), glass, taper=0.8)
    for x in (-1.6, 1.7):
        for z in (-0.9, 0.9):
            _wheel(spot.moved(x, 0.36, z), palette)


def _wheel(spot: Spot, palette: Palette) -> None:
    dark = Material(palette.any("plain").tile, (0.12, 0.12, 0.12), 0.5)
    # A lathe's axis can lie along x alone; a wheel's lies across the vehicle.
    across = spot.moved(0, 0, 0, np.pi / 2)
    profile = [(0.0, -0.11), (0.31, -0.11), (0.31, 0.11), (0.0, 0.11)]
    across.lathe((0, 0, 0), profile, dark, 8, axis="x")


def tree(spot: Spot, palette: Palette) -> None:
    """A trunk, and leaves on crossed sheets."""
    rng = palette.rng
    height, trunk = rng.uniform(3.5, 9), rng.uniform(0.08, 0.2)
    bark = palette.any("wood", (0.5, 1)).shaded(0.6)
    spot.lathe((0, 0, 0), [(trunk, 0.0), (trunk * 0.6, height * 0.7)], bark, 7)
    material, _ = palette.cut_out("crown")
    wide, tall = height * rng.uniform(0.5, 0.8), height * 0.68
    for turn in np.arange(3) * np.pi / 3 + rng.uniform(0, np.pi):
        spot.moved(0, 0, 0, turn).sheet((0, height * 0.35, 0), wide, tall, material)


def street_lamp(spot: Spot, palette: Palette, side: int) -> None:
    """A pole with an arm over the road."""
    height, metal = palette.rng.uniform(4, 8), palette.metal()
    spot.lathe((0, 0, 0), [(0.08, 0.0), (0.05, height)], metal, 6)
    spot.box((-side * 0.7, height - 0.05, 0), (1.5, 0.06, 0.06), metal)
    spot.box((-side * 1.4, height - 0.15, 0), (0.6, 0.12, 0.22), metal)


def sign(spot: Spot, palette: Palette) -> None:
    """A sign, or traffic lights, on a thin pole."""
    rng = palette.rng
    height, metal = rng.uniform(2.2, 3.2), palette.metal()
    spot.lathe((0, 0, 0), [(0.035, 0.0), (0.035, height)], metal, 5)
    if rng.random() < 0.7:
        size = rng.uniform(0.4, 0.8)
        spot.box((0, height - size, -0.05), (size, size, 0.02), palette.picture("poster"))
    else:
        spot.box((0, height - 0.8, -0.12), (0.28, 0.8, 0.2), metal.shaded(0.4))
        for i, tint in enumerate([(0.3, 1.2, 0.3), (0.2, 0.9, 1.2), (0.3, 0.3, 1.3)]):
            light = Material(metal.tile, tint, 0.3, 0.9)
            spot.box((0, height - 0.75 + 0.25 * i, -0.23), (0.16, 0.16, 0.02), light)


def bollards(spot: Spot, palette: Palette) -> None:
    """A row of posts, or a fence of thin bars."""
    metal = palette.metal()
    if palette.rng.random() < 0.5:
        profile = [(0.06, 0.0), (0.06, 0.8), (0.0, 0.88)]
        for z in np.arange(0, 4.0, 1.3):
            spot.lathe((0, 0, z), profile, metal, 7)
        return
    for z in np.arange(0, 3.01, 0.2):
        spot.box((0, 0, z), (0.025, 1.0, 0.025), metal)
    for y in (0.15, 0.95):
        spot.box((0, y, 1.5), (0.04, 0.04, 3.0), metal)


def walker(spot: Spot, palette: Palette) -> None:
    """Someone on foot."""
    material, aspect = palette.cut_out("person")
    height = palette.rng.uniform(1.5, 1.9)
    spot.sheet((0, 0, 0), min(height * aspect, 1.8), height, material)


def bin_(spot: Spot, palette: Palette) -> None:
    """A bin, a box of electrics, a flower tub."""
    rng = palette.rng
    size = (rng.uniform(0.3, 0.9), rng.uniform(0.6, 1.4), rng.uniform(0.3, 0.6))
    spot.box((0, 0, 0), size, palette.paint(), taper=rng.uniform(0.85, 1.0))
