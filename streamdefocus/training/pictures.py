"""Parts and sizes of pictures, for all kinds of batches. Pictures are H x W x 3 BGR uint8."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap

LANDSCAPE = (1.2, 2.1)  # width over height of what cameras deliver: 5:4 .. a little over 16:9
UPRIGHT = (0.5, 0.85)


@dataclass(frozen=True)
class Window:
    """A part of a picture: rows top..bottom and columns left..right, in pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def aspect(self) -> float:
        """Width over height."""
        return (self.right - self.left) / (self.bottom - self.top)


def random_window(
    rng: np.random.Generator,
    size: tuple[int, int],
    aspects: tuple[float, float],
    smallest: float,
) -> Window:
    """A crop whose shape is one that cameras have; the network's input squeezes it.

    Args:
        rng: Source of chance.
        size: (height, width) of the picture.
        aspects: Range of width over height.
        smallest: Least side of the crop, as a part of the largest that fits.
    """
    height, width = size
    aspect = float(np.exp(rng.uniform(*np.log(aspects))))
    largest_h = min(height, width / aspect)
    crop_h = largest_h * rng.uniform(smallest, 1)
    rows, columns = max(int(crop_h), 8), max(int(crop_h * aspect), 8)
    top = int(rng.integers(0, max(height - rows, 0) + 1))
    left = int(rng.integers(0, max(width - columns, 0) + 1))
    return Window(top, min(top + rows, height), left, min(left + columns, width))


def cut(picture: BgrImage, window: Window, size_px: tuple[int, int]) -> BgrImage:
    """The window, resized to (width, height)."""
    part = picture[window.top : window.bottom, window.left : window.right]
    shrinks = part.shape[0] > size_px[1]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, size_px, interpolation=mode), np.uint8)


def cut_label(
    label: FloatMap, window: Window, photo_size: tuple[int, int], size_px: tuple[int, int]
) -> FloatMap:
    """The same window of a label that may be smaller than its photo; unknown (< 0) stays so.

    Args:
        label: h x w float32.
        window: In the photo's pixels.
        photo_size: (height, width) of the photo.
        size_px: (width, height) of the result.
    """
    fy, fx = label.shape[0] / photo_size[0], label.shape[1] / photo_size[1]
    part = label[
        int(window.top * fy) : max(int(window.bottom * fy), int(window.top * fy) + 2),
        int(window.left * fx) : max(int(window.right * fx), int(window.left * fx) + 2),
    ]
    if float(part.min()) >= 0:
        return np.asarray(cv2.resize(part, size_px), np.float32)
    # Interpolation would mix disparities with the mark of unknown ones.
    return np.asarray(cv2.resize(part, size_px, interpolation=cv2.INTER_NEAREST), np.float32)


def aspects_of(size_px: tuple[int, int]) -> tuple[float, float]:
    """Range of width over height of the crops that the network sees at (width, height)."""
    return LANDSCAPE if size_px[0] >= size_px[1] else UPRIGHT


def at_most(photo: BgrImage, longest_px: int) -> BgrImage:
    """The photo, its longer side shrunk to this if it is longer."""
    factor = longest_px / max(photo.shape[:2])
    if factor >= 1:
        return photo
    resized = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
