"""Bringing one disparity map to the scale and shift of another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_FIT_ROUNDS = 4
_LEAST_SUPPORT = 0.05
_FIT_CUTOFF = 4.0
_LARGEST_RESCALE = 2.0


def fit_scale_and_shift(
    source: NDArray[np.float32], target: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[float, float]:
    """Scale and shift that bring ``source`` onto ``target``, robustly.

    The scale is the ratio of the spreads (reduced major axis). Least squares would be biased
    towards a smaller scale by the noise in ``source``, and a state that is fitted to itself frame
    by frame would shrink to nothing. Outliers (moved things) are weighted down by Tukey's biweight
    in a few rounds. Where there is next to no spread, a flat wall, the scale tends to 1.

    Args:
        source: N float32.
        target: N float32.
        weight: N float32, 0..1: how much each is to be trusted beforehand.

    Returns:
        (scale, shift) with scale in 0.5..2; (1, 0) where too little can be trusted.
    """
    if weight.mean() < _LEAST_SUPPORT:
        return 1.0, 0.0
    trusted = weight > 0
    regular = 1e-4 * float(target.var()) + 1e-12
    scale, shift = 1.0, float(np.median((target - source)[trusted]))
    for _ in range(_FIT_ROUNDS):
        residual = np.abs(np.float32(scale) * source + np.float32(shift) - target)
        sigma = 1.48 * float(np.median(residual[trusted])) + 1e-9
        current = weight * np.square(np.maximum(1 - np.square(residual / (_FIT_CUTOFF * sigma)), 0))
        total = float(current.sum())
        if total < _LEAST_SUPPORT * len(source):
            break
        mean_s, mean_t = float(current @ source) / total, float(current @ target) / total
        spread_s = float(current @ np.square(source - mean_s)) / total
        spread_t = float(current @ np.square(target - mean_t)) / total
        scale = math.sqrt((spread_t + regular) / (spread_s + regular))
        scale = min(max(scale, 1 / _LARGEST_RESCALE), _LARGEST_RESCALE)
        shift = mean_t - scale * mean_s
    return scale, shift
