"""Between the numbers of a picture and light: the sRGB curve, and lamps that it clipped."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.defocus.scratch import Scratch
from streamdefocus.frames import BgrImage, FloatMap

LIGHT_STEPS = 65535
CLIPPED_FROM, CLIPPED_DOUBLINGS = 247, 5
"""From this luma on, up to 255 / 2^5 above it, a pixel goes from "as bright as it looks" to "a
lamp, clipped"."""
BROAD = 3.0
"""A light that covers more than 1/3 of its neighbourhood is no lamp."""


def _decode(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _encode(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


_SHARES = np.arange(256, dtype=np.float32) / np.float32(255)

LIGHT_OF_VALUE: NDArray[np.uint16] = np.rint(_decode(np.arange(256) / 255) * LIGHT_STEPS).astype(
    np.uint16
)
"""256 uint16: linear light in steps of 1/65535 of an 8-bit value (IEC 61966-2-1)."""
UNIT_LIGHT_OF_VALUE: FloatMap = _decode(np.arange(256) / 255).astype(np.float32)
"""The same in units of white: 256 float32."""
VALUE_OF_LIGHT: NDArray[np.uint8] = np.rint(
    _encode(np.arange(LIGHT_STEPS + 1) / LIGHT_STEPS) * 255
).astype(np.uint8)
"""65536 uint8: the 8-bit value of linear light in steps of 1/65535."""


def shrunk_light(bgr: BgrImage, size: tuple[int, int], scratch: Scratch) -> NDArray[np.uint16]:
    """Linear light of a picture, averaged to a smaller size: h x w x 3 in 0..LIGHT_STEPS.

    Light is averaged rather than pixel values: small lamps keep their power (0.2 dB).
    """
    light = cv2.LUT(bgr, LIGHT_OF_VALUE, scratch.array("full light", bgr.shape, np.uint16))
    small = scratch.array("fine light", (size[1], size[0], 3), np.uint16)
    return cast(NDArray[np.uint16], cv2.resize(light, size, small, interpolation=cv2.INTER_AREA))


def encode(light: FloatMap) -> BgrImage:
    """Linear light, 3 x h x w float32, 1 = white, to h x w x 3 uint8; clips."""
    steps = light * np.float32(LIGHT_STEPS)
    np.clip(steps, np.float32(0), np.float32(LIGHT_STEPS), out=steps)
    return cast(BgrImage, cv2.LUT(cv2.merge(tuple(steps.astype(np.uint16))), VALUE_OF_LIGHT))


def highlight_gain(
    bgr: BgrImage, size: tuple[int, int], window_px: int, strength: float, scratch: Scratch
) -> FloatMap | None:
    """How much brighter small clipped lights were than the picture shows.

    A lamp is many times brighter than white, and only the blur tells: its disc stays bright.
    Broad white areas (a wall, a sheet of paper, the sky) are left as they are.

    Args:
        bgr: H x W x 3 uint8.
        size: (width, height) of the result, not larger than the picture.
        window_px: Width of the neighbourhood that decides what is broad, px of the result.
        strength: Light that a lamp has on top of white, in units of white.
        scratch: Buffers.

    Returns:
        h x w float32 >= 1 to multiply the light with; None where nothing is clipped.
    """
    shape = bgr.shape[:2]
    luma = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY, scratch.array("luma", shape, np.uint8))
    clipped = cv2.subtract(luma, CLIPPED_FROM, dst=luma)
    if strength == 0 or not cv2.hasNonZero(clipped):
        return None
    for _ in range(CLIPPED_DOUBLINGS):  # with saturation; a table takes 3 times longer
        cv2.add(clipped, clipped, dst=clipped)
    clipped = cv2.resize(clipped, size, interpolation=cv2.INTER_AREA)
    # Proportional to share - BROAD * broad, so that a dim part of a broad light is broad too.
    broad = cv2.blur(clipped, (window_px, window_px), borderType=cv2.BORDER_REFLECT)
    excess = cv2.addWeighted(clipped, 1, broad, -BROAD, 0)
    return cast(FloatMap, cv2.LUT(excess, 1 + _SHARES * np.float32(strength)))
