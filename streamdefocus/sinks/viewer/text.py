"""Text on semi-transparent panels, drawn once and stamped on every frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage

PANEL_BGR = (26, 22, 20)
PANEL_OPACITY = 0.66
"""Dark enough to read white text on a white wall, light enough to see what is behind."""

_WEIGHT = 480
"""Of letters, 400 = regular: light text on a picture looks thinner than it is."""


class Tone(Enum):
    """Colours of text, BGR."""

    BRIGHT = (245, 245, 245)
    DIM = (196, 191, 188)
    ACCENT = (90, 200, 255)


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text in one colour."""

    text: str
    tone: Tone = Tone.BRIGHT


Rows = tuple[tuple[Cell, ...], ...]
"""Lines of cells; cells of the same place in their lines form a column."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A picture with transparency, ready to be stamped.

    Attributes:
        bgr: H x W x 3 uint8, already multiplied with its opacity.
        keep: H x W x 3 uint8, how much of what is behind stays visible, 255 = all.
    """

    bgr: BgrImage
    keep: NDArray[np.uint8]

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.bgr.shape[1], self.bgr.shape[0]

    def stamp(self, canvas: BgrImage, left: int, top: int) -> None:
        """Put it on a canvas; what sticks out is cut off."""
        height, width = canvas.shape[:2]
        patch_width, patch_height = self.size_px
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(width, left + patch_width), min(height, top + patch_height)
        if x0 >= x1 or y0 >= y1:
            return
        inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        behind = canvas[y0:y1, x0:x1]
        seen = cv2.multiply(behind, self.keep[inside], scale=1 / 255)
        behind[:] = cv2.add(seen, self.bgr[inside])


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")  # comes with OpenCV; anti-aliased, all digits equally wide


def text_width(text: str, size_px: int) -> int:
    """How far a line of text reaches, px."""
    box = cv2.getTextSize((0, 0), text, (0, 0), _font(), size_px, _WEIGHT)
    return int(box[0] + box[2])


@lru_cache(maxsize=32)
def wrap(text: str, size_px: int, width_px: int) -> Rows:
    """Break a sentence into lines between its words.

    Args:
        text: The sentence.
        size_px: See ``panel``.
        width_px: Of the panel that it shall fit into; a word that is longer is not broken.
    """
    room_px = width_px - 2 * _pad(size_px)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size_px) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple((Cell(line),) for line in lines)


def _pad(size_px: int) -> int:
    return round(size_px * 0.8)


@lru_cache(maxsize=32)
def panel(rows: Rows, size_px: int, opacity: float = PANEL_OPACITY) -> Patch:
    """Draw lines of text on a dark panel with round corners.

    Args:
        rows: What to write; a line with one cell does not widen the first column.
        size_px: Height of the letters, about.
        opacity: Of the panel, 0..1; the text is opaque.
    """
    pad, line_px, gap = _pad(size_px), round(size_px * 1.45), round(size_px * 1.3)
    starts = _column_starts(rows, size_px, gap)
    ends = [
        starts[place] + text_width(cell.text, size_px)
        for row in rows
        for place, cell in enumerate(row)
    ]
    width = max(ends, default=0) + 2 * pad
    height = len(rows) * line_px - (line_px - size_px) + 2 * pad
    paper = _rounded(width, height, radius=pad) / 255 * opacity
    ink = np.zeros((height, width, 3), np.uint8)
    cover = np.zeros((height, width, 3), np.uint8)
    for number, row in enumerate(rows):
        baseline = pad + number * line_px + round(size_px * 0.87)
        for place, cell in enumerate(row):
            at = (pad + starts[place], baseline)
            cv2.putText(ink, cell.text, at, cell.tone.value, _font(), size_px, _WEIGHT)
            cv2.putText(cover, cell.text, at, (255, 255, 255), _font(), size_px, _WEIGHT)
    return _compose(paper, ink, cover)


def _column_starts(rows: Rows, size_px: int, gap: int) -> list[int]:
    """Where each column begins: behind the widest cell before it that has a neighbour."""
    starts = [0]
    for place in range(max((len(row) for row in rows), default=1) - 1):
        widths = [text_width(row[place].text, size_px) for row in rows if len(row) > place + 1]
        starts.append(starts[-1] + max(widths) + gap)
    return starts


def _rounded(width: int, height: int, radius: int) -> NDArray[np.uint8]:
    """A mask with round corners, drawn four times as large because that is smoother."""
    big = np.zeros((4 * height, 4 * width), np.uint8)
    r, right, bottom = 4 * radius, 4 * width - 1, 4 * height - 1
    cv2.rectangle(big, (r, 0), (right - r, bottom), 255, -1)
    cv2.rectangle(big, (0, r), (right, bottom - r), 255, -1)
    for corner in ((r, r), (right - r, r), (r, bottom - r), (right - r, bottom - r)):
        cv2.circle(big, corner, r, 255, -1)
    return np.asarray(cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _compose(paper: NDArray[np.float64], ink: BgrImage, cover: NDArray[np.uint8]) -> Patch:
    """Ink over paper over picture; ``ink`` was drawn on black, so it is multiplied already."""
    free = 1.0 - cover / 255.0
    bgr = ink + free * paper[:, :, None] * np.array(PANEL_BGR)
    keep = 255.0 * free * (1.0 - paper[:, :, None])
    return Patch(np.rint(bgr).clip(0, 255).astype(np.uint8), np.rint(keep).astype(np.uint8))
