"""The paper's augmentation of stereo pairs (section 4.1): each with a chance of one half.

Pure functions of the pictures and a random generator: the same generator state gives the same
result. Pictures are H x W x 3 BGR uint8.
"""

from __future__ import annotations

import numpy as np

from streamdefocus.depth.recolouring import recolour
from streamdefocus.frames import BgrImage

CHANCE = 0.5

Views = tuple[BgrImage, BgrImage]  # left, right


def augment(rng: np.random.Generator, views: Views) -> Views:
    """Mirror a pair, then recolour it, each now and then."""
    mirrored, recoloured = rng.random(2) < CHANCE
    if mirrored:
        views = mirror(views)
    if recoloured:
        left, right = recolour(rng, *views)
        return left, right
    return views


def mirror(views: Views) -> Views:
    """A pair as a mirror shows it: there the left camera is the right one."""
    left, right = views
    return right[:, ::-1], left[:, ::-1]
