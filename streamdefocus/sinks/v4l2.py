"""The few calls of Video4Linux that a virtual camera needs, as in linux/videodev2.h."""

from __future__ import annotations

import fcntl
import os
import struct
from fractions import Fraction

CAPTURE, OUTPUT = 0x1, 0x2
"""Capabilities: a camera that can be read, an output that can be written to."""

_DEVICE_CAPS = 0x80000000
_TYPE_OUTPUT = 2
_FIELD_NONE = 1
_YUV420 = int.from_bytes(b"YU12", "little")
_SEND_INITIAL = 1

# The unions in the second and the last are aligned like a pointer.
_CAPABILITY = struct.Struct("16s32s32s3I12x")
_FORMAT = struct.Struct("I0P12I152x")
_PARM = struct.Struct("I4I184x")
_SUBSCRIPTION = struct.Struct("3I20x")
_EVENT = struct.Struct("I0QI60x2I0P16xI32x0P")


def _number(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("V") << 8 | number


_WRITE, _READ = 1, 2
_QUERYCAP = _number(_READ, 0, _CAPABILITY.size)
_S_FMT = _number(_READ | _WRITE, 5, _FORMAT.size)
_STREAMON = _number(_WRITE, 18, 4)
_S_PARM = _number(_READ | _WRITE, 22, _PARM.size)
_DQEVENT = _number(_READ, 89, _EVENT.size)
_SUBSCRIBE_EVENT = _number(_WRITE, 90, _SUBSCRIPTION.size)


def query_capabilities(device: int) -> tuple[str, int]:
    """Name of the driver, and what the device can do, as bits. Raises OSError, as all of these."""
    answer = bytearray(_CAPABILITY.size)
    fcntl.ioctl(device, _QUERYCAP, answer)
    driver, _card, _bus, _version, everything, of_device = _CAPABILITY.unpack(answer)
    name = driver.rstrip(b"\0").decode(errors="replace")
    return name, of_device if everything & _DEVICE_CAPS else everything


def set_i420(device: int, width: int, height: int) -> tuple[int, int] | None:
    """Ask an output for a format: planar YUV 4:2:0, 8 bit, of a size in px.

    Returns:
        The size that the device has now, or None if it has another pixel format.
    """
    pixels = (width, height, _YUV420, _FIELD_NONE, width, width * height * 3 // 2)
    answer = bytearray(_FORMAT.pack(_TYPE_OUTPUT, *pixels, *(0,) * 6))
    fcntl.ioctl(device, _S_FMT, answer)
    _type, got_width, got_height, pixel_format, *_ = _FORMAT.unpack(answer)
    return (got_width, got_height) if pixel_format == _YUV420 else None


def set_rate(device: int, rate: Fraction) -> None:
    """Tell an output how many frames a second will come."""
    period = (rate.denominator, rate.numerator)
    fcntl.ioctl(device, _S_PARM, bytearray(_PARM.pack(_TYPE_OUTPUT, 0, 0, *period)))


def start_stream(device: int) -> None:
    """Begin an output."""
    fcntl.ioctl(device, _STREAMON, struct.pack("i", _TYPE_OUTPUT))


def current_count(path: str, event: int) -> int:
    """The count that a driver's own event carries, as it is now.

    Asked through a descriptor of its own each time: the answer to a subscription is the state,
    whereas an event that is missed would be missed for good.
    """
    device = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, _SUBSCRIBE_EVENT, _SUBSCRIPTION.pack(event, 0, _SEND_INITIAL))
        answer = bytearray(_EVENT.size)
        fcntl.ioctl(device, _DQEVENT, answer)
        return int(_EVENT.unpack(answer)[1])
    finally:
        os.close(device)
