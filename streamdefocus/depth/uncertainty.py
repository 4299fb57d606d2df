"""How sure a network is of what it says: its answers to the same picture in other colours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from streamdefocus.depth.recolouring import recolour
from streamdefocus.frames import BgrImage, FloatMap


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
        (recoloured,) = recolour(rng, bgr)
        disparity = infer(recoloured).astype(np.float64)
        change = disparity - mean
        mean = mean + change / seen
        squares = squares + change * (disparity - mean)
    return np.sqrt(squares / count).astype(np.float32)
