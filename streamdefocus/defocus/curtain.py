"""What is shown while nobody knows what is where: everything blurred beyond recognition."""

from __future__ import annotations

import cv2

from streamdefocus.frames import BgrImage

_CELLS = 24
"""Pixels along the long side that survive: a person is a blob, a face is two or three of them."""


def draw_curtain(bgr: BgrImage) -> BgrImage:
    """Blur a whole frame so that neither a room nor a face can be recognised.

    In a call, showing the raw room is the worst failure; this is shown instead, before the first
    disparity map and after a failure of depth or rendering.

    Args:
        bgr: H x W x 3 uint8.

    Returns:
        H x W x 3 uint8, a new array.
    """
    height, width = bgr.shape[:2]
    scale = _CELLS / max(height, width)
    small_px = (max(2, round(width * scale)), max(2, round(height * scale)))
    cells = cv2.resize(bgr, small_px, interpolation=cv2.INTER_AREA)
    cells = cv2.GaussianBlur(cells, (3, 3), 0)
    # In two steps: one linear step of this size would show the cells as creases.
    middle_px = (max(2, width // 8), max(2, height // 8))
    middle = cv2.resize(cells, middle_px, interpolation=cv2.INTER_CUBIC)
    return cv2.resize(middle, (width, height), interpolation=cv2.INTER_LINEAR)
