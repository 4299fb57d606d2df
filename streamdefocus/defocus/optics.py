"""From disparity to the size of the blur: the thin lens, in pixels.

A lens focused at distance ``z_f`` images a point at distance ``z`` as a disc (the circle of
confusion) whose radius is proportional to ``1/z - 1/z_f``, so it is linear in disparity. The
factor ``f^2 / (2 N (1 - f/z_f))`` needs metric depth; disparity from one camera has no metric
scale, so the factor is chosen such that the whole depth of the scene spans the largest blur; how
large that is says the user, as a share of the width or as a lens (``lens.py``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamdefocus.frames import DisparityMap, FloatMap, FocusPlane


def largest_radius_px(blur_percent: float, width_px: int) -> float:
    """Radius of the largest blur.

    Args:
        blur_percent: ``DefocusOptions.blur``, % of the image width.
        width_px: Width of the image.
    """
    return blur_percent / 100.0 * width_px


def signed_radius_px(
    disparity: FloatMap,
    focus: FocusPlane,
    span: float,
    largest_px: float,
    foreground: bool = True,
) -> FloatMap:
    """Signed radius of the circle of confusion of every point.

    ``r = largest_px * (d - d_focus) / span``, where the focus range is subtracted from the
    distance rather than cut out of it: the blur grows from 0 at the edge of the range.

    Args:
        disparity: H x W float32, larger is nearer, any unit.
        focus: The plane in focus and half of the focus range, in the same unit.
        span: Disparity between the scene's near and far end, > 0, in the same unit.
        largest_px: Radius at a whole span from the focus; no radius exceeds it.
        foreground: Whether what is in front of the plane in focus is blurred; else its radius is 0.

    Returns:
        H x W float32, px, in [-largest_px, largest_px]: positive in front of the plane in focus,
        negative behind it, 0 within the focus range.
    """
    scale = largest_px / span
    radius = np.multiply(disparity, np.float32(scale))
    radius -= np.float32(scale * focus.disparity)
    if focus.half_range > 0:
        half_px = np.float32(scale * focus.half_range)
        radius -= np.clip(radius, -half_px, half_px)
    nearest_px = largest_px if foreground else 0.0
    return np.clip(radius, np.float32(-largest_px), np.float32(nearest_px), out=radius)


def distance_from_focus(
    disparity: FloatMap, focus: FocusPlane, far: float, near: float, foreground: bool = True
) -> FloatMap:
    """Distance of every point from the focus as the report's algorithm normalises it.

    Args:
        disparity: H x W float32, larger is nearer, any unit.
        focus: The plane in focus and half of the focus range, in the same unit.
        far: Disparity of the scene's far end, in the same unit.
        near: Disparity of the scene's near end.
        foreground: Whether what is in front of the plane in focus has a distance; else 0.

    Returns:
        H x W float32 in 0..1: 0 within the focus range, 1 at that end of the scene which is
        farthest from the focus (the report, section 6.2, steps 10 to 14). The ends are those of
        the scene rather than of this picture, so that the blur of a video does not pump.
    """
    farthest = max(near - focus.disparity, focus.disparity - far) - focus.half_range
    distance = np.float32(focus.disparity) - disparity
    if foreground:
        np.abs(distance, out=distance)
    if farthest <= 0:
        return np.zeros_like(distance)
    distance -= np.float32(focus.half_range)
    distance *= np.float32(1.0 / farthest)
    return np.clip(distance, np.float32(0), np.float32(1), out=distance)


def cautious(disparity: DisparityMap, focus: FocusPlane, caution: float) -> DisparityMap:
    """Disparity drawn towards the focus, but not past it, where it is doubtful.

    So what may as well be in focus is not blurred, whichever renderer is used. It is a choice of
    taste: against pictures rendered from true disparity it costs 0.4 dB at a caution of 1 and
    1.0 dB at 2 (docs/rendering.md).

    Args:
        disparity: With its doubt; without, it comes back as it is.
        focus: The plane in focus.
        caution: Standard deviations to draw by; 0 changes nothing.
    """
    if disparity.doubt is None or caution == 0:
        return disparity
    plane = np.float32(focus.disparity)
    away = disparity.values - plane
    slack = disparity.doubt * np.float32(caution)
    return replace(disparity, values=plane + away - np.clip(away, -slack, slack))
