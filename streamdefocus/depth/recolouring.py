"""The paper's colour augmentation (section 4.1): for training, and to see how sure a network is."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage

GAMMA = (0.8, 1.2)
BRIGHTNESS = (0.5, 2.0)
CHANNEL = (0.8, 1.2)


def recolour(rng: np.random.Generator, *pictures: BgrImage) -> tuple[BgrImage, ...]:
    """The same gamma, brightness and balance of colours, uniformly drawn, for some pictures.

    Args:
        rng: Source of chance.
        *pictures: H x W x 3 uint8 each.

    Returns:
        The pictures in other colours; what becomes brighter than white is white.
    """
    levels = np.linspace(0, 1, 256)[:, None]
    curve = levels ** rng.uniform(*GAMMA) * rng.uniform(*BRIGHTNESS) * rng.uniform(*CHANNEL, 3)
    table = np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8)[None]
    return tuple(np.asarray(cv2.LUT(picture, table), np.uint8) for picture in pictures)
