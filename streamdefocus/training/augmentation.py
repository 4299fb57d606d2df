"""What a webcam, a hurried hand and another room would have done to a picture.

Pure functions of the picture and a random generator: the same generator state gives the same
result. Pictures are H x W x 3 BGR uint8.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamdefocus.frames import BgrImage, FloatMap

_NOISE = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)


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


def recolour(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Gamma, brightness, contrast and a tint; ranges of the paper's section 4.2, and wider light.

    The paper draws gamma from 0.8..1.2, brightness from 0.5..2.0 and each channel from 0.8..1.2;
    there brightness multiplies, which burns out most indoor pictures, so 0.6..1.4 is used.
    """
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.uniform(-0.35, 0.35))
    tint = rng.uniform(0.8, 1.2, 3) * rng.uniform(0.6, 1.4)
    pivot = rng.uniform(0.3, 0.7)
    table = ((levels**gamma - pivot) * rng.uniform(0.75, 1.2) + pivot) * tint
    table = np.clip(table * 255, 0, 255).astype(np.uint8)
    recoloured = cv2.LUT(picture, table[None].reshape(1, 256, 3))
    if rng.random() < 0.08:
        grey = cv2.cvtColor(recoloured, cv2.COLOR_BGR2GRAY)
        recoloured = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    return np.asarray(recoloured, np.uint8)


def degrade(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Blur, sensor noise and compression, each now and then, in the order a webcam adds them."""
    if rng.random() < 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.4)), np.uint8)
    if rng.random() < 0.35:
        picture = _noisy(rng, picture)
    if rng.random() < 0.35:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _noisy(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Gaussian noise of 2..14 grey levels, from a fixed bank: drawing it afresh is slower."""
    start = int(rng.integers(0, _NOISE.size))
    noise = np.take(_NOISE, np.arange(start, start + picture.size), mode="wrap")
    noisy = picture + noise.reshape(picture.shape) * np.float32(rng.uniform(2, 14))
    return np.clip(noisy, 0, 255).astype(np.uint8)
