"""Patterns painted by the program: materials, pictures and cut-outs for synthetic scenes.

Every painter takes a random generator and returns a tile, TILE_PX x TILE_PX x 3 BGR uint8; those
of cut-outs return its opacity as well, TILE_PX x TILE_PX uint8, 0 or 255.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap

TILE_PX = 256

Painter = Callable[[np.random.Generator], BgrImage]
Opacity = NDArray[np.uint8]
CutoutPainter = Callable[[np.random.Generator], tuple[BgrImage, Opacity]]

WARM = (10.0, 55.0)

_Y, _X = np.mgrid[0:TILE_PX, 0:TILE_PX].astype(np.float32) / TILE_PX


# --- Ingredients ------------------------------------------------------------------------------


def noise(rng: np.random.Generator, cells: float, octaves: int = 5, decay: float = 0.6) -> FloatMap:
    """Smooth noise in 0..1, TILE_PX x TILE_PX.

    Args:
        rng: Source of chance.
        cells: Bumps along a side, in the coarsest octave.
        octaves: Each has twice the bumps of the one before.
        decay: And so much of its amplitude.
    """
    total = np.zeros((TILE_PX, TILE_PX), np.float32)
    for octave in range(octaves):
        count = min(int(cells * 2**octave) + 2, TILE_PX)
        grid = rng.random((count, count), np.float32)
        total += decay**octave * cv2.resize(
            grid, (TILE_PX, TILE_PX), interpolation=cv2.INTER_LINEAR
        )
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low), np.float32)


def colour(
    rng: np.random.Generator,
    saturation: tuple[float, float] = (0.05, 0.55),
    value: tuple[float, float] = (0.25, 0.9),
    hue: tuple[float, float] | None = None,
) -> FloatMap:
    """A BGR colour, float32, 0..255; of any hue, but every second one is of wood, sand or clay."""
    if hue is None:
        hue = WARM if rng.random() < 0.5 else (0, 360)
    hsv = [rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value)]
    bgr = cv2.cvtColor(np.array([[hsv]], np.float32), cv2.COLOR_HSV2BGR)
    return np.asarray(255 * bgr[0, 0], np.float32)


def mix(weight: FloatMap, one: FloatMap, other: FloatMap) -> FloatMap:
    """From one colour (weight 0) to the other (weight 1)."""
    return np.asarray(one + weight[..., None] * (other - one), np.float32)


def _as_picture(values: FloatMap) -> BgrImage:
    return np.clip(values, 0, 255).astype(np.uint8)


def _wood_colour(rng: np.random.Generator) -> FloatMap:
    return colour(rng, (0.2, 0.65), (0.25, 0.85), (12, 36))


# --- Materials --------------------------------------------------------------------------------


def clouds(rng: np.random.Generator) -> BgrImage:
    """Noise of several octaves between two colours."""
    weight = noise(rng, rng.uniform(2, 12), decay=rng.uniform(0.5, 0.85))
    return _as_picture(mix(weight, colour(rng), colour(rng)))


def plaster(rng: np.random.Generator) -> BgrImage:
    """A painted wall: light, with stains and grain."""
    base = colour(rng, (0.0, 0.35), (0.6, 0.95))
    stains = noise(rng, 3, 3) - 0.5
    grain = noise(rng, 90, 2) - 0.5
    return _as_picture(
        base * (1 + rng.uniform(0.05, 0.2) * stains + rng.uniform(0.02, 0.2) * grain)[..., None]
    )


def wood(rng: np.random.Generator) -> BgrImage:
    """Grain along the tile's height, from straight to wavy."""
    bend = noise(rng, 2, 3) * rng.uniform(0.05, 0.5)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 16) * (_X + bend))
    fibres = cv2.blur(rng.random((TILE_PX, TILE_PX), np.float32), (1, 31))
    weight = 0.6 * rings + 3 * (fibres - 0.5)
    base = _wood_colour(rng)
    return _as_picture(mix(weight.astype(np.float32), base, base * rng.uniform(0.45, 0.8)))


def planks(rng: np.random.Generator) -> BgrImage:
    """Boards of slightly different colours, with joints."""
    count = int(rng.integers(3, 7))
    picture = wood(rng).astype(np.float32)
    board = np.minimum((_X * count).astype(int), count - 1)
    shift = rng.random(count).astype(np.float32)[board]
    piece = (_Y * 2 + shift).astype(int) % 2
    tone = rng.uniform(0.75, 1.15, (2, count)).astype(np.float32)[piece, board]
    joint = (_X * count % 1 < 0.025) | ((_Y * 2 + shift) % 1 < 0.012)
    return _as_picture(picture * np.where(joint, 0.4, tone)[..., None])


def tiles(rng: np.random.Generator) -> BgrImage:
    """Square tiles with joints; one colour, two as on a chess board, or all a little different."""
    count = int(rng.integers(2, 7))
    row, column = (_Y * count).astype(int), (_X * count).astype(int)
    style = rng.integers(3)
    if style == 0:
        tone = rng.uniform(0.85, 1.1, (count, count)).astype(np.float32)[row, column][..., None]
        picture = colour(rng, (0, 0.5), (0.4, 0.95)) * tone
    else:
        dark = ((row + column) % 2).astype(np.float32)
        picture = mix(dark, colour(rng, (0, 0.3), (0.6, 0.95)), colour(rng, (0, 0.6), (0.1, 0.6)))
    picture = picture * (0.85 + 0.3 * noise(rng, 6, 4))[..., None]
    gap = rng.uniform(0.02, 0.06)
    joint = (_X * count % 1 < gap) | (_Y * count % 1 < gap)
    return _as_picture(np.where(joint[..., None], colour(rng, (0, 0.1), (0.3, 0.8)), picture))


def bricks(rng: np.random.Generator) -> BgrImage:
    """A wall of bricks."""
    rows, columns = int(rng.integers(6, 13)), int(rng.integers(2, 5))
    row = (_Y * rows).astype(int)
    across = _X * columns + 0.5 * (row % 2)
    tone = rng.uniform(0.65, 1.2, (rows, columns + 1)).astype(np.float32)
    picture = (
        colour(rng, (0.1, 0.7), (0.4, 0.8), (0, 40)) * tone[row, across.astype(int)][..., None]
    )
    picture = picture * (0.8 + 0.4 * noise(rng, 24, 3))[..., None]
    joint = (_Y * rows % 1 < 0.14) | (across % 1 < 0.06)
    return _as_picture(np.where(joint[..., None], colour(rng, (0, 0.1), (0.5, 0.85)), picture))


def stripes(rng: np.random.Generator) -> BgrImage:
    """Upright stripes of two or three colours, as on wallpaper and curtains."""
    count = int(rng.integers(3, 14))
    width = rng.uniform(0.15, 0.85)
    picture = mix((_X * count % 1 < width).astype(np.float32), colour(rng), colour(rng))
    if rng.random() < 0.5:
        thin = (_X * count + 0.4) % 1 < 0.08
        picture = np.where(thin[..., None], colour(rng), picture)
    return _as_picture(picture * (0.9 + 0.2 * noise(rng, 20, 3))[..., None])


def wallpaper(rng: np.random.Generator) -> BgrImage:
    """A motif, repeated in rows that are shifted or not."""
    base = colour(rng, (0.0, 0.4), (0.5, 0.95))
    picture = np.ascontiguousarray(np.broadcast_to(base, (TILE_PX, TILE_PX, 3)))
    count = int(rng.integers(2, 9))
    step = TILE_PX / count
    inks = [colour(rng).tolist() for _ in range(2)]
    petals, size = int(rng.integers(0, 7)), step * rng.uniform(0.1, 0.3)
    shifted = rng.random() < 0.6
    for row in range(count + 1):
        for column in range(count + 1):
            x = (column + 0.5 * (row % 2) * shifted) * step
            for angle in np.arange(petals) * 2 * np.pi / max(petals, 1):
                at = (int(x + size * np.cos(angle)), int(row * step + size * np.sin(angle)))
                cv2.circle(picture, at, max(int(size * 0.55), 1), inks[1], -1, cv2.LINE_AA)
            centre = (int(x), int(row * step))
            cv2.circle(picture, centre, max(int(size * 0.6), 1), inks[0], -1, cv2.LINE_AA)
    return _as_picture(picture * (0.9 + 0.2 * noise(rng, 30, 3))[..., None])


def carpet(rng: np.random.Generator) -> BgrImage:
    """A pile, with or without a pattern."""
    pile = 0.65 + 0.7 * noise(rng, 110, 2)
    picture = mix(noise(rng, 3, 3), colour(rng), colour(rng))
    if rng.random() < 0.5:
        count = int(rng.integers(2, 7))
        diamond = np.abs(_X * count % 1 - 0.5) + np.abs(_Y * count % 1 - 0.5)
        picture = mix((diamond < rng.uniform(0.3, 0.7)).astype(np.float32), picture, colour(rng))
    return _as_picture(picture * pile[..., None])


def plaid(rng: np.random.Generator) -> BgrImage:
    """Woven stripes in both directions."""
    count = int(rng.integers(2, 7))
    bands = rng.random((int(rng.integers(3, 6)), 3)).astype(np.float32) * 255
    across = bands[(_X * count * len(bands)).astype(int) % len(bands)]
    down = bands[(_Y * count * len(bands)).astype(int) % len(bands)]
    return _as_picture((across + down) / 2 * (0.85 + 0.3 * noise(rng, 100, 1))[..., None])


def marble(rng: np.random.Generator) -> BgrImage:
    """Veins through a stone."""
    veins = np.abs(np.sin(2 * np.pi * (_X * rng.uniform(1, 3) + 1.5 * noise(rng, 3, 5))))
    return _as_picture(mix(veins**0.4, colour(rng, value=(0.1, 0.5)), colour(rng, (0, 0.3))))


def plain(rng: np.random.Generator) -> BgrImage:
    """Light and nearly white, to be tinted."""
    base = colour(rng, (0, 0.06), (0.8, 0.95))
    tone = 1 + 0.12 * (noise(rng, 2, 4) - 0.5) + 0.06 * (noise(rng, 100, 1) - 0.5)
    return _as_picture(base * tone[..., None])


def gradient(rng: np.random.Generator) -> BgrImage:
    """Nearly plain: what self-supervision finds hardest."""
    angle = rng.uniform(0, 2 * np.pi)
    weight = 0.5 + 0.5 * (np.cos(angle) * (_X - 0.5) + np.sin(angle) * (_Y - 0.5))
    base = colour(rng, (0, 0.6), (0.3, 0.95))
    weight = weight + 0.04 * (noise(rng, 120, 1) - 0.5)
    return _as_picture(mix(weight.astype(np.float32), base, base * rng.uniform(0.5, 0.95)))


def asphalt(rng: np.random.Generator) -> BgrImage:
    """Road: grains, patches and cracks."""
    base = colour(rng, (0, 0.15), (0.25, 0.55))
    patches = noise(rng, 3, 4)
    grain = noise(rng, 120, 1, 1)
    cracks = np.abs(noise(rng, 4, 5) - 0.5) < 0.008
    tone = (0.75 + 0.3 * patches + 0.35 * (grain - 0.5)) * np.where(cracks, 0.6, 1)
    return _as_picture(base * tone[..., None])


def paving(rng: np.random.Generator) -> BgrImage:
    """Slabs or cobbles."""
    return tiles(rng) if rng.random() < 0.5 else bricks(rng)


def grass(rng: np.random.Generator) -> BgrImage:
    """A lawn."""
    blades = cv2.blur(rng.random((TILE_PX, TILE_PX), np.float32), (1, 5))
    weight = 0.5 * noise(rng, 4, 4) + 1.4 * (blades - 0.3)
    one, other = (colour(rng, (0.35, 0.8), v, (60, 130)) for v in ((0.2, 0.4), (0.4, 0.7)))
    return _as_picture(mix(weight.astype(np.float32), one, other))


# --- Things that are flat ---------------------------------------------------------------------


def poster(rng: np.random.Generator) -> BgrImage:
    """A picture or poster: a ground, shapes, lines of writing."""
    picture = clouds(rng) if rng.random() < 0.4 else gradient(rng)
    for _ in range(int(rng.integers(2, 12))):
        ink = colour(rng, (0, 0.95), (0.05, 1)).tolist()
        at = rng.integers(0, TILE_PX, 2)
        shape = rng.integers(3)
        if shape == 0:
            cv2.circle(picture, at.tolist(), int(rng.integers(8, 70)), ink, -1, cv2.LINE_AA)
        elif shape == 1:
            corners = at + rng.integers(-80, 80, (int(rng.integers(3, 6)), 2))
            cv2.fillConvexPoly(picture, cv2.convexHull(corners.astype(np.int32)), ink, cv2.LINE_AA)
        else:
            end = (at + rng.integers(-150, 150, 2)).tolist()
            cv2.line(picture, at.tolist(), end, ink, int(rng.integers(2, 14)), cv2.LINE_AA)
    if rng.random() < 0.5:
        _write_lines(rng, picture, int(rng.integers(2, 8)))
    return picture


def _write_lines(rng: np.random.Generator, picture: BgrImage, count: int) -> None:
    top, ink = int(rng.integers(10, 120)), colour(rng, (0, 0.5), (0, 1)).tolist()
    size = int(rng.integers(4, 14))
    for line in range(count):
        y, x = top + 2 * size * line, 20
        while x < rng.integers(120, 240) and y < TILE_PX - size:
            width = int(rng.integers(size, 5 * size))
            cv2.rectangle(picture, (x, y), (min(x + width, 236), y + size), ink, -1)
            x += width + size


def screen(rng: np.random.Generator) -> BgrImage:
    """What a monitor shows: windows with writing, or a film."""
    picture = poster(rng) if rng.random() < 0.5 else gradient(rng)
    for _ in range(int(rng.integers(1, 4))):
        x, y = (int(v) for v in rng.integers(0, 150, 2))
        far = (x + int(rng.integers(50, 150)), y + int(rng.integers(40, 130)))
        cv2.rectangle(picture, (x, y), far, colour(rng, (0, 0.1), (0.05, 1)).tolist(), -1)
        cv2.rectangle(picture, (x, y), (far[0], y + 10), colour(rng).tolist(), -1)
        for row in range(y + 18, far[1] - 6, 9):
            end = (int(rng.integers(x + 10, far[0])), row)
            cv2.line(picture, (x + 6, row), end, colour(rng, (0, 0.8), (0, 1)).tolist(), 3)
    return picture


def books(rng: np.random.Generator) -> BgrImage:
    """Backs of books, side by side on a dark ground."""
    picture = np.full((TILE_PX, TILE_PX, 3), 25, np.uint8)
    x = int(rng.integers(0, 10))
    while x < TILE_PX - 6:
        width = int(rng.integers(7, 30))
        if rng.random() < 0.92:
            top = int(rng.integers(10, 90))
            ink = colour(rng, (0.0, 0.8), (0.15, 0.95))
            cv2.rectangle(picture, (x, top), (x + width - 2, TILE_PX), ink.tolist(), -1)
            for band in rng.integers(top + 5, TILE_PX, int(rng.integers(0, 4))):
                ink = colour(rng, (0, 0.6), (0.1, 1))
                far = (x + width - 3, int(band) + int(rng.integers(2, 14)))
                cv2.rectangle(picture, (x + 1, int(band)), far, ink.tolist(), -1)
        x += width
    return picture


def view(rng: np.random.Generator) -> BgrImage:
    """What a window shows: a bright sky, and roofs or trees below."""
    picture = mix(
        _Y, colour(rng, (0.05, 0.4), (0.85, 1), (190, 230)), np.array([250, 250, 250], np.float32)
    )
    horizon = rng.uniform(0.35, 0.8) + 0.25 * (noise(rng, 5, 4) - 0.5)
    ground = mix(noise(rng, 8, 4), *(colour(rng, (0.1, 0.6), v) for v in ((0.2, 0.5), (0.4, 0.7))))
    return _as_picture(np.where((horizon < _Y)[..., None], ground, picture))


def facade(rng: np.random.Generator) -> BgrImage:
    """Four windows on a wall, to be repeated up and along a house."""
    wall = rng.choice(np.array([plaster, bricks, plaster, plain], object))
    picture = wall(rng)
    dark, frame = colour(rng, (0.1, 0.5), (0.05, 0.45), (180, 240)), colour(rng, (0, 0.3))
    w, h = int(rng.integers(28, 90)), int(rng.integers(50, 100))
    sill = rng.random() < 0.6
    for cx in (64, 192):
        for cy in (64, 192):
            near, far = (cx - w // 2, cy - h // 2), (cx + w // 2, cy + h // 2)
            glass = (dark * rng.uniform(0.5, 1.8)).clip(0, 255).tolist()
            cv2.rectangle(picture, near, far, glass, -1)
            if rng.random() < 0.4:  # a curtain
                part = (near[0] + int(w * rng.uniform(0.2, 0.5)), far[1])
                cv2.rectangle(picture, near, part, colour(rng, (0, 0.3), (0.5, 0.9)).tolist(), -1)
            cv2.rectangle(picture, near, far, frame.tolist(), 4)
            cv2.line(picture, (cx, near[1]), (cx, far[1]), frame.tolist(), 3)
            cv2.line(picture, (near[0], cy - h // 6), (far[0], cy - h // 6), frame.tolist(), 3)
            if sill:
                end = (far[0] + 6, far[1] + 7)
                cv2.rectangle(picture, (near[0] - 6, far[1]), end, (frame * 0.8).tolist(), -1)
    return picture


def sky(rng: np.random.Generator) -> BgrImage:
    """Clear to overcast, brighter towards the horizon, which is the tile's lower edge."""
    blue = colour(rng, (0.2, 0.65), (0.65, 0.95), (200, 225))
    grey = colour(rng, (0.0, 0.12), (0.75, 0.98), (190, 230))
    cover = np.clip(rng.uniform(0.6, 3) * (noise(rng, 3, 6) - rng.uniform(0.2, 0.7)), 0, 1)
    picture = mix(np.clip(cover, 0, 1).astype(np.float32), blue, grey)
    return _as_picture(
        mix((0.6 * _Y**2).astype(np.float32), picture, np.array([245, 240, 235], np.float32))
    )


# --- Cut-outs ---------------------------------------------------------------------------------


def leaves(rng: np.random.Generator) -> tuple[BgrImage, Opacity]:
    """A pot plant: stems from the middle of the lower edge, with leaves."""
    base = colour(rng, (0.3, 0.8), (0.25, 0.6), (65, 140))
    picture = _as_picture(np.broadcast_to(base * 0.8, (TILE_PX, TILE_PX, 3)))
    opacity = np.zeros((TILE_PX, TILE_PX), np.uint8)
    slim, length = rng.uniform(0.12, 0.5), rng.uniform(18, 60)
    for _ in range(int(rng.integers(7, 18))):
        angle, reach = rng.uniform(-1.15, 1.15), rng.uniform(90, 235)
        bend = rng.uniform(-0.5, 0.9) * angle
        steps = np.linspace(0, 1, 14)
        xs = 128 + reach * np.cumsum(np.sin(angle + bend * steps)) / 14
        ys = 255 - reach * np.cumsum(np.cos(angle + bend * steps)) / 14
        stem = np.stack([xs, ys], -1).astype(np.int32)
        cv2.polylines(opacity, [stem], False, 255, int(rng.integers(2, 5)))
        for i in range(4, 14, int(rng.integers(1, 5))):
            tone = (base * rng.uniform(0.55, 1.35)).clip(0, 255).tolist()
            turn = float(np.degrees(angle + bend * steps[i]) - 90 + rng.uniform(-60, 60))
            axes = (int(length * rng.uniform(0.5, 1) * 0.5), int(length * slim * 0.5) + 2)
            at = (int(xs[i]), int(ys[i]))
            cv2.ellipse(picture, at, (axes[0] + 2, axes[1] + 2), turn, 0, 360, tone, -1)
            cv2.ellipse(opacity, at, axes, turn, 0, 360, 255, -1)
    shade = 0.8 + 0.4 * noise(rng, 20, 3)
    return _as_picture(picture * shade[..., None]), opacity


def crown(rng: np.random.Generator) -> tuple[BgrImage, Opacity]:
    """The crown of a tree: a ragged blob of leaves with holes."""
    ragged = noise(rng, 6, 5, 0.75)
    shape = 1 - np.hypot((_X - 0.5) * 2, (_Y - 0.5) * rng.uniform(1.9, 2.6))
    opacity = (shape + 0.9 * (ragged - 0.5) > 0.12) & (noise(rng, 22, 3) > rng.uniform(0.1, 0.35))
    base = colour(rng, (0.3, 0.8), (0.2, 0.6), (40, 130))
    light = 0.45 + 0.5 * (1 - _Y) + 0.6 * (noise(rng, 24, 3) - 0.5)
    return _as_picture(base * 1.3 * light[..., None]), (opacity * np.uint8(255))


def person(rng: np.random.Generator) -> tuple[BgrImage, Opacity]:
    """Someone who stands, seen from the front: flat, but with the outline and colours of one."""
    opacity = np.zeros((TILE_PX, TILE_PX), np.uint8)
    parts = {name: np.zeros_like(opacity) for name in ("legs", "shirt", "skin", "hair")}
    sway, wide = rng.uniform(-8, 8), rng.uniform(24, 36)
    for side in (-1, 1):
        hip = (int(128 + side * wide * 0.45), 128)
        foot = (int(128 + side * rng.uniform(6, 34)), 252)
        cv2.line(parts["legs"], hip, foot, 255, int(rng.integers(17, 26)))
        shoulder = (int(128 + side * wide + sway), 62)
        elbow = (int(shoulder[0] + side * rng.uniform(4, 40)), int(rng.uniform(80, 104)))
        hand = (int(elbow[0] - side * rng.uniform(-20, 36)), int(rng.uniform(62, 140)))
        cv2.polylines(
            parts["shirt"],
            [np.array([shoulder, elbow, hand], np.int32)],
            False,
            255,
            int(rng.integers(11, 17)),
        )
        cv2.circle(parts["skin"], hand, 8, 255, -1)
    hull = [(128 - wide + sway, 52), (128 + wide + sway, 52), (128 + wide * 0.8, 140)]
    hull += [(128 - wide * 0.8, 140)]
    cv2.fillConvexPoly(parts["shirt"], np.array(hull, np.int32), 255)
    head = (int(128 + sway), 28)
    cv2.line(parts["skin"], head, (head[0], 56), 255, 15)
    cv2.ellipse(parts["hair"], (head[0], head[1] - 4), (19, 23), 0, 0, 360, 255, -1)
    if rng.random() < 0.4:
        cv2.rectangle(parts["hair"], (head[0] - 19, 24), (head[0] + 19, 60), 255, -1)
    cv2.ellipse(parts["skin"], (head[0], head[1] + 3), (14, 18), 0, 0, 360, 255, -1)
    cloth = [painter(rng) for painter in rng.choice(np.array(FABRICS, object), 2)]
    skin = colour(rng, (0.2, 0.6), (0.3, 0.95), (12, 28))
    hair = colour(rng, (0.1, 0.6), (0.08, 0.6), (10, 40))
    picture = cloth[0].astype(np.float32)
    for name, ink in (("legs", cloth[0]), ("shirt", cloth[1]), ("hair", hair), ("skin", skin)):
        spread = cv2.dilate(parts[name], np.ones((3, 3), np.uint8)) > 0
        picture = np.where(spread[..., None], ink, picture)
        opacity |= parts[name]
    rounded = 0.6 + 0.5 * cv2.GaussianBlur(opacity.astype(np.float32) / 255, (0, 0), 9)
    return _as_picture(picture * rounded[..., None]), opacity


FABRICS: tuple[Painter, ...] = (clouds, stripes, wallpaper, plaid, gradient, carpet)

PATTERNS: dict[str, tuple[int, tuple[Painter, ...]]] = {
    "floor": (8, (planks, tiles, carpet, marble, planks, clouds, tiles, carpet)),
    "wall": (10, (plaster, stripes, wallpaper, plaster, bricks, gradient, clouds, plaster)),
    "ceiling": (3, (plaster, gradient, planks)),
    "wood": (6, (wood,)),
    "fabric": (10, FABRICS),
    "poster": (10, (poster,)),
    "screen": (3, (screen,)),
    "books": (3, (books,)),
    "view": (3, (view,)),
    "facade": (10, (facade,)),
    "road": (3, (asphalt,)),
    "pavement": (4, (paving, asphalt)),
    "grass": (2, (grass,)),
    "sky": (4, (sky,)),
    "plain": (4, (plain,)),
}
"""How many tiles of each kind a library holds, and their painters, which take turns."""

CUTOUTS: dict[str, tuple[int, CutoutPainter]] = {
    "plant": (5, leaves),
    "crown": (5, crown),
    "person": (6, person),
}
