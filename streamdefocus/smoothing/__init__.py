"""Disparity that holds still over time."""

from streamdefocus.smoothing.alignment import fit_scale_and_shift
from streamdefocus.smoothing.temporal import (
    REFERENCE_RATE,
    SmoothingState,
    TemporalSmoother,
    advance,
    ends_of,
    picture_change,
    retention,
)

__all__ = [
    "REFERENCE_RATE",
    "SmoothingState",
    "TemporalSmoother",
    "advance",
    "ends_of",
    "fit_scale_and_shift",
    "picture_change",
    "retention",
]
