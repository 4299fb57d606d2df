"""What moves: a person, plants and a balloon, each painted once as a sprite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap
from streamdefocus.sources.synthetic.painting import (
    Camera,
    Card,
    Colour,
    Noise,
    Sprite,
    Texture,
    colour,
    ellipse,
    smooth,
)
from streamdefocus.sources.synthetic.room import SUNS, plain

PERSON_Z, LEAVES_Z, BALLOON_Z, PLANT_Z = 1.5, 0.85, 0.8, 3.4
"""Distances at rest, metres."""

_SHADE = colour("#9aa0b4", 0.5)
_HAIR = colour("#3a2216")
_SKIN = colour("#e0a882")


def paint_body(camera: Camera, seed: int) -> Sprite:
    """Shoulders, arms and jumper of the person; it reaches below every picture's bottom."""
    card = Card(camera, PERSON_Z, (-0.5, -0.12, 0.5, 1.35), _SHADE, SUNS)
    knit = _knit(colour("#2e6f73"), colour("#e7dcc4"), Noise(seed + 10))
    neck = smooth([(-0.055, -0.1), (0.055, -0.1), (0.062, 0.1), (0, 0.16), (-0.062, 0.1)])
    torso = smooth(
        [
            (-0.07, 0.055),
            (-0.16, 0.09),
            (-0.235, 0.16),
            (-0.26, 0.34),
            (-0.235, 0.7),
            (-0.25, 1.3),
            (0.25, 1.3),
            (0.235, 0.7),
            (0.26, 0.34),
            (0.235, 0.16),
            (0.16, 0.09),
            (0.07, 0.055),
            (0.0, 0.095),
        ]
    )
    for side in (-1, 1):
        arm = [(0.2, 0.13), (0.265, 0.18), (0.31, 0.4), (0.325, 0.62), (0.26, 0.95)]
        arm += [(0.19, 0.95), (0.235, 0.6), (0.2, 0.36)]
        card.shape(smooth([(side * x, y) for x, y in arm]), knit, round_m=0.05, near_m=0.0)
    card.shape(torso, knit, round_m=0.13)
    card.shape(neck, _SKIN * np.float32(0.82), round_m=0.05, near_m=0.03)
    collar = smooth(
        [(-0.085, 0.06), (0, 0.125), (0.085, 0.06), (0.095, 0.085), (0, 0.165), (-0.095, 0.085)]
    )
    card.shape(collar, colour("#e7dcc4"), round_m=0.02, near_m=0.07)
    return card.sprite


def paint_head(camera: Camera, seed: int) -> Sprite:
    """Head and hair of the person, with loose strands."""
    rng = np.random.default_rng(seed + 11)
    card = Card(camera, PERSON_Z, (-0.36, -0.52, 0.36, 0.32), _SHADE, SUNS)
    back = smooth(
        [
            (0, -0.385),
            (-0.105, -0.355),
            (-0.15, -0.25),
            (-0.155, -0.12),
            (-0.175, 0.0),
            (-0.15, 0.11),
            (-0.08, 0.1),
            (0.08, 0.1),
            (0.15, 0.11),
            (0.175, 0.0),
            (0.155, -0.12),
            (0.15, -0.25),
            (0.105, -0.355),
        ]
    )
    for _ in range(90):
        card.strand(_loose_strand(rng), _HAIR * np.float32(rng.uniform(0.7, 2.2)), 0.0022)
    card.shape(back, _HAIR, round_m=0.03)
    neck = smooth([(-0.05, -0.12), (0.05, -0.12), (0.058, 0.06), (0, 0.1), (-0.058, 0.06)])
    card.shape(neck, _SKIN * np.float32(0.75), round_m=0.04, near_m=0.03)
    face = smooth(
        [
            (0, -0.335),
            (-0.075, -0.315),
            (-0.105, -0.24),
            (-0.103, -0.15),
            (-0.08, -0.075),
            (0, -0.035),
            (0.08, -0.075),
            (0.103, -0.15),
            (0.105, -0.24),
            (0.075, -0.315),
        ]
    )
    card.shape(face, _SKIN, round_m=0.075, near_m=0.05)
    _paint_features(card)
    for side in (-1, 1):
        fringe = [(0.02, -0.37), (0.1, -0.345), (0.135, -0.24), (0.13, -0.12), (0.112, -0.14)]
        fringe += [(0.1, -0.235), (0.06, -0.3), (-0.01, -0.325)]
        lock = smooth([(side * x, y) for x, y in fringe])
        card.shape(lock, _strands(rng.uniform(0, 9)), round_m=0.03, near_m=0.1)
    for _ in range(60):
        strand = _loose_strand(rng) * (0.97, 1.0)
        card.strand(strand, _HAIR * np.float32(rng.uniform(1.0, 3.5)), 0.0018)
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
        _leaf(card, tip, angle, rng.uniform(0.2, 0.32), green, rng.uniform(0, 0.2))
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
        _leaf(card, tip, float(angle), rng.uniform(0.09, 0.13), green, rng.uniform(0, 0.04))
    return card.sprite


def paint_balloon(camera: Camera) -> Sprite:
    """A balloon on a string, the nearest thing in the scene."""
    card = Card(camera, BALLOON_Z, (-0.12, -0.15, 0.12, 0.36), _SHADE, SUNS)
    string = smooth([(0, 0.11), (0.012, 0.17), (-0.01, 0.25), (0.008, 0.34)], closed=False)
    card.strand(string, colour("#e9e4da"), 0.0025)
    skin = smooth([(0, -0.125), (-0.088, -0.075), (-0.085, 0.02), (-0.035, 0.095), (0, 0.112), (0.035, 0.095), (0.085, 0.02), (0.088, -0.075)])  # fmt: skip
    card.shape(skin, _dots(colour("#c8322d"), colour("#f3e6d0")), round_m=0.085)
    card.shape(np.array([(-0.011, 0.125), (0.011, 0.125), (0, 0.105)]), colour("#8f211d"))
    card.shape(ellipse(-0.035, -0.07, 0.011, 0.021, 0.5), colour("#fff4e6", 2.5), glows=True)
    return card.sprite


def _paint_features(card: Card) -> None:
    for side in (-1, 1):
        card.shape(ellipse(side * 0.045, -0.2, 0.019, 0.0095), colour("#f4efe8", 0.9), near_m=0.12)
        card.shape(ellipse(side * 0.044, -0.2, 0.009, 0.0095), colour("#3b2a1c"), near_m=0.12)
        card.shape(
            ellipse(side * 0.044 - 0.003, -0.203, 0.0025, 0.0025),
            colour("#ffffff", 1.5),
            near_m=0.12,
        )
        brow = smooth(
            [(side * 0.022, -0.228), (side * 0.045, -0.236), (side * 0.07, -0.226)], closed=False
        )
        card.strand(brow, _HAIR, 0.008)
        card.shape(
            ellipse(side * 0.062, -0.15, 0.02, 0.013),
            _SKIN * np.array([0.8, 0.78, 1.02], np.float32),
            near_m=0.11,
        )
    nose = smooth([(0, -0.19), (-0.016, -0.138), (0, -0.128), (0.016, -0.138)])
    card.shape(nose, _SKIN * np.float32(0.93), round_m=0.02, near_m=0.125)
    lips = smooth([(-0.032, -0.098), (0, -0.106), (0.032, -0.098), (0, -0.086)])
    card.shape(lips, colour("#b4534b"), round_m=0.006, near_m=0.12)


def _leaf(
    card: Card, tip: NDArray[np.float64], angle: float, size: float, green: Colour, near: float
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

    card.shape(shape, veins, round_m=0.12 * size, near_m=near)


def _loose_strand(rng: np.random.Generator) -> NDArray[np.float64]:
    """One hair that leaves the outline of the head."""
    side = rng.choice([-1.0, 1.0])
    y0 = rng.uniform(-0.4, -0.1)
    x0 = side * rng.uniform(0.05, 0.14)
    out = side * rng.uniform(0.02, 0.09)
    drop = rng.uniform(0.15, 0.4)
    points = [(x0, y0), (x0 + 0.6 * out, y0 + 0.2 * drop), (x0 + out, y0 + 0.6 * drop)]
    points.append((x0 + out * rng.uniform(0.6, 1.4), y0 + drop))
    return smooth(points, closed=False)


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
