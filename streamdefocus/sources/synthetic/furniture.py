"""What stands in the room and hangs on its walls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic.canvas import Canvas, Face
from streamdefocus.sources.synthetic.cards import Card
from streamdefocus.sources.synthetic.lighting import AMBIENT, SUNS, flat, plain, planks
from streamdefocus.sources.synthetic.painting import (
    Colour,
    Noise,
    Texture,
    colour,
    ellipse,
    smooth,
    stripes,
)

LEFT, CEILING, BACK = -2.5, -1.35, 4.8
"""The left wall, the ceiling and the back wall, metres from the camera."""


def paint_window(canvas: Canvas, seed: int) -> None:
    """A window on an evening town, between curtains."""
    left, top, width, height = 0.72, -1.0, 1.2, 1.15
    rng = np.random.default_rng(seed + 1)
    z = BACK - 0.01

    def evening(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        down = np.clip(v / height, 0, 1)[..., None]
        sky = colour("#16264f") + (colour("#d98a5f", 0.8) - colour("#16264f")) * down**2.2
        return np.asarray(sky, np.float32)

    canvas.face(Face((left, top, z), (width, 0, 0), (0, height, 0)), evening, glows=True)
    for _ in range(14):  # houses on the horizon
        x = left + rng.uniform(0, width - 0.12)
        tall = rng.uniform(0.12, 0.48)
        wide = min(rng.uniform(0.08, 0.2), left + width - x)
        house = Face((x, top + height - tall, z), (wide, 0, 0), (0, tall, 0))
        canvas.face(house, flat(colour("#131a30", rng.uniform(0.7, 1.6))), glows=True)
    for _ in range(46):  # their lit windows: lights much brighter than the room
        x, y = left + rng.uniform(0.02, width - 0.04), top + height - rng.uniform(0.02, 0.4)
        code = rng.choice(["#ffd48a", "#ffb35c", "#fff1d0", "#9fd0ff", "#ff7a5c"])
        light = flat(colour(str(code), rng.uniform(1.2, 5)))
        canvas.face(Face((x, y, z), (0.014, 0, 0), (0, 0.018, 0)), light, glows=True)
    frame = flat(colour("#e9e4da"))
    for x in (left - 0.05, left + width / 2 - 0.02, left + width):
        canvas.face(Face((x, top - 0.05, z - 0.02), (0.05, 0, 0), (0, height + 0.1, 0)), frame)
    for y in (top - 0.05, top + 0.36, top + height):
        canvas.face(Face((left - 0.05, y, z - 0.02), (width + 0.1, 0, 0), (0, 0.05, 0)), frame)
    _curtain(canvas, left - 0.42, top - 0.14, 0.46, height + 0.5)
    _curtain(canvas, left + width - 0.06, top - 0.14, 0.44, height + 0.5)


def _curtain(canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
    def folds(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        phase = 2 * np.pi * (u / 0.085 + 0.25 * np.sin(v * 2.1 + u * 9))
        shade = 0.72 + 0.33 * np.sin(phase) + 0.08 * np.sin(2.3 * phase + v)
        return np.asarray(shade[..., None] * colour("#b5533c"), np.float32)

    canvas.face(Face((left, top, BACK - 0.12), (width, 0, 0), (0, height, 0)), folds)


def paint_pictures(canvas: Canvas, noise: Noise) -> None:
    """Two pictures on the back wall."""

    def hills(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        art = np.broadcast_to(colour("#f0dfc0"), (*u.shape, 3)).astype(np.float32)
        for k, code in enumerate(("#e3a857", "#c9653f", "#7c3b46", "#2f3a4f")):
            ridge = 0.12 + 0.075 * k + 0.035 * np.sin(u * (9 + 4 * k) + 2.0 * k)
            cover = np.clip((v - ridge) / pixel + 0.5, 0, 1)[..., None]
            art = art + (colour(code) - art) * cover
        return np.asarray(art, np.float32)

    def circles(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        art = np.broadcast_to(colour("#ece6da"), (*u.shape, 3)).astype(np.float32)
        for x, y, r, code in ((0.12, 0.14, 0.09, "#d9a441"), (0.2, 0.24, 0.07, "#35617a")):
            cover = np.clip((r - np.hypot(u - x, v - y)) / pixel + 0.5, 0, 1)[..., None]
            art = art + (colour(code) - art) * cover
        return np.asarray(art, np.float32)

    for x, y, wide, high, art in (
        (-0.62, -0.62, 0.52, 0.42, hills),
        (-1.12, -0.7, 0.32, 0.4, circles),
    ):
        border = plain(colour("#2a211b"), noise)
        z = BACK - 0.03
        canvas.face(Face((x - 0.03, y - 0.03, z), (wide + 0.06, 0, 0), (0, high + 0.06, 0)), border)
        canvas.face(Face((x, y, z - 0.01), (wide, 0, 0), (0, high, 0)), art)


def paint_shelf(canvas: Canvas, seed: int) -> None:
    """Two boards of books on the brick wall."""
    rng = np.random.default_rng(seed + 2)
    codes = ("#a23b3b", "#2f5d7c", "#d6b25e", "#3f6b4f", "#e4ddcf", "#5b3a63", "#c7723e")
    for y in (-0.72, -0.25):
        z = 4.55
        while z > 2.75:
            thick, tall = rng.uniform(0.025, 0.06), rng.uniform(0.2, 0.31)
            paint = colour(str(rng.choice(codes)), rng.uniform(0.7, 1.1))
            spine = Face((LEFT + 0.2, y - tall, z - thick), (0, 0, thick * 0.94), (0, tall, 0))
            canvas.face(spine, _spine(paint))
            z -= thick + (0.12 if rng.random() < 0.06 else 0.0)
        board = flat(colour("#5a3a22"))
        canvas.face(Face((LEFT + 0.22, y, 2.7), (0, 0, 1.9), (0, 0.035, 0)), board)
        if y + 0.035 < 0:
            canvas.face(Face((LEFT, y + 0.035, 2.7), (0.22, 0, 0), (0, 0, 1.9)), board)


def _spine(paint: Colour) -> Texture:
    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        bands = stripes(v - 0.05, 0.13, 0.012, pixel)[..., None]
        return np.asarray(paint + (colour("#ead9a8") - paint) * bands * 0.7, np.float32)

    return texture


def paint_fairy_lights(canvas: Canvas, seed: int) -> None:
    """Small lamps on a wire along the back wall; out of focus they become discs."""
    rng = np.random.default_rng(seed + 3)
    z = BACK - 0.06
    for start, end in ((LEFT + 0.05, -0.95), (-0.95, 0.3)):
        for t in np.linspace(0, 1, 13)[:-1]:
            x = start + (end - start) * t
            y = CEILING + 0.16 + 0.55 * t * (1 - t) + rng.uniform(-0.015, 0.015)
            warm = colour("#ffc36b", rng.uniform(3.0, 7.0))
            canvas.glow((x, y, z), 0.06, warm * np.float32(0.03))
            canvas.face(
                Face((x - 0.01, y - 0.01, z), (0.02, 0, 0), (0, 0.02, 0)), flat(warm), glows=True
            )


def paint_sideboard(canvas: Canvas, noise: Noise) -> None:
    """A sideboard under the window, with a small lamp."""
    wood = planks(colour("#9a6b43"), colour("#5f3b22"), noise, width=0.33)
    _box(canvas, (1.1, 0.52, 4.3), (2.35, 1.05, 4.75), wood)
    for x in (1.4, 1.72, 2.04):
        knob = Face((x, 0.72, 4.29), (0.03, 0, 0), (0, 0.03, 0))
        canvas.face(knob, flat(colour("#e3c98a")))
    lamp = Card(canvas.camera, 4.45, (1.7, -0.05, 2.2, 0.55), AMBIENT, SUNS)
    lamp.shape(ellipse(1.95, 0.42, 0.09, 0.11), colour("#35617a"), round_m=0.08)
    lamp.shape(_trapezoid(1.95, 0.06, 0.09, 0.3, 0.15), _lampshade(1.95, 0.2), glows=True)
    canvas.glow((1.95, 0.18, 4.44), 0.32, colour("#ffb877", 0.35))
    canvas.card(lamp)


def _trapezoid(
    x: float, top: float, upper: float, bottom: float, lower: float
) -> NDArray[np.float64]:
    return np.array([(x - upper, top), (x + upper, top), (x + lower, bottom), (x - lower, bottom)])


def _lampshade(x: float, y: float) -> Texture:
    """Cloth with a bulb behind it at (x, y) of the card."""

    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        near = np.exp(-(((u - x) / 0.16) ** 2 + ((v - y) / 0.13) ** 2))
        cloth = 0.93 + 0.07 * np.sin((u - x) / (v + 1.6) * 330)
        bulb = colour("#ffe2b0", 2.6) * near[..., None]
        return np.asarray((colour("#e08f4a", 0.8) + bulb) * cloth[..., None], np.float32)

    return texture


def paint_floor_lamp(canvas: Canvas) -> None:
    """A lamp beside the sofa."""
    card = Card(canvas.camera, 4.2, (-2.2, -0.95, -1.2, 1.2), AMBIENT, SUNS)
    card.shape(_trapezoid(-1.72, -0.4, 0.015, 1.12, 0.015), colour("#2b2622"))
    card.shape(ellipse(-1.72, 1.12, 0.17, 0.03), colour("#2b2622"))
    card.shape(_trapezoid(-1.72, -0.78, 0.15, -0.38, 0.27), _lampshade(-1.72, -0.5), glows=True)
    canvas.glow((-1.72, -0.55, 4.19), 0.62, colour("#ffb46b", 0.45))
    canvas.card(card)


_CUSHION = (
    *((-1, -1, 0.2), (0, -1, 0.17), (1, -1, 0.2), (1, 0, 0.17)),
    *((1, 1, 0.2), (0, 1, 0.17), (-1, 1, 0.2), (-1, 0, 0.17)),
)


def paint_sofa(canvas: Canvas, noise: Noise) -> None:
    """A sofa with two cushions."""
    velvet = plain(colour("#c08a2e"), noise, 0.015, 0.25)
    light = plain(colour("#cf9a3f"), noise, 0.015, 0.25)
    _box(canvas, (-2.3, 0.22, 4.1), (-0.55, 0.95, 4.4), velvet)
    _box(canvas, (-2.1, 0.6, 3.55), (-0.75, 1.0, 4.1), light, top=light)
    _box(canvas, (-2.3, 0.42, 3.5), (-2.1, 1.0, 4.2), velvet)
    _box(canvas, (-0.75, 0.42, 3.5), (-0.55, 1.0, 4.2), velvet)
    for x, code, turn in ((-1.75, "#2f5d62", 0.12), (-1.05, "#a8452f", -0.15)):
        card = Card(canvas.camera, 4.0, (x - 0.4, 0.0, x + 0.4, 0.75), AMBIENT, SUNS)
        half = 0.2
        corners = smooth(
            [
                (-half, -half),
                (0, -half * 0.86),
                (half, -half),
                (half * 0.86, 0),
                (half, half),
                (0, half * 0.86),
                (-half, half),
                (-half * 0.86, 0),
            ]
        )
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        card.shape(
            corners @ rotation + (x, 0.4), plain(colour(code), noise, 0.012, 0.3), round_m=0.09
        )
        canvas.card(card)


def paint_table(canvas: Canvas, noise: Noise) -> None:
    """A low table with a book and a mug."""
    wood = planks(colour("#c79a6a"), colour("#8a5c36"), noise, width=0.2)
    for x, z in ((-0.02, 3.3), (0.77, 3.3), (-0.02, 2.88), (0.77, 2.88)):
        _box(canvas, (x, 0.8, z), (x + 0.05, 1.13, z + 0.05), wood)
    _box(canvas, (-0.05, 0.74, 2.85), (0.85, 0.79, 3.35), wood)
    _box(canvas, (0.15, 0.70, 3.0), (0.42, 0.74, 3.2), _spine(colour("#2f5d7c")))
    card = Card(canvas.camera, 3.05, (0.5, 0.5, 0.8, 0.8), AMBIENT, SUNS)
    card.shape(ellipse(0.71, 0.685, 0.03, 0.034), colour("#e4ddcf"))
    card.shape(ellipse(0.71, 0.685, 0.018, 0.022), colour("#8a5c36"))
    mug = smooth([(0.61, 0.63), (0.7, 0.63), (0.695, 0.74), (0.655, 0.75), (0.615, 0.74)])
    card.shape(mug, colour("#e4ddcf"), round_m=0.04)
    canvas.card(card)


def _box(
    canvas: Canvas,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    texture: Texture,
    top: Texture | None = None,
) -> None:
    """Paint the visible faces of a box between two corners (left top front, right bottom back)."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    deep = z1 - z0
    if x0 > 0:
        canvas.face(Face((x0, y0, z1), (0, 0, -deep), (0, y1 - y0, 0)), texture)
    if x1 < 0:
        canvas.face(Face((x1, y0, z0), (0, 0, deep), (0, y1 - y0, 0)), texture)
    if y0 > 0:
        canvas.face(Face((x0, y0, z1), (x1 - x0, 0, 0), (0, 0, -deep)), top or texture)
    if y1 < 0:
        canvas.face(Face((x0, y1, z0), (x1 - x0, 0, 0), (0, 0, deep)), texture)
    canvas.face(Face((x0, y0, z0), (x1 - x0, 0, 0), (0, y1 - y0, 0)), texture)
