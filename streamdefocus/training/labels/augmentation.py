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
    """Movement, blur, dark rooms, noise and compression, in the order a webcam adds them."""
    if rng.random() < 0.12:
        picture = _moved(rng, picture)
    if rng.random() < 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.4)), np.uint8)
    if rng.random() < 0.12:
        picture = _in_the_dark(rng, picture)
    elif rng.random() < 0.35:
        picture = _noisy(rng, picture, rng.uniform(2, 14))
    if rng.random() < 0.35:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _moved(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Blurred along a line of 1 to 4 % of the width, as by a hand that is not still."""
    reach = rng.uniform(0.005, 0.02) * picture.shape[1]
    angle = rng.uniform(0, np.pi)
    size = 2 * int(np.ceil(reach)) + 1
    kernel = np.zeros((size, size), np.float32)
    end = reach * np.array([np.cos(angle), np.sin(angle)])
    first, last = (np.rint(size // 2 + side * end).astype(int).tolist() for side in (-1, 1))
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def _in_the_dark(rng: np.random.Generator, picture: BgrImage) -> BgrImage:
    """Little light, and what a camera's gain makes of it: noise, strongest in blue, and a cast."""
    light = rng.uniform(0.12, 0.5)
    cast = rng.uniform(0.75, 1.25, 3).astype(np.float32)
    dark = np.clip(picture * (np.float32(light) * cast), 0, 255).astype(np.uint8)
    noisy = _noisy(rng, dark, rng.uniform(2, 7))
    gain = rng.uniform(1, 0.8 / light)
    return np.clip(noisy * np.float32(gain), 0, 255).astype(np.uint8)


def _noisy(rng: np.random.Generator, picture: BgrImage, deviation: float) -> BgrImage:
    """Gaussian noise in grey levels, from a fixed bank: drawing it afresh is slower."""
    start = int(rng.integers(0, _NOISE.size))
    noise = np.take(_NOISE, np.arange(start, start + picture.size), mode="wrap")
    noisy = picture + noise.reshape(picture.shape) * np.float32(deviation)
    return np.clip(noisy, 0, 255).astype(np.uint8)
