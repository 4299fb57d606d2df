"""What sends pictures to a device of v4l2loopback, Linux' virtual cameras.

A backend for pyvirtualcam, in place of its own, because that one

- prints write errors and never raises them;
- takes any answer to the format it asks for, and then writes pictures of the wrong size;
- does not tell the device the frame rate;
- with exclusive_caps=1 leaves a device of v4l2loopback 0.12 behind that no program can write to
  any more, until the module is loaded anew (it never starts the stream; pyvirtualcam issue 61).
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import OutputError
from streamdefocus.sinks.loopback_devices import open_first_loopback, open_loopback, reason
from streamdefocus.sinks.v4l2 import set_i420, set_rate, start_stream


class LoopbackOutput:
    """What pyvirtualcam calls a backend; see ``pyvirtualcam.Backend``.

    Raises:
        OutputError: See ``open_loopback``, or the device cannot take pictures of this size.
    """

    def __init__(
        self, *, width: int, height: int, fps: float, fourcc: int, device: str | None, **_: object
    ) -> None:
        self._path, self._file = (
            open_first_loopback() if device is None else (device, open_loopback(device))
        )
        self._shape = (height, width, 3)
        self._i420 = np.empty((height * 3 // 2, width), np.uint8)
        try:
            self._agree_on_size((width, height))
            with suppress(OSError):  # only a hint for readers
                set_rate(self._file, Fraction(fps).limit_denominator(1001))
            self._begin()
        except BaseException:
            os.close(self._file)
            raise

    def send(self, frame: NDArray[np.uint8]) -> None:
        """Convert and write a picture, BGR in one dimension.

        Raises:
            OSError: The device did not take it.
        """
        cv2.cvtColor(frame.reshape(self._shape), cv2.COLOR_BGR2YUV_I420, dst=self._i420)
        written, size = os.write(self._file, self._i420.data), self._i420.nbytes
        if written != size:
            raise OSError(errno.EIO, f"it took {written} bytes of {size}", self._path)

    def close(self) -> None:
        """Let the device go; pyvirtualcam calls this once."""
        os.close(self._file)

    def device(self) -> str:
        """Such as /dev/video20."""
        return self._path

    def native_fourcc(self) -> int:
        """I420, as libyuv names it."""
        return int.from_bytes(b"I420", "little")

    def _agree_on_size(self, size: tuple[int, int]) -> None:
        try:
            got = set_i420(self._file, *size)
        except OSError as error:
            raise OutputError(
                f"the virtual camera {self._path} refuses pictures of {size[0]}x{size[1]}: "
                f"{reason(self._path, error)}"
            ) from error
        if got == size:
            return
        # The driver answers with what it has, and then takes bytes of any number.
        held = f"{got[0]}x{got[1]}" if got else "another pixel format"
        raise OutputError(
            f"the virtual camera {self._path} is held at {held} by a program that still shows it. "
            f"Received: {size[0]}x{size[1]}; turn the camera off in that program"
            + (f", or use --size {held}" if got else "")
        )

    def _begin(self) -> None:
        """With v4l2loopback 0.12, closing frees only devices whose stream was started.

        Later versions start it at the first write, and not if it was started by hand; they are
        told apart by an attribute that 0.12 does not have.
        """
        name = Path(self._path).name
        if not Path(f"/sys/devices/virtual/video4linux/{name}/state").exists():
            with suppress(OSError):
                start_stream(self._file)
