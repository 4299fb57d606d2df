"""Linux cameras asked directly: what they are, what they can do, and who holds them.

OpenCV opens a camera but tells neither its name nor its formats, and not why it could not open
it. The kernel tells all three through a few ioctls (linux/videodev2.h). Linux only.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamdefocus.sources.devices import CameraFormat

_READ, _WRITE = 2, 1

_CAPTURE, _OUTPUT, _CAPTURE_PLANES = 0x1, 0x2, 0x1000
_HAS_DEVICE_CAPS = 0x8000_0000

_BUFFERS_OF_CAPTURE = 1
_MEMORY_MAP = 1

_DISCRETE = 1
_MOST = 64
"""Entries read of any list: a driver that counts without end must not hold us up."""

_COMMON_SIZES = ((3840, 2160), (1920, 1080), (1280, 720), (640, 480), (640, 360), (320, 240))
"""Looked for in a range of sizes, which would be endless to list."""


def _request(direction: int, number: int, size: int) -> int:
    """The number of an ioctl, as the macros _IOR and _IOWR build it."""
    return direction << 30 | size << 16 | ord("V") << 8 | number


_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_FORMAT = struct.Struct("=III32sII12x")
_SIZE = struct.Struct("=III6I8x")
_INTERVAL = struct.Struct("=5I6I8x")
_BUFFERS = struct.Struct("=IIIII")

_QUERY_CAPABILITY = _request(_READ, 0, _CAPABILITY.size)
_ENUM_FORMAT = _request(_READ | _WRITE, 2, _FORMAT.size)
_ENUM_SIZES = _request(_READ | _WRITE, 74, _SIZE.size)
_ENUM_INTERVALS = _request(_READ | _WRITE, 75, _INTERVAL.size)
_REQUEST_BUFFERS = _request(_READ | _WRITE, 8, _BUFFERS.size)


@dataclass(frozen=True, slots=True)
class Capability:
    """What a device node says of itself.

    Attributes:
        driver: Name of the kernel's driver, e.g. "uvcvideo".
        card: Name for people, e.g. "HD Pro Webcam C920".
        bus: Where it is plugged in, e.g. "usb-0000:00:14.0-1"; the same after a replug there.
        capture: Pictures can be read from it.
        output: Pictures can be written to it (a virtual camera).
    """

    driver: str
    card: str
    bus: str
    capture: bool
    output: bool


def device_nodes() -> list[Path]:
    """All /dev/video* nodes, by number; not only cameras."""
    nodes = (node for node in Path("/dev").glob("video*") if node.name[5:].isdigit())
    return sorted(nodes, key=lambda node: int(node.name[5:]))


def capability(node: Path) -> Capability:
    """Ask a device what it is.

    Raises:
        OSError: There is no such device, it may not be opened, or it is no video device.
    """
    with _opened(node) as device:
        answer = bytearray(_CAPABILITY.size)
        fcntl.ioctl(device, _QUERY_CAPABILITY, answer)
    driver, card, bus, _version, all_flags, flags = _CAPABILITY.unpack(answer)
    if not all_flags & _HAS_DEVICE_CAPS:
        flags = all_flags
    return Capability(
        _text(driver),
        _text(card),
        _text(bus),
        bool(flags & (_CAPTURE | _CAPTURE_PLANES)),
        bool(flags & _OUTPUT),
    )


def formats(node: Path) -> list[CameraFormat]:
    """Sizes and rates of a camera, in the camera's order.

    Of a continuous range of sizes only the common ones are listed.

    Raises:
        OSError: As ``capability``.
    """
    with _opened(node) as device:
        return [
            CameraFormat(fourcc.to_bytes(4, "little").decode("latin-1").strip(), size, rates)
            for fourcc in _pixel_formats(device)
            for size in _sizes(device, fourcc)
            for rates in (_rates(device, fourcc, size),)
        ]


def is_busy(node: Path) -> bool:
    """Whether another program streams from a camera right now.

    Raises:
        OSError: As ``capability``.
    """
    with _opened(node) as device:
        try:
            for count in (1, 0):  # ask for a buffer, and give it back
                request = _BUFFERS.pack(count, _BUFFERS_OF_CAPTURE, _MEMORY_MAP, 0, 0)
                fcntl.ioctl(device, _REQUEST_BUFFERS, bytearray(request))
        except OSError as error:
            return error.errno == errno.EBUSY
    return False


def users_of(node: Path) -> list[str]:
    """Programs that have a device open, such as "firefox (4711)"; of other users only for root."""
    target = node.resolve()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if any(link.readlink() == target for link in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
        except OSError:  # another user's, or just ended
            continue
    return found


@contextmanager
def _opened(node: Path) -> Iterator[int]:
    device = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield device
    finally:
        os.close(device)


def _pixel_formats(device: int) -> Iterator[int]:
    for answer in _listed(
        device,
        _ENUM_FORMAT,
        lambda i: _FORMAT.pack(i, _BUFFERS_OF_CAPTURE, 0, b"", 0, 0),
    ):
        yield _FORMAT.unpack(answer)[4]


def _sizes(device: int, fourcc: int) -> Iterator[tuple[int, int]]:
    def question(index: int) -> bytes:
        return _SIZE.pack(index, fourcc, 0, 0, 0, 0, 0, 0, 0)

    for answer in _listed(device, _ENUM_SIZES, question):
        _index, _fourcc, kind, *limits = _SIZE.unpack(answer)
        if kind == _DISCRETE:
            yield limits[0], limits[1]
            continue
        across = range(limits[0], limits[1] + 1, limits[2] or 1)
        down = range(limits[3], limits[4] + 1, limits[5] or 1)
        yield from (size for size in _COMMON_SIZES if size[0] in across and size[1] in down)
        return


def _rates(device: int, fourcc: int, size: tuple[int, int]) -> tuple[float, ...]:
    def question(index: int) -> bytes:
        return _INTERVAL.pack(index, fourcc, *size, 0, 0, 0, 0, 0, 0, 0)

    rates = set()
    for answer in _listed(device, _ENUM_INTERVALS, question):
        numbers = _INTERVAL.unpack(answer)
        kind, intervals = numbers[4], numbers[5:]
        # A range of intervals is told by its shortest and its longest.
        pairs = [intervals[0:2]] if kind == _DISCRETE else [intervals[0:2], intervals[2:4]]
        rates |= {round(below / above, 3) for above, below in pairs if above}
        if kind != _DISCRETE:
            break
    return tuple(sorted(rates, reverse=True))


def _listed(device: int, request: int, question: Callable[[int], bytes]) -> Iterator[bytearray]:
    """Answers to an ioctl that counts through a list, until the driver says that it has ended."""
    for index in range(_MOST):
        answer = bytearray(question(index))
        try:
            fcntl.ioctl(device, request, answer)
        except OSError:
            return
        yield answer


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
