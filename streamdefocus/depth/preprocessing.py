"""From a frame of any size to the picture that the network sees."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from streamdefocus.frames import BgrImage

_LINEAR_UP_TO = 1.5
"""Between two pixels there is little left out when so many become one."""


def network_size(frame_px: tuple[int, int], landscape_px: tuple[int, int]) -> tuple[int, int]:
    """The input size for frames of one size: upright frames get the network's input upright.

    Squeezing a 9:16 phone picture into 2:1 would stretch a person to more than three times their
    width; the network is fully convolutional, so it can stand on its short side instead.

    Args:
        frame_px: (width, height) of the frames.
        landscape_px: (width, height) of the network's usual input.

    Returns:
        (width, height), the same two numbers in one of both orders.
    """
    frame_width, frame_height = frame_px
    long_side, short_side = max(landscape_px), min(landscape_px)
    return (long_side, short_side) if frame_width >= frame_height else (short_side, long_side)


def to_network_input(bgr: BgrImage, size_px: tuple[int, int]) -> BgrImage:
    """Resize a picture to the network's input, by area as the original implementation does.

    Large pictures are halved first, and what is left of the way is then often short enough to
    interpolate: 0.6 instead of 3.2 ms of an Intel Xeon's core for 1280x720, and disparity that
    differs by 0.3 % of its span (as much as from a JPEG of quality 95: 0.5 %).

    Args:
        bgr: H x W x 3 uint8 of any size, or H x W x 6: two views.
        size_px: (width, height) of the result.

    Returns:
        height x width x 3 or 6 uint8; the input itself if it has that size already.
    """
    height, width = bgr.shape[:2]
    if (width, height) == size_px:
        return bgr
    views = [bgr[..., start : start + 3] for start in range(0, bgr.shape[2], 3)]
    resized = [_resized(view, size_px) for view in views]
    return resized[0] if len(resized) == 1 else np.concatenate(resized, axis=2)


def _resized(bgr: BgrImage, size_px: tuple[int, int]) -> BgrImage:
    factors = bgr.shape[1] / size_px[0], bgr.shape[0] / size_px[1]
    if min(factors) < 1:
        return cast(BgrImage, cv2.resize(bgr, size_px, interpolation=cv2.INTER_LINEAR))
    was_halved = False
    while min(factors) >= 2:
        half = (bgr.shape[1] // 2, bgr.shape[0] // 2)
        bgr = cast(BgrImage, cv2.resize(bgr, half, interpolation=cv2.INTER_AREA))
        factors = bgr.shape[1] / size_px[0], bgr.shape[0] / size_px[1]
        was_halved = True
    is_near = was_halved and max(factors) <= _LINEAR_UP_TO
    method = cv2.INTER_LINEAR if is_near else cv2.INTER_AREA
    return cast(BgrImage, cv2.resize(bgr, size_px, interpolation=method))
