"""A camera for other programs: what they see is what comes out."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks.base import Sink

_LOG = logging.getLogger(__name__)

_OUR_BACKEND = "streamdefocus"

_OBS = "install OBS Studio 30 or newer from https://obsproject.com, click Start Virtual Camera once"
_ADVICE = {
    "win32": f"{_OBS}, then Stop, and try again",
    "darwin": f"{_OBS} (macOS 13 or newer), allow its extension in System Settings, "
    "Stop, restart the computer, and try again",
}
_BUSY_ADVICE = "another program sends pictures to it: stop the virtual camera in OBS, and try again"
_SIGNS_OF_BUSY = ("could not be started", "start stream", "multiple cameras", "in use")


@dataclass(frozen=True, slots=True)
class VirtualCameraInfo:
    """What other programs find.

    Attributes:
        device: A path on Linux, elsewhere the name of the camera.
        width: Pixels.
        height: Pixels.
        frame_rate: Frames a second that were promised.
        backend: Of pyvirtualcam.
    """

    device: str
    width: int
    height: int
    frame_rate: float
    backend: str

    def __str__(self) -> str:
        return f"{self.device}: {self.width}x{self.height} at {self.frame_rate:g} fps"


class VirtualCameraSink(Sink):
    """Sends frames to a virtual camera. Never waits: the pipeline drops what comes too late.

    Args:
        size: (width, height) of all frames, px; an odd column or row at the end is left out.
        frame_rate: Frames a second that will come; a hint for readers.
        device: /dev/videoN on Linux, the camera's name elsewhere; None takes the first free one,
            on Linux one labelled streamdefocus if there is one.
        backend: One that was registered with pyvirtualcam; None takes the system's.

    Attributes:
        info: What other programs find; also logged.

    Raises:
        OutputError: There is no such device, it is taken, not permitted, or cannot take this
            size; the message says what to install or run on this system.
    """

    name = "virtual-camera"

    def __init__(
        self,
        size: tuple[int, int],
        frame_rate: float,
        device: str | None = None,
        backend: str | None = None,
    ) -> None:
        self._size = size
        width, height = size[0] // 2 * 2, size[1] // 2 * 2  # its formats halve both for colour
        self._camera: Any = _open_camera((width, height), frame_rate, device, backend)
        self.info = VirtualCameraInfo(
            self._camera.device, width, height, float(frame_rate), self._camera.backend
        )
        _LOG.info("virtual camera %s", self.info)

    def write(self, frame: Frame) -> None:
        """Show a frame to whoever reads the camera.

        Raises:
            OutputError: The frame has another size, or the device did not take it.
        """
        if frame.size_px != self._size:
            raise OutputError(
                f"the virtual camera was opened for {_by(self._size)} and all frames must be so. "
                f"Received: {_by(frame.size_px)}"
            )
        if self._camera is None:
            raise OutputError(f"the virtual camera {self.info.device} is closed")
        try:
            even = frame.bgr[: self.info.height, : self.info.width]
            self._camera.send(np.ascontiguousarray(even))
        except Exception as error:  # pyvirtualcam's backends raise whatever they like
            raise OutputError(
                f"the virtual camera {self.info.device} did not take a frame: {error}; "
                "if the device was removed, set it up again and start anew"
            ) from error

    def readers(self) -> int | None:
        """How many programs show the camera, or None where the system cannot tell.

        Takes a few milliseconds on Linux; once a second is enough.
        """
        if not self.info.device.startswith("/dev/"):
            return None
        from streamdefocus.sinks.readers import count_readers

        return count_readers(self.info.device)

    def close(self) -> None:
        """Let the device go; idempotent."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def discard(self) -> None:
        """The same as ``close``: nothing stays either way."""
        self.close()


def _open_camera(
    size: tuple[int, int], frame_rate: float, device: str | None, backend: str | None
) -> Any:
    try:
        import pyvirtualcam
    except ImportError as error:
        raise OutputError(
            f"virtual cameras do not work on this system: {error}; pip install pyvirtualcam"
        ) from error
    causes: list[OutputError] = []
    if backend is None and sys.platform.startswith("linux"):
        backend = _OUR_BACKEND
        pyvirtualcam.register_backend(backend, partial(_loopback, causes))
    try:
        return pyvirtualcam.Camera(
            *size,
            float(frame_rate),
            fmt=pyvirtualcam.PixelFormat.BGR,
            device=device,
            backend=backend,
        )
    except Exception as error:
        raise _explained(error, causes) from error


def _loopback(causes: list[OutputError], **options: Any) -> Any:
    """Make the backend for Linux, and keep the cause if that fails: pyvirtualcam drops it."""
    from streamdefocus.sinks.loopback import LoopbackOutput

    try:
        return LoopbackOutput(**options)
    except OutputError as error:
        causes.append(error)
        raise


def _explained(error: Exception, causes: list[OutputError]) -> OutputError:
    if causes:
        return causes[0]
    text = " ".join(str(error).split())
    busy = any(sign in text.lower() for sign in _SIGNS_OF_BUSY)
    advice = _BUSY_ADVICE if busy else _ADVICE.get(sys.platform, "")
    return OutputError(
        f"cannot open the virtual camera: {text}" + (f"; {advice}" if advice else "")
    )


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
