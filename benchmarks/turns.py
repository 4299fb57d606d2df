"""Timing things side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np


def medians_ms(works: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Median time of each work; they take turns, so that a busy moment slows all of them.

    Args:
        works: What to time, by name.
        turns: How often each is done.
    """
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            begin_s = time.perf_counter()
            work()
            took[name].append(1000 * (time.perf_counter() - begin_s))
    return {name: float(np.median(values)) for name, values in took.items()}
