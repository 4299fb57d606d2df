"""The cameras of this machine: which there are, which one is meant, and why one does not open."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamdefocus.errors import CameraError

if TYPE_CHECKING:
    from streamdefocus.sources.v4l2 import Capability

_PROBED = 4
"""Numbers tried where the system gives no list; each camera that is there lights up for it."""

LOOPBACK_DRIVER = "v4l2 loopback"
"""What virtual cameras made by the module v4l2loopback call their driver."""


@dataclass(frozen=True, slots=True)
class CameraFormat:
    """A size that a camera offers.

    Attributes:
        fourcc: Code of the pixel format, e.g. "MJPG".
        size_px: (width, height).
        rates: Frames a second, the highest first; empty if the camera does not say.
    """

    fourcc: str
    size_px: tuple[int, int]
    rates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A camera of this machine.

    Attributes:
        address: What OpenCV opens: a path on Linux, a number elsewhere.
        name: For people; "camera N" where the system tells no name.
        driver: Name of the driver, where the system tells it.
        bus: Where it is plugged in; the same after a replug, where the system tells it.
        formats: Sizes and rates, where the system tells them.
    """

    address: int | str
    name: str
    driver: str = ""
    bus: str = ""
    formats: tuple[CameraFormat, ...] = ()

    @property
    def virtual(self) -> bool:
        """Whether another program makes its pictures."""
        return self.driver == LOOPBACK_DRIVER or "virtual" in self.name.lower()

    def __str__(self) -> str:
        return f"{self.address} ({self.name})"


def list_cameras() -> list[CameraDevice]:
    """The cameras that are plugged in and may be opened.

    Linux: all of them with names and formats, from the kernel, without switching any on. Windows:
    names in DirectShow's order, no formats. macOS: the first numbers that can be opened, without
    names, because AVFoundation numbers cameras differently for OpenCV than for anyone who tells
    their names.
    """
    if sys.platform == "linux":
        return _linux_cameras()
    return _windows_cameras() if sys.platform == "win32" else _probed_cameras()


def find_camera(wanted: int | str) -> CameraDevice:
    """The camera that a user means.

    Args:
        wanted: A number, a path such as /dev/video0, or a part of a name in any case.

    Raises:
        CameraError: No camera has this name; the message lists those there are. Whether a number
            or a path is a camera is found out by opening it.
    """
    if isinstance(wanted, int) or wanted.isdigit():
        return _at(f"/dev/video{wanted}" if sys.platform == "linux" else int(wanted))
    if sys.platform == "linux" and wanted.startswith("/"):
        return _at(str(Path(wanted).resolve()))  # /dev/v4l/by-id/... are links
    cameras = list_cameras()
    named = [camera for camera in cameras if wanted.lower() in camera.name.lower()]
    exact = [camera for camera in named if wanted.lower() == camera.name.lower()]
    if not named:
        raise CameraError(
            f"no camera is called {wanted!r}, and no such file is there; {_there_are(cameras)}"
        )
    return (exact or named)[0]


def find_again(lost: CameraDevice) -> CameraDevice:
    """Where a camera that was unplugged is now: its path or number may have changed.

    Returns:
        The camera in the same place, else one of the same name, else ``lost`` itself.
    """
    if sys.platform != "linux" or not lost.bus:
        return lost
    cameras = [camera for camera in list_cameras() if camera.name == lost.name]
    same_node = [camera for camera in cameras if camera.address == lost.address]
    same_bus = [camera for camera in cameras if camera.bus == lost.bus]
    return (same_node or same_bus or cameras or [lost])[0]


def why_not(camera: CameraDevice) -> str:
    """Why a camera could not be opened, and what to try: the end of an error message."""
    if sys.platform == "linux":
        return _why_not_on_linux(Path(str(camera.address)))
    if sys.platform == "darwin":  # asks on the first attempt, and fails it without waiting
        return (
            "if macOS asks whether the camera may be used, say yes and start again; see System "
            "Settings > Privacy & Security > Camera, and whether another program uses it"
        )
    return (
        "check that it is plugged in, that no other program uses it, and that camera access is "
        "allowed in Settings > Privacy & security > Camera"
    )


def _linux_cameras() -> list[CameraDevice]:
    from streamdefocus.sources import v4l2

    cameras = []
    for node in v4l2.device_nodes():
        try:
            capability = v4l2.capability(node)
            if capability.capture:
                cameras.append(_described(node, capability, tuple(v4l2.formats(node))))
        except OSError:  # gone meanwhile, not permitted, or not a video device: not a camera to us
            continue
    # A webcam has a second node for metadata, which claims to capture but offers no size.
    return [camera for camera in cameras if camera.formats or camera.virtual]


def _described(
    node: Path, capability: Capability, formats: tuple[CameraFormat, ...]
) -> CameraDevice:
    return CameraDevice(str(node), capability.card, capability.driver, capability.bus, formats)


def _at(address: int | str) -> CameraDevice:
    """The camera at an address, described as well as can be without opening it for frames."""
    if isinstance(address, str):
        from streamdefocus.sources import v4l2

        try:
            return _described(Path(address), v4l2.capability(Path(address)), ())
        except OSError:
            return CameraDevice(address, Path(address).name)
    return CameraDevice(address, f"camera {address}")


def _windows_cameras() -> list[CameraDevice]:
    import av

    try:
        found = av.enumerate_input_devices("dshow")
    except (ValueError, OSError):  # built without DirectShow
        return _probed_cameras()
    names = [device.description for device in found if "video" in str(device.media_types)]
    return [CameraDevice(number, name) for number, name in enumerate(names)]


def _probed_cameras() -> list[CameraDevice]:
    from streamdefocus.sources.capture import open_capture

    cameras = []
    for number in range(_PROBED):
        camera = CameraDevice(number, f"camera {number}")
        capture = open_capture(camera)
        if capture.isOpened():
            cameras.append(camera)
        capture.release()
    return cameras


def _why_not_on_linux(node: Path) -> str:
    from streamdefocus.sources import v4l2

    try:
        capability = v4l2.capability(node)
        busy = v4l2.is_busy(node)
    except FileNotFoundError:
        return f"it is not there; plug it in. Otherwise {_there_are(list_cameras())}"
    except PermissionError:
        return "you may not open it; try: sudo usermod -aG video $USER, then log in again"
    except OSError as error:
        if error.errno in (errno.ENODEV, errno.ENXIO, errno.EIO):
            return "it was unplugged; plug it in again"
        return f"it is not a camera; {_there_are(list_cameras())}"
    if busy:
        holder = ", ".join(v4l2.users_of(node)) or "another program"
        return f"it is in use by {holder}; close that, or give --camera another one"
    return _why_mute(node, capability)


def _why_mute(node: Path, capability: Capability) -> str:
    """Why a device that can be opened, and is not in use, gives no pictures."""
    from streamdefocus.sources import v4l2

    if not capability.capture and capability.driver == LOOPBACK_DRIVER:
        return "it is a virtual camera that no program writes to; start that program first"
    if not capability.capture or not v4l2.formats(node):
        return f"it gives no pictures; {_there_are(list_cameras())}"
    return "it does not answer; unplug it and plug it in again"


def _there_are(cameras: Sequence[CameraDevice]) -> str:
    if not cameras:
        return "there is no camera here; see `streamdefocus doctor`, or try --camera synthetic"
    return f"cameras here: {', '.join(map(str, cameras))}"
