"""How much an exported file says what its network says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streamdefocus.frames import FloatMap

LEAST_SPAN = 0.01
"""A picture's span of disparity is taken to be at least this: a wall has none."""

SLIGHT, GROSS = 0.01, 0.25
"""Differences whose pixels are counted, as parts of the span."""


@dataclass(frozen=True)
class Agreement:
    """Differences of two disparities of the same pictures.

    The span is a picture's largest disparity minus its smallest, of the original.

    Attributes:
        pictures: How many were compared.
        mean, largest: Absolute difference, in the unit of disparity.
        mean_of_span, largest_of_span: The same, as parts of each picture's span.
        slight: Part of all pixels that are off by more than SLIGHT of the span.
        gross: Part of the pixels off by more than GROSS of the span, in the picture with the most.
    """

    pictures: int
    mean: float
    largest: float
    mean_of_span: float
    largest_of_span: float
    slight: float
    gross: float


def compare(pairs: Iterable[tuple[FloatMap, FloatMap]]) -> Agreement:
    """Compare disparities with those of the original.

    Args:
        pairs: Of each picture the original's disparity and the other one, both of one shape,
            float32. A value that is not finite is as far off as can be.
    """
    rows = [_row(original, found) for original, found in pairs]
    mean, largest, mean_of, largest_of, slight, gross = np.array(rows).T
    return Agreement(
        pictures=len(rows),
        mean=float(mean.mean()),
        largest=float(largest.max()),
        mean_of_span=float(mean_of.mean()),
        largest_of_span=float(largest_of.max()),
        slight=float(slight.mean()),
        gross=float(gross.max()),
    )


def _row(original: FloatMap, found: FloatMap) -> tuple[float, ...]:
    difference = np.abs(found - original)
    difference[~np.isfinite(difference)] = np.inf
    share = difference / max(float(np.ptp(original)), LEAST_SPAN)
    return (
        float(difference.mean()),
        float(difference.max()),
        float(share.mean()),
        float(share.max()),
        float((share > SLIGHT).mean()),
        float((share > GROSS).mean()),
    )
