"""The room: walls, floor and what is in it, painted once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic import furniture
from streamdefocus.sources.synthetic.canvas import Canvas, Face
from streamdefocus.sources.synthetic.furniture import BACK, CEILING, LEFT
from streamdefocus.sources.synthetic.lighting import AMBIENT, LAMPS, plain, planks
from streamdefocus.sources.synthetic.painting import Camera, Noise, colour, stripes

RIGHT, FLOOR = 2.4, 1.15
"""The right wall and the floor, metres from the camera."""


def paint_room(camera: Camera, seed: int) -> Canvas:
    """Everything that stands still, with its disparity."""
    canvas = Canvas(camera, LAMPS, AMBIENT)
    noise = Noise(seed)
    _shell(canvas, noise)
    furniture.paint_window(canvas, seed)
    furniture.paint_pictures(canvas, noise)
    furniture.paint_shelf(canvas, seed)
    furniture.paint_fairy_lights(canvas, seed)
    furniture.paint_sideboard(canvas, noise)
    furniture.paint_floor_lamp(canvas)
    furniture.paint_sofa(canvas, noise)
    furniture.paint_table(canvas, noise)
    return canvas


def _shell(canvas: Canvas, noise: Noise) -> None:
    wide, high, near = RIGHT - LEFT, FLOOR - CEILING, 0.6
    deep = BACK - near
    boards = planks(colour("#b98a5c"), colour("#6e4526"), noise)

    def floor(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        x, z = u + LEFT, BACK - v
        wood = boards(u, v, pixel)
        rug = _rug(x, z, pixel, noise)
        inside = np.clip((1 - ((x - 0.35) / 1.5) ** 2 - ((z - 3.0) / 0.85) ** 2) * 30, 0, 1)
        mixed = wood + (rug - wood) * inside[..., None]
        return np.asarray(mixed * _contact_shadows(x, z)[..., None], np.float32)

    def wall(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        paint = plain(colour("#4f7d80"), noise, 0.015, 0.2)(u, v, pixel)
        panel = plain(colour("#d8d2c4"), noise)(u, v, pixel)
        panel = panel * (1 - 0.45 * stripes(u, 0.42, 0.012, pixel))[..., None]
        low = np.clip((v - (high - 0.85)) / pixel + 0.5, 0, 1)[..., None]
        rail = stripes(v - (high - 0.85), 10.0, 0.04, pixel)[..., None]
        mixed = paint + (panel - paint) * low
        return np.asarray(mixed + (colour("#e8e2d4") - mixed) * rail, np.float32)

    def bricks(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        row = np.floor(v / 0.075)
        shifted = (u + 0.11 * np.mod(row, 2)).astype(np.float32)
        tone = noise(np.floor(shifted / 0.22).astype(np.float32), row.astype(np.float32), 0.37)
        clay = colour("#a4583f") + (colour("#6b3a30") - colour("#a4583f")) * tone[..., None]
        clay = clay * (0.85 + 0.3 * noise(u, v, 0.012))[..., None]
        joint = np.maximum(stripes(v, 0.075, 0.01, pixel), stripes(shifted, 0.22, 0.01, pixel))
        return np.asarray(clay + (colour("#b9aea2") - clay) * joint[..., None], np.float32)

    white = plain(colour("#d9d4ca"), noise)
    canvas.face(Face((LEFT, CEILING, near), (wide, 0, 0), (0, 0, deep)), white, corners=0.4)
    canvas.face(Face((LEFT, FLOOR, BACK), (wide, 0, 0), (0, 0, -deep)), floor, corners=0.4)
    canvas.face(Face((LEFT, CEILING, near), (0, 0, deep), (0, high, 0)), bricks, corners=0.4)
    canvas.face(Face((RIGHT, CEILING, BACK), (0, 0, -deep), (0, high, 0)), wall, corners=0.4)
    canvas.face(Face((LEFT, CEILING, BACK), (wide, 0, 0), (0, high, 0)), wall, corners=0.4)


def _rug(x: FloatMap, z: FloatMap, pixel: FloatMap, noise: Noise) -> NDArray[np.float32]:
    ring = np.sqrt(((x - 0.35) / 1.5) ** 2 + ((z - 3.0) / 0.85) ** 2).astype(np.float32)
    bands = stripes(ring, 0.22, 0.07, pixel / 1.2)[..., None]
    wool = colour("#c9bda4") + (colour("#8a3f3a") - colour("#c9bda4")) * bands
    return np.asarray(wool * (0.8 + 0.4 * noise(x, z, 0.012))[..., None], np.float32)


def _contact_shadows(x: FloatMap, z: FloatMap) -> FloatMap:
    """How much of the light reaches the floor beside the furniture."""
    light = np.ones_like(x)
    for x0, x1, z0, z1 in (
        (-2.3, -0.55, 3.5, 4.4),
        (1.1, 2.4, 4.25, 4.8),
        (-0.05, 0.85, 2.85, 3.35),
    ):
        outside = np.hypot(
            np.maximum(np.maximum(x0 - x, x - x1), 0), np.maximum(np.maximum(z0 - z, z - z1), 0)
        )
        light = light * (1 - 0.65 * np.exp(-outside / 0.16))
    return np.asarray(light, np.float32)
