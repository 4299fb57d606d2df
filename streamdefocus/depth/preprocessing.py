"""From a frame of any size to the picture that the network sees."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage


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

    Args:
        bgr: H x W x 3 uint8 of any size, or H x W x 6: two views.
        size_px: (width, height) of the result.

    Returns:
        height x width x 3 or 6 uint8; the input itself if it has that size already.
    """
    height, width = bgr.shape[:2]
    if (width, height) == size_px:
        return bgr
    shrinks = width >= size_px[0] and height >= size_px[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    views = [bgr[..., start : start + 3] for start in range(0, bgr.shape[2], 3)]
    resized = [cv2.resize(view, size_px, interpolation=method) for view in views]
    return resized[0] if len(resized) == 1 else np.concatenate(resized, axis=2)
