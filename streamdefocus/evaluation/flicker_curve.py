"""The trade-off of smoothing as a picture: calmer to the right, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.evaluation.flicker import Scores
from streamdefocus.frames import BgrImage

STRENGTHS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

_SIZE_PX = (900, 520)
_PLOT = (80, 50, 640, 450)
"""Left, top, right, bottom of the axes, px."""
_TICK = 0.5
_COLOURS = ((180, 90, 20), (30, 110, 220), (60, 150, 60), (150, 50, 150), (90, 90, 90))
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_curve(scores: Scores) -> BgrImage:
    """Draw flicker near edges, and the error of the picture, over the strength of smoothing.

    Args:
        scores: Of ``evaluate`` with ``strengths(STRENGTHS)``, or other methods whose names are
            numbers.

    Returns:
        520 x 900 x 3 uint8.
    """
    names = list(next(iter(scores.values())))
    curves = {
        f"flicker at edges, {Path(clip).stem}": _column(rows, "edges")
        for clip, rows in scores.items()
    }
    curves["error, synthetic"] = _column(scores["synthetic"], "picture_error")
    most = max(value for values in curves.values() for value in values if value is not None)
    highest = _TICK * max(math.ceil(most / _TICK), 1)
    canvas = np.full((_SIZE_PX[1], _SIZE_PX[0], 3), 255, np.uint8)
    _draw_axes(canvas, names, _column(scores["synthetic"], "lag_unseen_frames"), highest)
    for number, (title, values) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [
            _place(i / max(len(names) - 1, 1), value / highest)
            for i, value in enumerate(values)
            if value is not None
        ]
        cv2.polylines(canvas, [np.array(points, np.int32)], False, colour, 2, cv2.LINE_AA)
        for point in points:
            cv2.circle(canvas, point, 4, colour, -1, cv2.LINE_AA)
        _write(canvas, title[:34], (_PLOT[2] + 20, _PLOT[1] + 24 * number), colour)
    return canvas


def write_curve(path: Path, scores: Scores) -> None:
    """Write ``draw_curve`` to a PNG or JPEG file.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        written = cv2.imwrite(str(path), draw_curve(scores))
    except cv2.error:  # an extension that OpenCV does not know
        written = False
    if not written:
        raise OutputError(f"cannot write the curve {path}; try a .png in a folder that exists")


def _column(rows: Mapping[str, Mapping[str, float | None]], key: str) -> list[float | None]:
    return [row.get(key) for row in rows.values()]


def _draw_axes(
    canvas: BgrImage, names: Sequence[str], lags: Sequence[float | None], highest: float
) -> None:
    left, top, right, bottom = _PLOT
    for level in np.arange(0, highest + _TICK / 2, _TICK):
        _, y = _place(0, level / highest)
        cv2.line(canvas, (left, y), (right, y), (225, 225, 225), 1)
        _write(canvas, f"{level:.1f}", (left - 35, y + 5))
    for i, (name, lag) in enumerate(zip(names, lags, strict=True)):
        x, _ = _place(i / max(len(names) - 1, 1), 0)
        cv2.line(canvas, (x, bottom), (x, bottom + 5), (0, 0, 0), 1)
        _write(canvas, name, (x - 12, bottom + 22))
        _write(canvas, "never" if lag is None else f"{lag:.0f}", (x - 12, bottom + 42))
    cv2.rectangle(canvas, (left, top), (right, bottom), (0, 0, 0), 1)
    _write(canvas, "8-bit levels", (left - 55, top - 18))
    _write(canvas, "--smoothing", (right + 20, bottom + 22))
    _write(canvas, "frames until a step arrives", (right + 20, bottom + 42))
    _write(canvas, "that the picture does not show", (right + 20, bottom + 58))


def _place(x: float, y: float) -> tuple[int, int]:
    """Where a point of the unit square lies in the plot."""
    left, top, right, bottom = _PLOT
    return round(left + 20 + x * (right - left - 40)), round(bottom - y * (bottom - top) * 0.95)


def _write(
    canvas: BgrImage, text: str, at: tuple[int, int], colour: tuple[int, int, int] = (0, 0, 0)
) -> None:
    cv2.putText(canvas, text, at, _FONT, 0.42, colour, 1, cv2.LINE_AA)
