"""Devices of the kernel module v4l2loopback: which there are, and what is wrong with them."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from streamdefocus.errors import OutputError
from streamdefocus.sinks.v4l2 import CAPTURE, OUTPUT, query_capabilities, start_stream

MODPROBE = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=streamdefocus"
"""Makes a virtual camera that browsers list."""

_RELOAD = f"sudo modprobe -r v4l2loopback; {MODPROBE}"
_SECOND = f"{_RELOAD},streamdefocus-2 devices=2".replace("caps=1", "caps=1,1")
_MODULE_PLACES = ("updates", "extra", "extramodules", "kernel/drivers/media")
_DRIVER = "v4l2 loopback"


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
    device = _open(path)
    try:
        capabilities = _check(path, device)
    except BaseException:
        os.close(device)
        raise
    if capabilities & (CAPTURE | OUTPUT):
        return device
    # Neither camera nor output: the last program to write never started the stream, and 0.12 waits
    # for its end. A stream that is started, even in vain, and closed makes it an output again.
    with suppress(OSError):
        start_stream(device)
    os.close(device)
    device = _open(path)
    query_capabilities(device)  # the driver notices the change when it is asked
    return device


def open_first_loopback() -> tuple[str, int]:
    """Open the first device that can be written to.

    Returns:
        Its path and the file descriptor.

    Raises:
        OutputError: There is none; the message says why for each, or what to install.
    """
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


def loopback_trouble(path: str) -> str | None:
    """What is wrong with a device, with what mends it; None if all is well."""
    try:
        device = open_loopback(path)
    except OutputError as error:
        return str(error)
    try:
        if not query_capabilities(device)[1] & CAPTURE:
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


def reason(path: str, error: OSError) -> str:
    """Why a device did not do what it was asked for, and what mends that."""
    match error.errno:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return f"there is no such device; {_known_devices()}"
        case errno.EACCES | errno.EPERM:
            return "you may not write to it; sudo usermod -aG video $USER, then log in again"
        case errno.EBUSY:
            return f"another program has it; stop that one. To see which: fuser -v {path}"
        case _:
            return error.strerror or str(error)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OutputError(
            f"cannot open the virtual camera {path}: {reason(path, error)}"
        ) from error


def _check(path: str, device: int) -> int:
    """The capabilities of a device that can be written to, now or after a cure."""
    try:
        driver, capabilities = query_capabilities(device)
    except OSError as error:
        raise OutputError(f"{path} is not a video device; {_known_devices()}") from error
    if driver != _DRIVER:
        raise OutputError(
            f"{path} is not a virtual camera but a device of {driver!r}; {_known_devices()}"
        )
    # With exclusive_caps, a device is an output until somebody writes to it, then a camera.
    if capabilities & CAPTURE and not capabilities & OUTPUT:
        raise OutputError(
            f"the virtual camera {path} is taken: another program sends pictures to it; stop that "
            f"one (fuser -v {path} shows which), or make a second camera: {_SECOND}"
        )
    return capabilities


def _known_devices() -> str:
    devices = list_loopbacks()
    if not devices:
        return no_loopback_advice()
    names = ", ".join(f"{device.path} ({device.label})" for device in devices)
    return f"virtual cameras here: {names}"
