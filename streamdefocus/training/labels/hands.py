"""Hands held up to the camera, drawn: nearer than everything, and known to the pixel.

The photos have few hands before a body, and the teacher lets them melt into it. A hand is a palm,
four fingers, a thumb and an arm that comes into the picture from its border.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap

PALM = 0.5
"""Width of a palm; all lengths are in hand lengths, from wrist to tip."""

FINGERS = ((-0.19, 0.40), (-0.065, 0.47), (0.06, 0.44), (0.18, 0.34))  # where, how long
SKIN_BGR = np.array([[178, 200, 235], [60, 85, 130]], np.float32)
"""The lightest and a dark skin; others are between, or a little beyond."""

OVERSAMPLING = 2
Rng = np.random.Generator
Point = NDArray[np.float64]  # x right, y along the fingers


def hold_up(
    rng: Rng, scene: tuple[BgrImage, FloatMap], stretch: float
) -> tuple[BgrImage, FloatMap]:
    """Hold a hand before a scene.

    Args:
        rng: Source of chance.
        scene: H x W x 3 picture and its H x W disparity in 0..1 (< 0 unknown); not changed.
        stretch: How much wider the network's input makes things than they are.

    Returns:
        Picture and disparity of the whole; the hand is nearer than all that is behind it.
    """
    picture, disparity = scene
    height, width = disparity.shape
    size = (round(width / stretch), height)  # things have their own shape here
    drawn, relief = _drawn(rng, size)
    hand = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
    hand = cv2.GaussianBlur(hand, (0, 0), rng.uniform(0.5, 1.2))
    light = np.clip(cv2.mean(picture)[1] / 128, 0.4, 1.3) ** rng.uniform(0, 1)
    mixed = hand[..., :3] * np.float32(light) + (1 - hand[..., 3:]) * picture
    nearer = _nearer(rng, disparity, hand[..., 3] > 0.5, cv2.resize(relief, (width, height)))
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8), nearer


def _nearer(rng: Rng, disparity: FloatMap, solid: NDArray[np.bool_], relief: FloatMap) -> FloatMap:
    """The hand before all that it hides; the scene moves back to make room."""
    result = disparity.copy()
    known = disparity >= 0
    result[known] *= rng.uniform(0.55, 0.9)
    hidden = result[solid & known]
    behind = float(np.quantile(hidden, 0.95)) if hidden.size else 0.5
    near = behind + rng.uniform(0.1, 0.5)
    result[solid] = near + 0.06 * relief[solid]
    return result


def _drawn(rng: Rng, size_px: tuple[int, int]) -> tuple[FloatMap, FloatMap]:
    """H x W x 4 colour times opacity, opacity; and H x W relief in 0..1; both at OVERSAMPLING."""
    width, height = (OVERSAMPLING * side for side in size_px)
    length_px = rng.uniform(0.25, 0.6) * height
    # Where the wrist is, and where the fingers point: away from the border that the arm comes from.
    centre = np.array([rng.uniform(0.1, 0.9) * width, rng.uniform(0.45, 1.0) * height])
    angle = rng.normal(0, 0.5) + (0.9 * np.sign(width / 2 - centre[0]) if rng.random() < 0.3 else 0)
    along = np.array([np.sin(angle), -np.cos(angle)])
    across = np.array([-along[1], along[0]]) * rng.choice([-1, 1])  # a left or a right hand

    def place(x: float, y: float) -> tuple[int, int]:
        point = centre + length_px * (x * across + y * along)
        return int(point[0]), int(point[1])

    skin = _skin(rng)
    canvas = np.zeros((height, width, 4), np.float32)
    relief = np.zeros((height, width), np.float32)
    for points, thickness, colour in _parts(rng, skin):
        trace = np.array([place(*point) for point in points], np.int32)
        stroke_px = max(int(thickness * length_px), 2)
        margin = stroke_px // 2 + 2
        left, top = np.clip(trace.min(0) - margin, 0, (width, height))
        right, bottom = np.clip(trace.max(0) + margin, 0, (width, height))
        if right - left < 2 or bottom - top < 2:
            continue  # outside of the picture
        mask = np.zeros((bottom - top, right - left), np.uint8)
        shifted = trace - np.array([left, top], np.int32)
        cv2.polylines(mask, [shifted], False, 255, stroke_px, cv2.LINE_AA)
        around = np.s_[top:bottom, left:right]
        _lay_on(canvas[around], relief[around], mask, colour)
    return canvas, relief


def _parts(rng: Rng, skin: FloatMap) -> list[tuple[list[tuple[float, float]], float, FloatMap]]:
    """Strokes from back to front: points, thickness and colour."""
    sleeve = rng.uniform(10, 240, 3).astype(np.float32) if rng.random() < 0.6 else skin
    cuff = -rng.uniform(0.15, 0.9)
    parts = [
        ([(0.0, -4.0), (0.0, cuff)], rng.uniform(0.42, 0.62), sleeve),
        ([(0.0, min(cuff, -0.1)), (0.0, 0.1)], rng.uniform(0.26, 0.34), skin),
        ([(0.05, 0.16), (0.04, 0.34)], 0.8 * PALM, skin),
        ([(-0.05, 0.16), (-0.04, 0.36)], 0.8 * PALM, skin),
    ]
    spread, fist = rng.uniform(0.0, 0.5), rng.random() < 0.15
    for x, length in FINGERS:
        bent = 0.35 if fist or rng.random() < 0.15 else rng.uniform(0.8, 1.0)
        lean = spread * x * 2 + rng.normal(0, 0.04)
        knuckle, tip = (x, 0.48), (x + lean * length * bent, 0.52 + length * bent)
        middle = ((knuckle[0] + tip[0]) / 2 + rng.normal(0, 0.01), (knuckle[1] + tip[1]) / 2)
        parts.append(([knuckle, middle, tip], rng.uniform(0.105, 0.13), skin))
    thumb = rng.uniform(0.15, 0.35)
    parts.append(([(-0.16, 0.14), (-0.3, 0.3), (-0.3 - thumb / 2, 0.3 + thumb)], 0.14, skin))
    return parts


def _lay_on(canvas: FloatMap, relief: FloatMap, mask: NDArray[np.uint8], colour: FloatMap) -> None:
    """A rounded stroke in front of what is there, lit from above; canvas and relief change."""
    inside = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    thickest = max(float(inside.max()), 1.0)
    round_ = np.sqrt(np.clip(1 - (1 - inside / thickest) ** 2, 0, 1))
    slope = cv2.Sobel(round_, cv2.CV_32F, 0, 1) * np.float32(thickest / 8)
    lit = (0.72 + 0.28 * round_) * np.clip(1 + 0.25 * slope, 0.6, 1.3)
    alpha = mask.astype(np.float32)[..., None] / 255
    canvas[..., :3] += alpha * (lit[..., None] * colour - canvas[..., :3])
    canvas[..., 3:] += alpha * (1 - canvas[..., 3:])
    np.copyto(relief, round_, where=mask > 127)


def _skin(rng: Rng) -> FloatMap:
    """A colour of skin under some light, BGR."""
    mixed = SKIN_BGR[0] + rng.uniform(-0.05, 1.1) * (SKIN_BGR[1] - SKIN_BGR[0])
    return np.asarray(mixed * rng.uniform(0.85, 1.15, 3), np.float32)
