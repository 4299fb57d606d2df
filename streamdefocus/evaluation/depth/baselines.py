"""Trivial estimates: what is not clearly better than these has learnt little."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from streamdefocus.evaluation.depth.samples import Load
from streamdefocus.evaluation.depth.truths import DepthTruth
from streamdefocus.frames import BgrImage, FloatMap

FITTED_ON = 50  # pictures, evenly spaced: two numbers are not known better from more


def ramp(bgr: BgrImage) -> FloatMap:
    """The trivial baseline for rooms and roads: what is lower in the picture is nearer."""
    height, width = bgr.shape[:2]
    column = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return np.ascontiguousarray(np.broadcast_to(column, (height, width)))


def blob(bgr: BgrImage) -> FloatMap:
    """The trivial baseline for people: they sit in the middle and reach the lower edge."""
    height, width = bgr.shape[:2]
    y = np.linspace(-1, 0, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    return np.asarray(np.exp(-((x / 0.6) ** 2) - (y / 1.0) ** 2), np.float32)


BASELINES: dict[str, Callable[[BgrImage], FloatMap]] = {"ramp": ramp, "blob": blob}


def fitted(
    baseline: Callable[[BgrImage], FloatMap], samples: Sequence[Load]
) -> Callable[[BgrImage], FloatMap]:
    """A baseline in a network's metric unit, for measurements without any alignment.

    A baseline has no unit of its own. It gets one scale and one shift for the whole data set, by
    least squares in disparity over FITTED_ON of its pictures. They are taken from the very truth
    it is measured against, which no method is allowed: the baseline is at its best.

    Args:
        baseline: Disparity of no unit.
        samples: The data set, with metric truth.
    """
    sums = np.zeros(5)
    chosen = np.linspace(0, len(samples) - 1, min(FITTED_ON, len(samples))).astype(int)
    for index in chosen:
        sample = samples[index]()
        truth = next(iter(sample.truths.values()))
        if isinstance(truth, DepthTruth):
            sums += _sums(baseline, truth)
    count, x, y, xx, xy = sums / max(sums[0], 1)
    variance = xx - x * x
    scale = (xy - x * y) / variance if count and variance > 1e-12 else 0.0
    shift = y - scale * x
    return lambda bgr: np.asarray(scale * baseline(bgr) + shift, np.float32)


def _sums(baseline: Callable[[BgrImage], FloatMap], truth: DepthTruth) -> NDArray[np.float64]:
    """Count, sums of x, y, x^2 and x y over the pixels that count: x baseline, y truth."""
    blank = np.zeros((*truth.disparity.shape, 3), np.uint8)  # a baseline sees no more than the size
    x = baseline(blank)[truth.counts].astype(np.float64)
    y = truth.disparity[truth.counts].astype(np.float64) / truth.unit
    return np.array([x.size, x.sum(), y.sum(), (x * x).sum(), (x * y).sum()])
