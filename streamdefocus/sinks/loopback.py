"""Linux' virtual cameras: devices of the kernel module v4l2loopback.

A backend for pyvirtualcam, in place of its own, because that one

- prints write errors and never raises them;
- takes any answer to the format it asks for, and then writes pictures of the wrong size;
- does not tell the device the frame rate;
- with exclusive_caps=1 leaves a device of v4l2loopback 0.12 behind that no program can write to
  any more, until the module is loaded anew (it never starts the stream; pyvirtualcam issue 61).
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import OutputError

MODPROBE = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=streamdefocus"
_RELOAD = f"sudo modprobe -r v4l2loopback; {MODPROBE}"

# Of linux/videodev2.h.
_CAPTURE, _OUTPUT = 0x1, 0x2
_DEVICE_CAPS = 0x80000000
_TYPE_OUTPUT = 2
_YUV420 = int.from_bytes(b"YU12", "little")
_FIELD_NONE = 1
_CAPABILITY = struct.Struct("16s32s32s3I12x")
_FORMAT = struct.Struct("I0P12I152x")  # the union after the type is aligned like a pointer
_PARM = struct.Struct("I4I184x")
_DRIVER = b"v4l2 loopback"


def _ioctl_number(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("V") << 8 | number


_READ, _WRITE = 2, 1
_QUERYCAP = _ioctl_number(_READ, 0, _CAPABILITY.size)
_S_FMT = _ioctl_number(_READ | _WRITE, 5, _FORMAT.size)
_STREAMON = _ioctl_number(_WRITE, 18, 4)
_S_PARM = _ioctl_number(_READ | _WRITE, 22, _PARM.size)


@dataclass(frozen=True, slots=True)
class LoopbackDevice:
    """A device of v4l2loopback.

    Attributes:
        path: Such as /dev/video20.
        label: What camera apps call it.
    """

    path: str
    label: str

    @property
    def number(self) -> int:
        """20 of /dev/video20."""
        return int(self.path.removeprefix("/dev/video"))


def list_loopbacks(sysfs: Path = Path("/sys")) -> list[LoopbackDevice]:
    """All devices of v4l2loopback, those labelled streamdefocus first, then by number."""
    found = []
    for folder in (sysfs / "devices/virtual/video4linux").glob("video*"):
        with suppress(OSError, ValueError):
            if (folder / "max_openers").exists():  # an attribute that no other driver has
                label = (folder / "name").read_text(encoding="utf-8", errors="replace").strip()
                found.append(LoopbackDevice(f"/dev/{folder.name}", label))
    return sorted(found, key=lambda device: ("streamdefocus" not in device.label, device.number))


def open_loopback(path: str) -> int:
    """Open a device for writing.

    Returns:
        The file descriptor.

    Raises:
        OutputError: The device is missing, not permitted, not a loopback, or taken.
    """
    try:
        device = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OutputError(f"cannot open the virtual camera {path}: {_why(path, error)}") from error
    try:
        _check_kind(path, device)
    except BaseException:
        os.close(device)
        raise
    return device


def loopback_trouble(path: str) -> str | None:
    """What is wrong with a device, with what mends it; None if frames can be sent to it."""
    try:
        device = open_loopback(path)
    except OutputError as error:
        return str(error)
    try:
        if not _capabilities(device)[1] & _CAPTURE:
            return None
    finally:
        os.close(device)
    return (
        f"{path} announces itself as camera and output at once, and browsers leave such devices "
        f"out; load the module with exclusive_caps=1: {_RELOAD}"
    )


def no_loopback_advice(sysfs: Path = Path("/sys"), modules: Path = Path("/lib/modules")) -> str:
    """What to do on a system without any device of v4l2loopback."""
    if (sysfs / "module/v4l2loopback").exists():
        return f"the module v4l2loopback is loaded, but has no device; load it anew: {_RELOAD}"
    kernel = modules / os.uname().release
    if any(next(kernel.glob(f"{place}/**/v4l2loopback.ko*"), None) for place in _MODULE_PLACES):
        return f"the module v4l2loopback is installed, but not loaded: {MODPROBE}"
    return (
        "the module v4l2loopback is not installed: sudo apt install v4l2loopback-dkms "
        "(Fedora: akmod-v4l2loopback of RPM Fusion, Arch: v4l2loopback-dkms), "
        f"then {MODPROBE}"
    )


_MODULE_PLACES = ("updates", "extra", "extramodules", "kernel/drivers/media")


class LoopbackOutput:
    """What pyvirtualcam calls a backend; see ``pyvirtualcam.Backend``.

    Raises:
        OutputError: See ``open_loopback``, or the device cannot take pictures of this size.
    """

    def __init__(
        self, *, width: int, height: int, fps: float, fourcc: int, device: str | None, **_: object
    ) -> None:
        self._device, self._file = _first_that_opens(device)
        self._shape = (height, width, 3)
        self._i420 = np.empty((height * 3 // 2, width), np.uint8)
        try:
            self._agree_on_format(width, height)
            self._announce_rate(Fraction(fps).limit_denominator(1001))
            self._start_stream()
        except BaseException:
            os.close(self._file)
            raise

    def send(self, frame: NDArray[np.uint8]) -> None:
        """Convert and write a picture, BGR in one dimension.

        Raises:
            OSError: The device did not take it.
        """
        cv2.cvtColor(frame.reshape(self._shape), cv2.COLOR_BGR2YUV_I420, dst=self._i420)
        written = os.write(self._file, self._i420.data)
        if written != self._i420.nbytes:
            raise OSError(
                errno.EIO, f"it took {written} bytes of {self._i420.nbytes}", self._device
            )

    def close(self) -> None:
        """Let the device go; pyvirtualcam calls this once."""
        os.close(self._file)

    def device(self) -> str:
        """Such as /dev/video20."""
        return self._device

    def native_fourcc(self) -> int:
        """I420, as libyuv names it."""
        return int.from_bytes(b"I420", "little")

    def _agree_on_format(self, width: int, height: int) -> None:
        fields = (width, height, _YUV420, _FIELD_NONE, width, width * height * 3 // 2)
        wanted = bytearray(_FORMAT.pack(_TYPE_OUTPUT, *fields, *(0,) * 6))
        try:
            fcntl.ioctl(self._file, _S_FMT, wanted)
        except OSError as error:
            raise OutputError(
                f"the virtual camera {self._device} refuses pictures of {width}x{height}: "
                f"{_why(self._device, error)}"
            ) from error
        got = _FORMAT.unpack(wanted)
        # The driver answers with what it has, and then takes bytes of any number.
        if got[1:4] != (width, height, _YUV420):
            raise OutputError(
                f"the virtual camera {self._device} is held at {got[1]}x{got[2]} by a program that "
                f"still shows it. Received: {width}x{height}; turn the camera off in that program, "
                f"or use --size {got[1]}x{got[2]}"
            )

    def _announce_rate(self, rate: Fraction) -> None:
        period = (rate.denominator, rate.numerator)
        parm = bytearray(_PARM.pack(_TYPE_OUTPUT, 0, 0, *period))
        with suppress(OSError):  # only a hint for readers
            fcntl.ioctl(self._file, _S_PARM, parm)

    def _start_stream(self) -> None:
        """With v4l2loopback 0.12, closing frees only devices whose stream was started.

        Later versions start it at the first write, and not if it was started by hand; they are
        told apart by an attribute that 0.12 does not have.
        """
        name = Path(self._device).name
        if not Path(f"/sys/devices/virtual/video4linux/{name}/state").exists():
            with suppress(OSError):
                fcntl.ioctl(self._file, _STREAMON, struct.pack("i", _TYPE_OUTPUT))


def _first_that_opens(path: str | None) -> tuple[str, int]:
    if path is not None:
        return path, open_loopback(path)
    devices = list_loopbacks()
    if not devices:
        raise OutputError(f"this system has no virtual camera: {no_loopback_advice()}")
    errors = []
    for device in devices:
        try:
            return device.path, open_loopback(device.path)
        except OutputError as error:
            errors.append(str(error))
    raise OutputError("; ".join(errors))


def _capabilities(device: int) -> tuple[bytes, int]:
    """Name of the driver, and the device's capabilities as bits."""
    answer = bytearray(_CAPABILITY.size)
    fcntl.ioctl(device, _QUERYCAP, answer)
    driver, _card, _bus, _version, all_caps, device_caps = _CAPABILITY.unpack(answer)
    return driver.rstrip(b"\0"), device_caps if all_caps & _DEVICE_CAPS else all_caps


def _check_kind(path: str, device: int) -> None:
    try:
        driver, capabilities = _capabilities(device)
    except OSError as error:
        raise OutputError(f"{path} is not a video device; {_known_devices()}") from error
    if driver != _DRIVER:
        raise OutputError(
            f"{path} is not a virtual camera but one of the driver "
            f"{driver.decode(errors='replace')!r}; {_known_devices()}"
        )
    # With exclusive_caps, a device is an output until somebody writes to it, then a camera. One
    # that is neither was left behind by a program that did not start the stream: it is free.
    if capabilities & _CAPTURE and not capabilities & _OUTPUT:
        raise OutputError(
            f"the virtual camera {path} is taken: another program sends pictures to it; stop that, "
            f"or make a second device: {_RELOAD} devices=2"
        )


def _known_devices() -> str:
    devices = list_loopbacks()
    if not devices:
        return no_loopback_advice()
    names = ", ".join(f"{device.path} ({device.label})" for device in devices)
    return f"virtual cameras here: {names}"


def _why(path: str, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return f"there is no such device; {_known_devices()}"
        case errno.EACCES | errno.EPERM:
            return (
                "you may not write to it; sudo usermod -aG video $USER, then log out and in again"
            )
        case errno.EBUSY:
            return f"it is taken by another program; stop that. See who: fuser -v {path}"
        case _:
            return f"{error.strerror}"
