"""A camera opened through OpenCV: asked for a format, and read back, because it may not obey."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, cast

import cv2
import numpy as np

from streamdefocus.frames import BgrImage
from streamdefocus.sources.devices import CameraDevice

_LOG = logging.getLogger(__name__)

DEFAULT_SIZE_PX = (1280, 720)
DEFAULT_RATE = 30.0
"""Asked for where the user asks for nothing; the camera gives what comes closest."""

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_FASTEST_RATE = 1000


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used here; tests bring their own."""

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        """Whether there is a device to read from."""

    def read(self) -> tuple[bool, Any]:
        """The next picture; may fail, block, or repeat the last one."""

    def get(self, propId: int, /) -> float:  # noqa: N803
        """A property; 0 if it is unknown."""

    def set(self, propId: int, value: float, /) -> bool:  # noqa: N803
        """Ask for a property; True says only that the driver was told."""

    def release(self) -> None:
        """Give the device back."""


Opener = Callable[[CameraDevice], Capture]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a camera is asked for.

    Attributes:
        size_px: (width, height), or None for 1280x720 or what comes closest.
        rate: Frames a second, or None for 30 or what comes closest.
    """

    size_px: tuple[int, int] | None = None
    rate: float | None = None

    def __str__(self) -> str:
        width, height = self.size_px or DEFAULT_SIZE_PX
        return f"{width}x{height} at {self.rate or DEFAULT_RATE:g} fps"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a camera says that it gives.

    Attributes:
        size_px: (width, height); pictures may still be of another size.
        rate: Frames a second, or None if it does not say.
        fourcc: Code of its pixel format, or "" if it does not say.
    """

    size_px: tuple[int, int]
    rate: Fraction | None
    fourcc: str

    def __str__(self) -> str:
        width, height = self.size_px
        rate = f"{float(self.rate):g} fps" if self.rate else "a rate that it does not tell"
        return f"{width}x{height} at {rate}{f' as {self.fourcc}' if self.fourcc else ''}"


def open_capture(camera: CameraDevice) -> Capture:
    """Open a camera with the one backend of the system that is meant for cameras.

    On Windows that is DirectShow: Media Foundation can take 20 s to open. OpenCV's other backends
    are never asked, because they would take a path for a video file.
    """
    # What fails is told by our own errors; OpenCV's lines in between help nobody.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_FATAL)
    backend = {
        "linux": cv2.CAP_V4L2,
        "win32": cv2.CAP_DSHOW,
        "darwin": cv2.CAP_AVFOUNDATION,
    }.get(sys.platform, cv2.CAP_ANY)
    return cast(Capture, cv2.VideoCapture(camera.address, backend))


def negotiate(capture: Capture, wish: Wish) -> Terms:
    """Ask an open camera for a size and a rate, and read back what it made of that.

    MJPG comes first, because most webcams reach high rates with nothing else, and because the
    format decides which sizes there are; some drivers forget it when the size changes, and are
    told once more.
    """
    width, height = wish.size_px or DEFAULT_SIZE_PX
    capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, wish.rate or DEFAULT_RATE)
    if int(capture.get(cv2.CAP_PROP_FOURCC)) != _MJPG:
        capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
    # One waiting frame instead of four; many drivers ignore it, hence the thread that reads all.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return Terms(
        (
            round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        ),
        _rate(capture.get(cv2.CAP_PROP_FPS)),
        _fourcc(capture.get(cv2.CAP_PROP_FOURCC)),
    )


def as_bgr(picture: Any) -> BgrImage | None:
    """What a camera gave as a picture of ours, or None if it is none.

    Grey and BGRA pictures, and those of 16 bits, come from infrared and industrial cameras.
    """
    if not isinstance(picture, np.ndarray) or picture.size == 0:
        return None
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if picture.dtype != np.uint8 or channels not in (1, 3, 4):
        return None
    if channels == 3:
        return picture
    code = cv2.COLOR_GRAY2BGR if channels == 1 else cv2.COLOR_BGRA2BGR
    return cv2.cvtColor(picture, code)


def fitted(bgr: BgrImage, size_px: tuple[int, int]) -> BgrImage:
    """A picture at another size: scaled until it covers it, cut at the edges, not distorted."""
    height, width = bgr.shape[:2]
    if (width, height) == size_px:
        return bgr
    wanted = size_px[0] / size_px[1]
    cut_width = min(width, round(height * wanted))
    cut_height = min(height, round(width / wanted))
    x, y = (width - cut_width) // 2, (height - cut_height) // 2
    cut = bgr[y : y + cut_height, x : x + cut_width]
    shrinks = cut_width > size_px[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(cut, size_px, interpolation=method)


def _rate(value: float) -> Fraction | None:
    return Fraction(value).limit_denominator(1001) if 0 < value < _FASTEST_RATE else None


def _fourcc(value: float) -> str:
    code = int(value) if value > 0 else 0
    text = code.to_bytes(4, "little", signed=False).decode("latin-1")
    return text.strip() if text.isprintable() else ""
