"""The two things that flow through the pipeline: a picture and its disparity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MICROSECONDS = Fraction(1, 1_000_000)
"""Time base of live sources, whose frames are stamped by a clock and not by a container."""

BgrImage = NDArray[np.uint8]
"""H x W x 3, blue-green-red, display-referred (gamma-encoded), 0..255."""

FloatMap = NDArray[np.float32]
"""H x W, float32; the name of the variable says what of."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the moment it is shown.

    Attributes:
        bgr: H x W x 3 uint8, blue-green-red, upright. Stages must not write into it.
        index: Position in the source, counted from 0.
        pts: Presentation time in units of ``time_base``; exact, never a rounded float.
        time_base: Seconds of one unit of ``pts``.
        duration: How long the frame is shown, in units of ``time_base``; 0 if unknown.
    """

    bgr: BgrImage
    index: int = 0
    pts: int = 0
    time_base: Fraction = MICROSECONDS
    duration: int = 0

    def __post_init__(self) -> None:
        if self.bgr.ndim != 3 or self.bgr.shape[2] != 3 or self.bgr.dtype != np.uint8:
            raise ValueError(
                "bgr must be uint8 of shape (height, width, 3). "
                f"Received: {self.bgr.dtype} of shape {self.bgr.shape}"
            )

    @property
    def time_s(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.bgr.shape[1], self.bgr.shape[0]

    def with_bgr(self, bgr: BgrImage) -> Frame:
        """The same moment with another picture."""
        return replace(self, bgr=bgr)


@dataclass(frozen=True, slots=True)
class DisparityMap:
    """Disparity of one frame, on a scale that holds still over time.

    Attributes:
        values: H x W float32, larger is nearer; the resolution is the network's, not the frame's.
            Networks trained on stereo give fractions of the image width (0..0.3, Godard et al.
            2017, section 3.3); others give disparity up to an unknown scale and shift.
        far: Disparity of the scene's far end (a robust minimum).
        near: Disparity of the scene's near end (a robust maximum); always > ``far``.
        doubt: H x W float32 >= 0, standard deviation of the values, in their unit; None if nobody
            asked.
    """

    values: FloatMap
    far: float
    near: float
    doubt: FloatMap | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.float32:
            raise ValueError(
                "values must be float32 of shape (height, width). "
                f"Received: {self.values.dtype} of shape {self.values.shape}"
            )
        doubt = self.doubt
        if doubt is not None and (doubt.shape != self.values.shape or doubt.dtype != np.float32):
            raise ValueError(
                f"doubt must be float32 of the values' shape, {self.values.shape}. "
                f"Received: {doubt.dtype} of shape {doubt.shape}"
            )
        if not self.far < self.near:
            raise ValueError(f"far must be below near. Received: far={self.far} near={self.near}")

    @property
    def span(self) -> float:
        """Disparity between the near and the far end; the unit in which blur is measured."""
        return self.near - self.far


@dataclass(frozen=True, slots=True)
class FocusPlane:
    """What is sharp: every point whose disparity is within ``half_range`` of ``disparity``.

    Both are in the units of the DisparityMap they were taken from.
    """

    disparity: float
    half_range: float = 0.0


@dataclass(frozen=True, slots=True)
class View:
    """What a sink gets: a rendered frame, and what is known of it.

    Attributes:
        frame: Safe to show to anyone.
        disparity: Of the same moment, or None while there is none.
        focus: What is in focus, or None while nothing is known.
    """

    frame: Frame
    disparity: DisparityMap | None = None
    focus: FocusPlane | None = None
