"""Measures of disparity; pure functions of arrays.

Disparity of a network has no known scale and shift, so it is aligned to the truth first. Errors
are those of depth, the inverse of disparity, as in Eigen, Puhrsch and Fergus (NIPS 2014), which
the paper's tables use; the alignment is that of MiDaS (Ranftl et al., TPAMI 2022, section 6).

Shapes: maps are H x W; a mask is bool.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import FloatMap

Mask = NDArray[np.bool_]
DepthValues = NDArray[np.float64]

THRESHOLDS = 128


def align_scale_shift(disparity: FloatMap, truth: FloatMap, known: Mask) -> FloatMap:
    """The scale and shift of disparity nearest to the truth, by least squares.

    Args:
        disparity: Of any unit.
        truth: Disparity, larger is nearer.
        known: Where the truth counts; at least one pixel.

    Returns:
        scale x disparity + shift, float32, in the truth's unit. The scale may come out negative;
        a flat disparity becomes the truth's mean.

    Raises:
        ValueError: Nothing is known.
    """
    if not known.any():
        raise ValueError("alignment needs at least one pixel with truth. Received: none")
    x, y = disparity[known].astype(np.float64), truth[known].astype(np.float64)
    variance = float(x.var())
    scale = float(((x - x.mean()) * (y - y.mean())).mean()) / variance if variance > 1e-20 else 0.0
    return np.asarray(scale * (disparity - x.mean()) + y.mean(), np.float32)


def align_median(disparity: FloatMap, truth: FloatMap, known: Mask) -> FloatMap:
    """The disparity, multiplied so that its median is the truth's.

    Args:
        disparity: Positive, of any scale.
        truth: Disparity, larger is nearer.
        known: Where the truth counts; at least one pixel.

    Returns:
        Float32, in the truth's unit; a disparity whose median is 0 stays as it is.

    Raises:
        ValueError: Nothing is known.
    """
    if not known.any():
        raise ValueError("alignment needs at least one pixel with truth. Received: none")
    median = float(np.median(disparity[known]))
    factor = float(np.median(truth[known])) / median if median > 0 else 1.0
    return disparity * np.float32(factor)


def depth_metrics(depth: DepthValues, truth: DepthValues) -> dict[str, float]:
    """The paper's metrics of depth (tables 1 to 3; Eigen, Puhrsch and Fergus, NIPS 2014).

    Args:
        depth: Estimated depth of N pixels, positive.
        truth: Their true depth, positive, in the same unit.

    Returns:
        abs_rel, sq_rel, rmse, rmse_log (natural logarithm), log10 (mean absolute difference of
        decimal logarithms), delta1, delta2, delta3: the last three are the parts of the pixels
        whose depth is off by a factor of less than 1.25, 1.25^2, 1.25^3.
    """
    gap = depth - truth
    ratio = np.maximum(depth / truth, truth / depth)
    log_gap = np.log(depth) - np.log(truth)
    errors = {
        "abs_rel": np.mean(np.abs(gap) / truth),
        "sq_rel": np.mean(gap**2 / truth),
        "rmse": np.sqrt(np.mean(gap**2)),
        "rmse_log": np.sqrt(np.mean(log_gap**2)),
        "log10": np.mean(np.abs(log_gap)) / np.log(10),
    }
    errors |= {f"delta{k}": np.mean(ratio < 1.25**k) for k in (1, 2, 3)}
    return {name: float(value) for name, value in errors.items()}


def depth_errors(disparity: FloatMap, truth: FloatMap, known: Mask) -> dict[str, float]:
    """``depth_metrics`` of two disparities of the same unit, for truth without a known scale.

    Args:
        disparity: Aligned to the truth; it is clipped to the range of the known truth, because
            depth is its inverse and must be finite.
        truth: Positive where it is known.
        known: Where the truth counts.
    """
    target = truth[known].astype(np.float64)
    found = np.clip(disparity[known].astype(np.float64), target.min(), target.max())
    return depth_metrics(1 / found, 1 / target)


def d1_all(disparity_px: FloatMap, truth_px: FloatMap, known: Mask) -> float:
    """Pixels whose disparity is wrong, in % (KITTI 2015; the paper's table 1, "D1-all").

    Wrong is what is off by at least 3 px and by at least 5 % of the true disparity.
    """
    target = truth_px[known].astype(np.float64)
    gap = np.abs(disparity_px[known].astype(np.float64) - target)
    return float(100 * np.mean((gap >= 3) & (gap >= 0.05 * target)))


def best_threshold(disparity: FloatMap, person: Mask) -> tuple[float, float]:
    """The threshold that cuts a person out of the disparity best, and how well.

    Args:
        disparity: Larger is nearer.
        person: The true person.

    Returns:
        (threshold, intersection over union of ``disparity > threshold`` and the person).
    """
    levels = np.unique(np.quantile(disparity, np.linspace(0, 1, THRESHOLDS, endpoint=False)))
    edges = np.append(levels, np.inf)
    inside = np.histogram(disparity[person], edges)[0][::-1].cumsum()[::-1]
    total = np.histogram(disparity, edges)[0][::-1].cumsum()[::-1]
    union = total + int(person.sum()) - inside
    iou = inside / np.maximum(union, 1)
    best = int(np.argmax(iou))
    # The histogram counts a value equal to a level as inside: step just below it.
    return float(np.nextafter(np.float32(levels[best]), np.float32(-np.inf))), float(iou[best])


def auc(disparity: FloatMap, person: Mask) -> float:
    """The chance that a pixel of the person is nearer than one of the rest; ties count half."""
    values, group = np.unique(disparity, return_inverse=True)
    inside = np.bincount(group.ravel()[person.ravel()], minlength=len(values))
    outside = np.bincount(group.ravel()[~person.ravel()], minlength=len(values))
    below = np.cumsum(outside) - outside
    pairs = float(inside.sum()) * float(outside.sum())
    return float((inside * (below + outside / 2)).sum() / pairs) if pairs else float("nan")


def boundary_f(found: Mask, person: Mask, within_px: float) -> float:
    """F-score of one mask's outline against another's.

    Args:
        found: The mask to judge.
        person: The true mask.
        within_px: An outline pixel is right if the other outline is no farther than this.

    Returns:
        Harmonic mean of the right parts of both outlines, in 0..1; 1 if neither has one.
    """
    lines = _outline(found), _outline(person)
    if not lines[0].any() and not lines[1].any():
        return 1.0
    if not lines[0].any() or not lines[1].any():
        return 0.0
    precision = float((_distance(lines[1])[lines[0]] <= within_px).mean())
    recall = float((_distance(lines[0])[lines[1]] <= within_px).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(mask: Mask) -> Mask:
    """Pixels of a mask that touch its outside; the border of the picture is no outline."""
    inner = cv2.erode(
        mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE
    )
    return mask & (inner == 0)


def _distance(line: Mask) -> FloatMap:
    away = cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away, np.float32)
