"""High dynamic range made fit for an ordinary screen: PQ and HLG to BT.709.

Light is decoded to nits (ITU-R BT.2100), moved from BT.2020 to BT.709 primaries, rolled off above
half of reference white, and encoded for a BT.1886 display. Reference white is 203 nits (ITU-R
BT.2408); what is brighter than 1000 nits becomes white.
"""

from __future__ import annotations

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage, FloatMap

_REFERENCE_WHITE_NITS = 203.0
_PEAK_NITS = 1000.0
_KNEE = 0.5
_DISPLAY_GAMMA = 2.4
_HLG_SYSTEM_GAMMA = 1.2
_LUMINANCE_BGR = np.array([[0.0593, 0.6780, 0.2627]], np.float32)
_BT2020_TO_BT709_RGB = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ],
    np.float32,
)
_BT2020_TO_BT709_BGR = np.ascontiguousarray(_BT2020_TO_BT709_RGB[::-1, ::-1])


def tone_map(encoded: NDArray[np.uint16], is_hlg: bool) -> BgrImage:
    """Make an HDR picture look right on an SDR screen.

    Args:
        encoded: H x W x 3, BGR with BT.2020 primaries, 0..65535, encoded with HLG or PQ.
        is_hlg: Whether HLG, otherwise PQ.

    Returns:
        H x W x 3 uint8, BGR with BT.709 primaries.
    """
    light = (_hlg_table() if is_hlg else _pq_table())[encoded]
    if is_hlg:  # the display's gamma works on luminance (BT.2100, note 5i)
        luminance = cv2.transform(light, _LUMINANCE_BGR)
        gain = cv2.pow(luminance, _HLG_SYSTEM_GAMMA - 1)
        light *= (gain * (_PEAK_NITS / _REFERENCE_WHITE_NITS)).reshape(*light.shape[:2], 1)
    light = cast(FloatMap, cv2.transform(light, _BT2020_TO_BT709_BGR))
    brightest = np.maximum(cv2.max(cv2.max(*cv2.split(light)[:2]), light[..., 2]), 1e-6)
    light *= (roll_off(brightest) / brightest)[..., None]
    np.clip(light, 0, 1, out=light)
    shown = cv2.pow(light, 1 / _DISPLAY_GAMMA)
    return cast(BgrImage, cv2.convertScaleAbs(shown, alpha=255))


def roll_off(light: FloatMap) -> FloatMap:
    """Leave light alone up to the knee, and bring the peak down to 1 (Reinhard, above the knee).

    Args:
        light: Any shape, in units of reference white, 0..peak.
    """
    room = 1 - _KNEE
    peak = (_PEAK_NITS / _REFERENCE_WHITE_NITS - _KNEE) / room
    above = np.maximum(light - _KNEE, 0) / room
    rolled = above * (1 + above / peak**2) / (1 + above)
    return cast(FloatMap, np.minimum(light, _KNEE) + room * rolled)


@cache
def _pq_table() -> FloatMap:
    """Light of every 16-bit code, in units of reference white (BT.2100, table 4)."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = np.linspace(0, 1, 65536) ** (1 / m2)
    nits = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return (nits / _REFERENCE_WHITE_NITS).astype(np.float32)


@cache
def _hlg_table() -> FloatMap:
    """Scene light of every 16-bit code, 0..1 (BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.linspace(0, 1, 65536)
    light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)
