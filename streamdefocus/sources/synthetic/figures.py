"""What moves: a person, plants and a balloon, each painted once as a sprite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic.cards import Card, Sprite
from streamdefocus.sources.synthetic.lighting import SUNS, plain
from streamdefocus.sources.synthetic.painting import (
    Camera,
    Colour,
    Noise,
    Texture,
    colour,
    ellipse,
    smooth,
)

PERSON_Z, LEAVES_Z, BALLOON_Z, PLANT_Z = 1.5, 0.85, 0.8, 3.4
"""Distances at rest, metres."""

_SHADE = colour("#9aa0b4", 0.5)
_HAIR = colour("#3a2216")
_SKIN = colour("#e6b08c")
_BLUSH = colour("#e69a82")

Points = list[tuple[float, float]]

_HAIR_OUTLINE: Points = [
    (0.0, -0.335), (0.075, -0.318), (0.125, -0.25), (0.138, -0.15), (0.145, -0.05),
    (0.165, 0.04), (0.14, 0.115), (0.085, 0.105), (0.06, 0.03),
]  # fmt: skip
_FACE: Points = [
    (0.0, -0.275), (0.06, -0.262), (0.088, -0.205), (0.087, -0.13), (0.066, -0.062), (0.02, -0.034),
]  # fmt: skip
_FRINGE: Points = [
    (0.0, -0.325), (0.075, -0.308), (0.116, -0.24), (0.122, -0.14), (0.128, -0.03), (0.118, 0.05),
    (0.1, -0.03), (0.092, -0.13), (0.083, -0.2), (0.05, -0.25), (0.0, -0.29), (-0.012, -0.315),
]  # fmt: skip
_NECK: Points = [(0.03, -0.09), (0.045, -0.05), (0.05, 0.02), (0.04, 0.08), (0.015, 0.11)]
_ARM: Points = [
    (0.18, 0.09), (0.245, 0.14), (0.29, 0.36), (0.305, 0.6), (0.25, 0.95), (0.19, 0.95),
    (0.22, 0.58), (0.185, 0.32),
]  # fmt: skip
_TORSO: Points = [
    (0.06, 0.01), (0.15, 0.05), (0.22, 0.12), (0.243, 0.3), (0.225, 0.7), (0.24, 1.4), (0.1, 1.45),
]  # fmt: skip
_BALLOON: Points = [(0, -0.125), (0.088, -0.075), (0.085, 0.02), (0.035, 0.095), (0.005, 0.112)]
_SMILE: Points = [(0, -0.088), (0.015, -0.089), (0.034, -0.092), (0.018, -0.075), (0, -0.07)]
"""Halves of outlines, metres; they are mirrored."""


def paint_body(camera: Camera, seed: int) -> Sprite:
    """Shoulders, arms and jumper of the person; it reaches below the picture's bottom."""
    reach = PERSON_Z * camera.centre_px[1] / camera.focal_px + 0.25
    card = Card(camera, PERSON_Z, (-0.42, -0.14, 0.42, min(reach, 1.3)), _SHADE, SUNS)
    knit = _knit(colour("#2e6f73"), colour("#e7dcc4"), Noise(seed + 10))
    for side in (-1, 1):
        card.shape(_mirrored(_ARM, side), knit, round_m=0.05)
    card.shape(smooth([*_mirrored_points(_TORSO, -1), (0, 0.06)]), knit, round_m=0.13)
    card.shape(_mirrored_closed(_NECK), _SKIN * np.float32(0.8), round_m=0.05, near_m=0.03)
    collar = [(0.075, 0.0), (0.088, 0.03), (0, 0.125), (-0.088, 0.03), (-0.075, 0.0), (0, 0.085)]
    card.shape(smooth(collar), colour("#e7dcc4"), round_m=0.02, near_m=0.07)
    return card.sprite


def paint_head(camera: Camera, seed: int) -> Sprite:
    """Head and hair of the person, with loose strands."""
    rng = np.random.default_rng(seed + 11)
    card = Card(camera, PERSON_Z, (-0.26, -0.44, 0.26, 0.26), _SHADE, SUNS)
    outline = _mirrored_closed(_HAIR_OUTLINE)
    for _ in range(110):
        card.strand(_loose_strand(rng, outline), _HAIR * np.float32(rng.uniform(0.8, 3)), 0.0015)
    card.shape(outline, _strands(0.0), round_m=0.05)
    card.shape(_mirrored_closed(_NECK) * (0.95, 1), _SKIN * np.float32(0.66), round_m=0.04)
    card.shape(_mirrored_closed(_FACE), _SKIN, round_m=0.075, near_m=0.05)
    _paint_features(card)
    for side, reach in ((-1, 1.0), (1, 0.92)):
        lock = _mirrored(_FRINGE, side) * (1, reach)
        card.shape(lock, _strands(4.0 * side), round_m=0.035, near_m=0.1)
    for _ in range(50):
        strand = _loose_strand(rng, outline * 0.97)
        card.strand(strand, _HAIR * np.float32(rng.uniform(1.5, 4)), 0.0013)
    return card.sprite


def paint_plant(camera: Camera, seed: int) -> Sprite:
    """A house plant in a pot, on the floor at the right."""
    rng = np.random.default_rng(seed + 12)
    card = Card(camera, PLANT_Z, (0.95, -0.5, 2.15, 1.2), _SHADE, SUNS)
    for _ in range(34):
        angle = rng.uniform(-1.15, 1.15)
        length = rng.uniform(0.55, 0.95) * (1 - 0.25 * abs(angle))
        base = np.array([1.55 + rng.uniform(-0.05, 0.05), 0.75])
        tip = base + length * np.array([0.62 * np.sin(angle), -np.cos(angle)])
        card.strand(np.linspace(base, tip, 12), colour("#39602f"), 0.012)
        green = colour(str(rng.choice(["#3f7d3a", "#2d5f33", "#5b9a45", "#76ad52"])))
        size, near_m = rng.uniform(0.2, 0.32), rng.uniform(0, 0.2)
        _leaf(card, tip, angle, size=size, green=green, near_m=near_m)
    pot = smooth([(1.38, 0.74), (1.72, 0.74), (1.68, 1.1), (1.6, 1.15), (1.5, 1.15), (1.42, 1.1)])
    card.shape(pot, plain(colour("#d8d0c2"), Noise(seed), 0.01, 0.15), round_m=0.15, near_m=0.05)
    return card.sprite


def paint_leaves(camera: Camera, seed: int) -> Sprite:
    """Leaves close to the camera in the lower left corner."""
    rng = np.random.default_rng(seed + 13)
    bottom = LEAVES_Z * camera.centre_px[1] / camera.focal_px
    left = -LEAVES_Z * camera.centre_px[0] / camera.focal_px
    card = Card(
        camera, LEAVES_Z, (left - 0.1, bottom - 0.4, left + 0.4, bottom + 0.1), _SHADE, SUNS
    )
    root = np.array([left - 0.01, bottom + 0.05])
    for angle in np.linspace(-0.35, 1.25, 9):
        length = rng.uniform(0.1, 0.23)
        tip = root + length * np.array([np.sin(angle), -np.cos(angle)])
        card.strand(np.linspace(root, tip, 12), colour("#39602f"), 0.004)
        green = colour(str(rng.choice(["#4f8f3f", "#2f6b38", "#6aa84f"])))
        size, near_m = rng.uniform(0.09, 0.13), rng.uniform(0, 0.04)
        _leaf(card, tip, float(angle), size=size, green=green, near_m=near_m)
    return card.sprite


def paint_balloon(camera: Camera) -> Sprite:
    """A balloon on a string, the nearest thing in the scene."""
    card = Card(camera, BALLOON_Z, (-0.12, -0.15, 0.12, 0.36), _SHADE, SUNS)
    string = smooth([(0, 0.11), (0.012, 0.17), (-0.01, 0.25), (0.008, 0.34)], closed=False)
    card.strand(string, colour("#e9e4da"), 0.0025)
    skin = _mirrored_closed(_BALLOON)
    card.shape(skin, _dots(colour("#c8322d"), colour("#f3e6d0")), round_m=0.085)
    card.shape(np.array([(-0.011, 0.125), (0.011, 0.125), (0, 0.105)]), colour("#8f211d"))
    card.shape(ellipse(-0.035, -0.07, 0.011, 0.021, 0.5), colour("#fff4e6", 2.5), glows=True)
    return card.sprite


def _mirrored_points(half: Points, side: int) -> list[tuple[float, float]]:
    """A half outline (x >= 0), its mirror first where ``side`` is negative, both joined."""
    # Points on the axis of symmetry stay single: twins would make a cusp.
    other = [(-x, y) for x, y in half if x]
    return [*other, *half[::-1]] if side < 0 else [*half, *other[::-1]]


def _mirrored_closed(half: Points) -> NDArray[np.float64]:
    return smooth(_mirrored_points(half, 1))


def _mirrored(outline: Points, side: int) -> NDArray[np.float64]:
    return smooth([(side * x, y) for x, y in outline])


def _paint_features(card: Card) -> None:
    for side in (-1, 1):
        x = side * 0.04
        card.shape(ellipse(side * 0.054, -0.122, 0.021, 0.014), _BLUSH, near_m=0.11)
        card.shape(ellipse(x, -0.166, 0.018, 0.0105), colour("#f4efe8", 0.9), near_m=0.12)
        card.shape(ellipse(x, -0.166, 0.0095, 0.0105), colour("#3f5a48"), near_m=0.12)
        card.shape(ellipse(x, -0.166, 0.005, 0.006), colour("#14100d"), near_m=0.12)
        card.shape(ellipse(x - 0.003, -0.17, 0.0024, 0.0024), colour("#ffffff", 1.6), near_m=0.12)
        lid = [(x - side * 0.02, -0.166), (x, -0.1785), (x + side * 0.0225, -0.165)]
        card.strand(smooth(lid, closed=False), colour("#2a1710"), 0.0045)
        brow = [(side * 0.018, -0.194), (x, -0.2), (side * 0.066, -0.19)]
        card.strand(smooth(brow, closed=False), _HAIR * np.float32(1.3), 0.006)
    nose = smooth([(0, -0.15), (-0.012, -0.12), (0, -0.113), (0.012, -0.12)])
    card.shape(nose, _SKIN * np.float32(0.97), round_m=0.012, near_m=0.125)
    smile = _mirrored_closed(_SMILE)
    card.shape(smile, colour("#a8453f"), near_m=0.12)
    card.shape(ellipse(0, -0.0845, 0.02, 0.004), colour("#f4efe8"), near_m=0.12)


def _leaf(
    card: Card, tip: NDArray[np.float64], angle: float, *, size: float, green: Colour, near_m: float
) -> None:
    """A leaf that hangs over outwards from ``tip``."""
    droop = angle * 1.35
    rotation = np.array([[np.cos(droop), np.sin(droop)], [-np.sin(droop), np.cos(droop)]])
    outline = [(0, 0.3), (-0.26, 0.05), (-0.22, -0.35), (0, -0.7), (0.22, -0.35), (0.26, 0.05)]
    shape = smooth([(x * size, y * size) for x, y in outline]) @ rotation + tip

    def veins(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        x = (u - tip[0]) * np.cos(droop) + (v - tip[1]) * np.sin(droop)
        y = -(u - tip[0]) * np.sin(droop) + (v - tip[1]) * np.cos(droop)
        rib = np.exp(-np.abs(x) / (0.02 * size))
        side = 0.5 + 0.5 * np.sin((y + np.abs(x) * 0.8) / (0.045 * size))
        return np.asarray((0.85 + 0.45 * rib + 0.2 * side)[..., None] * green, np.float32)

    card.shape(shape, veins, round_m=0.12 * size, near_m=near_m)


def _loose_strand(rng: np.random.Generator, outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """One hair that runs along the outline of the hair and slowly leaves it."""
    side = int(rng.integers(2))
    outer = len(outline) // 3  # from the crown to the tips; the rest lies on the neck
    start, count = int(rng.integers(0, outer - 20)), int(rng.integers(18, 50))
    index = start + np.arange(min(count, outer - start))
    path = outline[index] if side else outline[-1 - index]
    along = np.linspace(0, 1, len(path))[:, None]
    outwards = path - (0, -0.1)
    outwards = outwards / np.linalg.norm(outwards, axis=1, keepdims=True)
    away = rng.uniform(0.002, 0.035) * along**1.5 + 0.004 * np.sin(rng.uniform(4, 9) * along)
    return np.asarray(path + outwards * (away - 0.002), np.float64)


def _knit(base: Colour, band: Colour, noise: Noise) -> Texture:
    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        rows = 0.5 + 0.5 * np.sin(2 * np.pi * (v + 0.004 * np.abs(np.sin(u * 260))) / 0.011)
        wool = base * (0.75 + 0.3 * rows + 0.25 * (noise(u, v, 0.006) - 0.5))[..., None]
        inside = np.clip(np.minimum(v - 0.215, 0.275 - v) / pixel + 0.5, 0, 1)
        zigzag = np.abs(np.mod(u / 0.05, 1) - 0.5) * 2
        line = np.clip((0.011 - np.abs(v - 0.245 + 0.03 * (zigzag - 0.5))) / pixel + 0.5, 0, 1)
        wool = wool + (band * (0.8 + 0.25 * rows)[..., None] - wool) * (inside * line)[..., None]
        return np.asarray(wool, np.float32)

    return texture


def _strands(phase: float) -> Texture:
    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        wave = np.sin(u * 420 + v * 60 + phase) + 0.6 * np.sin(u * 910 - v * 90 + 2 * phase)
        return np.asarray((1.25 + 0.45 * wave)[..., None] * _HAIR, np.float32)

    return texture


def _dots(base: Colour, dot: Colour) -> Texture:
    def texture(u: FloatMap, v: FloatMap, pixel: FloatMap) -> NDArray[np.float32]:
        row = np.floor(v / 0.028)
        x = np.mod(u / 0.034 + 0.5 * np.mod(row, 2), 1) - 0.5
        y = np.mod(v / 0.028, 1) - 0.5
        cover = np.clip((0.007 - np.hypot(x * 0.034, y * 0.028)) / pixel + 0.5, 0, 1)
        return np.asarray(base + (dot - base) * cover[..., None], np.float32)

    return texture
