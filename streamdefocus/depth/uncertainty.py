"""How sure a network is of what it says: its answers to the same picture in other colours."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap

GAMMA, BRIGHTNESS, CHANNEL = (0.8, 1.2), (0.5, 2.0), (0.8, 1.2)
"""Ranges of the colour augmentation (paper, section 4.1)."""


def augment_colours(rng: np.random.Generator, bgr: BgrImage) -> BgrImage:
    """Another gamma, brightness and balance of colours (paper, section 4.1), uniformly drawn.

    Args:
        rng: Source of chance.
        bgr: H x W x 3 uint8.

    Returns:
        H x W x 3 uint8; what becomes brighter than white is white.
    """
    levels = np.linspace(0, 1, 256)[:, None]
    curve = levels ** rng.uniform(*GAMMA) * rng.uniform(*BRIGHTNESS) * rng.uniform(*CHANNEL, 3)
    table = np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(bgr, table[None]), np.uint8)


def disparity_uncertainty(
    infer: Callable[[BgrImage], FloatMap], bgr: BgrImage, count: int = 50, seed: int = 0
) -> FloatMap:
    """Standard deviation of disparity over colour augmentations (supplement, section 5).

    Args:
        infer: From a picture to its H x W float32 disparity.
        bgr: H x W x 3 uint8, at the network's size: that is all it sees.
        count: Augmented copies; the paper has 50.
        seed: The same seed gives the same copies.

    Returns:
        H x W float32 >= 0, in the unit of the disparity.
    """
    rng = np.random.default_rng(seed)
    mean, squares = np.zeros(()), np.zeros(())
    for seen in range(1, count + 1):  # Welford: no stack of maps, and no cancellation
        disparity = infer(augment_colours(rng, bgr)).astype(np.float64)
        change = disparity - mean
        mean = mean + change / seen
        squares = squares + change * (disparity - mean)
    return np.sqrt(squares / count).astype(np.float32)
