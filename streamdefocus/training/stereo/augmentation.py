"""The paper's augmentation of stereo pairs (section 4.1): each with a chance of one half.

Pure functions of the pictures and a random generator: the same generator state gives the same
result. Pictures are H x W x 3 BGR uint8.
"""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage

CHANCE = 0.5
GAMMA = (0.8, 1.2)
BRIGHTNESS = (0.5, 2.0)
CHANNEL = (0.8, 1.2)

Views = tuple[BgrImage, BgrImage]  # left, right


def augment(rng: np.random.Generator, views: Views) -> Views:
    """Mirror a pair, then recolour it, each now and then."""
    mirrored, recoloured = rng.random(2) < CHANCE
    if mirrored:
        views = mirror(views)
    return recolour(rng, views) if recoloured else views


def mirror(views: Views) -> Views:
    """A pair as a mirror shows it: there the left camera is the right one."""
    left, right = views
    return right[:, ::-1], left[:, ::-1]


def recolour(rng: np.random.Generator, views: Views) -> Views:
    """The same gamma, brightness and colour for both views, clipped to what pictures can hold."""
    levels = np.linspace(0, 1, 256)[:, None] ** rng.uniform(*GAMMA)
    levels = levels * rng.uniform(*BRIGHTNESS) * rng.uniform(*CHANNEL, 3)
    table = np.clip(levels * 255 + 0.5, 0, 255).astype(np.uint8)[None]
    left, right = (np.asarray(cv2.LUT(view, table), np.uint8) for view in views)
    return left, right
