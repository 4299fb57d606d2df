"""The ways to calm disparity that are compared: this project's, and trivial ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from streamdefocus.config import SmoothingOptions
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.smoothing import REFERENCE_RATE, TemporalSmoother


class Method(Protocol):
    """What is compared: from a raw map to a stable one."""

    def __call__(self, raw: FloatMap, picture: BgrImage, time_s: float) -> FloatMap:
        """The map for the next frame; H x W float32."""


def raw_method() -> Method:
    """Every frame on its own."""
    return lambda raw, picture, time_s: raw


def minmax_method() -> Method:
    """Every frame stretched to its own minimum and maximum, as simple tools do."""

    def stretch(raw: FloatMap, picture: BgrImage, time_s: float) -> FloatMap:
        low, high = float(raw.min()), float(raw.max())
        return np.asarray((raw - low) / max(high - low, 1e-9), np.float32)

    return stretch


def frozen_method() -> Method:
    """The first map for ever: no flicker, and no use."""
    kept: list[FloatMap] = []

    def freeze(raw: FloatMap, picture: BgrImage, time_s: float) -> FloatMap:
        kept.append(raw) if not kept else None
        return kept[0]

    return freeze


def ema_method(smoothing: float) -> Method:
    """A plain running average that keeps ``smoothing`` of the old map at 30 frames a second."""
    last: list[tuple[FloatMap, float]] = []

    def average(raw: FloatMap, picture: BgrImage, time_s: float) -> FloatMap:
        if last:
            old, then = last.pop()
            keep = np.float32(smoothing ** (max(time_s - then, 0.0) * REFERENCE_RATE))
            raw = np.asarray(raw + (old - raw) * keep, np.float32)
        last.append((raw, time_s))
        return raw

    return average


def smoother_method(options: SmoothingOptions) -> Method:
    """This project's temporal smoother."""
    smoother = TemporalSmoother(options)
    return lambda raw, picture, time_s: smoother.update(raw, picture, time_s).values


def methods(options: SmoothingOptions) -> dict[str, Callable[[], Method]]:
    """Makers of all methods that are compared, by name."""
    return {
        "raw": raw_method,
        "minmax": minmax_method,
        "frozen": frozen_method,
        "ema": lambda: ema_method(options.smoothing),
        "smoother": lambda: smoother_method(options),
    }
