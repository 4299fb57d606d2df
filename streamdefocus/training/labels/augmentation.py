"""What a webcam, a hurried hand and another room would have done to a picture.

Pure functions of the picture and a random generator: the same generator state gives the same
result. Pictures are H x W x 3 BGR uint8.
"""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.frames import BgrImage

_NOISE = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)


def recolour(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Gamma, brightness, contrast and a tint; near the ranges of the paper's section 4.1.

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
