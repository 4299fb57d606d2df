"""The ways to calm disparity that are compared: this project's, and trivial ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from streamdefocus.config import SmoothingOptions
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap
from streamdefocus.smoothing import REFERENCE_RATE, TemporalSmoother, ends_of


class Method(Protocol):
    """What is compared: from a raw map to a stable one."""

    def __call__(self, raw: FloatMap, picture: BgrImage, time_s: float) -> DisparityMap:
        """The map for the next frame."""


Makers = Mapping[str, Callable[[], Method]]
"""Makers of methods by name: every clip starts with fresh ones."""


def raw_method() -> Method:
    """Every frame on its own."""
    return lambda raw, picture, time_s: DisparityMap(raw, *ends_of(raw))


def minmax_method() -> Method:
    """Every frame stretched to its own minimum and maximum, as simple tools do."""

    def stretch(raw: FloatMap, picture: BgrImage, time_s: float) -> DisparityMap:
        low, high = float(raw.min()), float(raw.max())
        return DisparityMap(np.asarray((raw - low) / max(high - low, 1e-9), np.float32), 0.0, 1.0)

    return stretch


def frozen_method() -> Method:
    """The first map for ever: no flicker, and no use."""
    kept: list[DisparityMap] = []

    def freeze(raw: FloatMap, picture: BgrImage, time_s: float) -> DisparityMap:
        kept.append(DisparityMap(raw, *ends_of(raw))) if not kept else None
        return kept[0]

    return freeze


def ema_method(smoothing: float) -> Method:
    """A plain running average that keeps ``smoothing`` of the old map at 30 frames a second."""
    last: list[tuple[FloatMap, float]] = []

    def average(raw: FloatMap, picture: BgrImage, time_s: float) -> DisparityMap:
        if last:
            old, then = last.pop()
            keep = np.float32(smoothing ** (max(time_s - then, 0.0) * REFERENCE_RATE))
            raw = np.asarray(raw + (old - raw) * keep, np.float32)
        last.append((raw, time_s))
        return DisparityMap(raw, *ends_of(raw))

    return average


def smoother_method(options: SmoothingOptions) -> Method:
    """This project's temporal smoother."""
    return TemporalSmoother(options).update


def methods(options: SmoothingOptions) -> Makers:
    """All methods that are compared."""
    return {
        "raw": raw_method,
        "minmax": minmax_method,
        "frozen": frozen_method,
        "ema": lambda: ema_method(options.smoothing),
        "smoother": lambda: smoother_method(options),
    }


def strengths(values: Sequence[float]) -> Makers:
    """The smoother at several strengths, by ``smoothing``."""

    def maker(value: float) -> Callable[[], Method]:
        return lambda: smoother_method(SmoothingOptions(smoothing=value))

    return {f"{value:g}": maker(value) for value in values}
