"""Where one shot ends and another begins."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap

THUMBNAIL_PX = (32, 16)
"""(width, height) of what is compared: people move within it, shots differ all over it."""

LEAST_CORRELATION = 0.8
LARGEST_CHANGED_SHARE = 0.2
CHANGED_LEVELS = 12.0
LEAST_PAN_CORRELATION = 0.85
LONGEST_PAN = (4, 2)
EVEN_LEVELS = 3.0
"""A cut has a lower correlation than the first and more cells changed than the second, and no
shift by up to ``LONGEST_PAN`` cells (an eighth of the picture) makes it better than the pan's: a
fast pan is no cut. A picture whose levels deviate by less than ``EVEN_LEVELS`` matches anything and
proves nothing.

A jump cut before a standing camera is not a cut here: what stands behind the person keeps its
disparity.
"""


def thumbnail(bgr: BgrImage) -> FloatMap:
    """What ``is_cut`` compares: 16 x 32 float32 grey levels, 0..255.

    Args:
        bgr: H x W x 3 uint8 of any size.
    """
    step = max(min(bgr.shape[0] // 128, bgr.shape[1] // 256), 1)
    grey = cv2.cvtColor(np.ascontiguousarray(bgr[::step, ::step]), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, THUMBNAIL_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def is_cut(before: FloatMap, after: FloatMap) -> bool:
    """Whether two successive thumbnails show different shots.

    A change of exposure leaves the correlation high; a nearly even picture (a fade to black) has no
    correlation worth the name but no changed cells either.

    Args:
        before: 16 x 32 float32 from ``thumbnail``.
        after: The same of the next frame.
    """
    difference = before - after
    changed = np.abs(difference - np.median(difference)) > CHANGED_LEVELS
    if changed.mean() <= LARGEST_CHANGED_SHARE:
        return False
    x, y = before - before.mean(), after - after.mean()
    correlation = (x * y).mean() / (x.std() * y.std() + 1.0)
    return bool(correlation < LEAST_CORRELATION) and not _is_pan(before, after)


def _is_pan(before: FloatMap, after: FloatMap) -> bool:
    """Whether the middle of the new thumbnail is found near by in the old one."""
    x, y = LONGEST_PAN
    middle = np.ascontiguousarray(after[y:-y, x:-x])
    if min(middle.std(), before.std()) < EVEN_LEVELS:
        return False
    match = cv2.matchTemplate(before, middle, cv2.TM_CCOEFF_NORMED)
    return bool(match.max() >= LEAST_PAN_CORRELATION)
