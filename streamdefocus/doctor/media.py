"""Cameras, virtual cameras and encoders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from streamdefocus.doctor.finding import Finding
from streamdefocus.sources.devices import CameraDevice, CameraFormat, list_cameras

_ENCODERS = {
    "libx264": "H.264 video in mp4, mov and mkv",
    "libx265": "HEVC video",
    "libsvtav1": "AV1 video",
    "libvpx-vp9": "VP9 video in webm",
    "aac": "AAC sound in mp4",
    "libopus": "Opus sound in webm",
}
"""Encoders and what they are for; without the first, the default format cannot be written."""

_OBS_PLACES = {
    "win32": (r"C:\Program Files\obs-studio\bin\64bit\obs64.exe",),
    "darwin": ("/Applications/OBS.app",),
}
_OBS_FIX = (
    "install OBS Studio 30 or newer from https://obsproject.com, start it once, click "
    "Start Virtual Camera, then Stop Virtual Camera"
)
_NO_CAMERA_FIX = "plug one in; until then try --camera synthetic, or --camera FILE"


def check_cameras() -> list[Finding]:
    """The cameras with their formats; those that may not be opened; or that there is none."""
    cameras = [camera for camera in list_cameras() if not camera.virtual]
    findings = [_check_camera(camera) for camera in cameras] + _locked_cameras()
    if findings:
        return findings
    return [Finding("camera", "missing", "no camera was found", _NO_CAMERA_FIX)]


def check_virtual_cameras() -> list[Finding]:
    """The devices that ``--output virtual-camera`` can write to, and what is wrong with them."""
    if sys.platform == "linux":
        return _linux_virtual_cameras()
    places = _OBS_PLACES.get(sys.platform, ())
    if any(Path(place).exists() for place in places):
        return [Finding("virtual camera", "ok", "OBS Studio is installed")]
    return [Finding("virtual camera", "missing", "OBS Studio was not found", _OBS_FIX)]


def check_encoders() -> list[Finding]:
    """What files can be written."""
    import av

    findings = []
    for name, use in _ENCODERS.items():
        vital = name == next(iter(_ENCODERS))
        try:
            av.codec.Codec(name, "w")
        except ValueError:  # UnknownCodecError is one
            fix = "pip install --force-reinstall --no-deps av"
            findings.append(Finding(f"encoder {name}", "missing", f"no {use}", fix, vital))
        else:
            findings.append(Finding(f"encoder {name}", "ok", use, vital=vital))
    return findings


def _check_camera(camera: CameraDevice) -> Finding:
    title = f"camera {camera.address}"
    facts = {
        "formats": [
            {"fourcc": offer.fourcc, "size": list(offer.size_px), "fps": list(offer.rates)}
            for offer in camera.formats
        ]
    }
    detail = f"{camera.name}: {_summary(camera.formats)}"
    if sys.platform == "linux":
        from streamdefocus.sources import v4l2

        node = Path(str(camera.address))
        try:
            if v4l2.is_busy(node):
                users = ", ".join(v4l2.users_of(node)) or "another program"
                return Finding(
                    title, "warn", f"{detail}; in use by {users}", "close it", facts=facts
                )
        except OSError as error:
            return Finding(title, "missing", f"{camera.name}: {error.strerror}", "plug it in again")
    return Finding(title, "ok", detail, facts=facts)


def _summary(formats: tuple[CameraFormat, ...]) -> str:
    """The largest size of every pixel format, and its rate."""
    largest: dict[str, CameraFormat] = {}
    for offer in formats:
        best = largest.get(offer.fourcc, offer)
        largest[offer.fourcc] = max(best, offer, key=lambda o: o.size_px[0] * o.size_px[1])
    parts = []
    for offer in list(largest.values())[:4]:
        rate = f" at {offer.rates[0]:g} fps" if offer.rates else ""
        parts.append(f"{offer.fourcc} up to {offer.size_px[0]}x{offer.size_px[1]}{rate}")
    return ", ".join(parts) or "formats unknown on this system"


def _locked_cameras() -> list[Finding]:
    """Devices that are there but may not be opened by this user."""
    if sys.platform != "linux":
        return []
    from streamdefocus.sources import v4l2

    locked = [node for node in v4l2.device_nodes() if not os.access(node, os.R_OK | os.W_OK)]
    fix = "sudo usermod -aG video $USER, then log out and in again"
    return [Finding(f"camera {node}", "missing", "you may not open it", fix) for node in locked]


def _linux_virtual_cameras() -> list[Finding]:
    from streamdefocus.sinks.loopback_devices import (
        list_loopbacks,
        loopback_trouble,
        no_loopback_advice,
    )

    devices = list_loopbacks()
    if not devices:
        problem, _, fix = no_loopback_advice().partition(": ")
        return [Finding("virtual camera", "missing", problem, fix)]
    findings = []
    for device in devices:
        title = f"virtual camera {device.path}"
        trouble = loopback_trouble(device.path)
        if trouble is None:
            findings.append(Finding(title, "ok", device.label))
        else:
            problem, _, fix = trouble.partition("; ")
            findings.append(Finding(title, "warn", problem, fix))
    return findings
