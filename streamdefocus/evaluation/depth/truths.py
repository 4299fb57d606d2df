"""What an estimate is held against: measured depth, or the outline of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import numpy as np

from streamdefocus.depth.postprocessing import NEAREST_M
from streamdefocus.evaluation.metrics import (
    DepthValues,
    Mask,
    align_median,
    align_scale_shift,
    auc,
    best_threshold,
    boundary_f,
    d1_all,
    depth_errors,
    depth_metrics,
)
from streamdefocus.frames import FloatMap

Alignment = Literal["none", "median", "scale-shift"]
"""How an estimate is brought to the truth's unit, picture by picture: not at all, by one factor
(the ratio of the medians), or by the least-squares scale and shift of disparity."""

BOUNDARY_PX = (3.0, 1.0)  # within these an outline is right, at the pictures' own size


@dataclass(frozen=True)
class Panels:
    """What a contact sheet shows of an estimate and its truth.

    Attributes:
        truth, estimate: H x W float32, 0 (far) to 1 (near); NaN unknown.
        error: H x W float32, 0 (right) to 1 (wrong); NaN unknown.
    """

    truth: FloatMap
    estimate: FloatMap
    error: FloatMap


class Truth(Protocol):
    """Something to hold a disparity against."""

    @property
    def pixels(self) -> int:
        """How many pixels count."""

    def score(self, disparity: FloatMap) -> dict[str, float]:
        """The metrics of one estimate, H x W float32 of the picture's size, larger is nearer."""

    def panels(self, disparity: FloatMap) -> Panels:
        """The same for the eye."""


@dataclass(frozen=True)
class PersonTruth:
    """A person's outline: a disparity is good if some threshold cuts the person out.

    Attributes:
        person: H x W bool.
    """

    person: Mask

    @property
    def pixels(self) -> int:
        """All of the picture."""
        return self.person.size

    def score(self, disparity: FloatMap) -> dict[str, float]:
        """IoU at the best threshold, "auc", "boundary_f" within 3 px and "boundary_f1" 1 px."""
        threshold, iou = best_threshold(disparity, self.person)
        found = disparity > threshold
        outline, fine = (boundary_f(found, self.person, within) for within in BOUNDARY_PX)
        return {
            "iou": iou,
            "auc": auc(disparity, self.person),
            "boundary_f": outline,
            "boundary_f1": fine,
        }

    def panels(self, disparity: FloatMap) -> Panels:
        """The estimate from its own far end to its near end; the error at the best threshold."""
        threshold, _ = best_threshold(disparity, self.person)
        wrong = (disparity > threshold) != self.person
        low, high = np.quantile(disparity, (0.01, 0.99))
        estimate = np.clip((disparity - low) / max(float(high - low), 1e-6), 0, 1)
        return Panels(self.person.astype(np.float32), estimate, wrong.astype(np.float32))


@dataclass(frozen=True)
class DepthTruth:
    """Measured depth, kept as its inverse.

    Attributes:
        disparity: H x W float32, inverse to depth, of any size and unit; only looked at where it
            counts, and positive there.
        counts: H x W bool: measured, and inside of the crop.
        align: How estimates are brought to this unit.
        unit: What a network's metric disparity (a fraction of the image width) is multiplied with
            to get this unit; for alignment "none".
        depth_scale: Depth in metres is this, divided by ``disparity``.
        cap_m: Estimates are clamped to NEAREST_M..cap_m, as in the paper; None clips them to the
            range of the truth, for truth of no known scale.
        in_px: ``disparity`` is in pixels, of which D1-all can be told.
    """

    disparity: FloatMap
    counts: Mask
    align: Alignment
    unit: float = 1.0
    depth_scale: float = 1.0
    cap_m: float | None = None
    in_px: bool = False

    @property
    def pixels(self) -> int:
        """Those that count."""
        return int(self.counts.sum())

    def score(self, disparity: FloatMap) -> dict[str, float]:
        """Metrics of ``depth_metrics``, and "d1_all" in % where pixels are known."""
        aligned = self._aligned(disparity)
        if self.cap_m is None:
            scores = depth_errors(
                aligned / np.float32(self.depth_scale),
                self.disparity / np.float32(self.depth_scale),
                self.counts,
            )
        else:
            truth_m = self.depth_scale / self.disparity[self.counts].astype(np.float64)
            scores = depth_metrics(self._depth_m(aligned)[self.counts], truth_m)
        if self.in_px:
            scores["d1_all"] = d1_all(aligned, self.disparity, self.counts)
        return scores

    def panels(self, disparity: FloatMap) -> Panels:
        """Disparities over the truth's range; the error is that of depth relative to the truth."""
        aligned = self._aligned(disparity)
        low, high = np.quantile(self.disparity[self.counts], (0.01, 0.99))
        spread = max(float(high - low), 1e-6)
        with np.errstate(divide="ignore", invalid="ignore"):
            bounded = np.maximum(aligned, low / 4)
            error = np.abs(self.disparity / bounded - 1)
        unknown = ~self.counts
        truth = np.clip((self.disparity - low) / spread, 0, 1)
        return Panels(
            np.where(unknown, np.nan, truth).astype(np.float32),
            np.clip((aligned - low) / spread, 0, 1).astype(np.float32),
            np.where(unknown, np.nan, np.clip(error, 0, 1)).astype(np.float32),
        )

    def _aligned(self, disparity: FloatMap) -> FloatMap:
        """The estimate in the truth's unit and at its size, interpolated as in the paper."""
        if disparity.shape != self.disparity.shape:
            size_px = self.disparity.shape[::-1]
            disparity = cv2.resize(disparity, size_px, interpolation=cv2.INTER_LINEAR)
        if self.align == "none":
            return disparity * np.float32(self.unit)
        align = align_median if self.align == "median" else align_scale_shift
        return align(disparity, self.disparity, self.counts)

    def _depth_m(self, aligned: FloatMap) -> DepthValues:
        farthest = self.depth_scale / self.cap_m if self.cap_m else 0.0
        depth_m = self.depth_scale / np.maximum(aligned, farthest).astype(np.float64)
        return np.maximum(depth_m, NEAREST_M)
