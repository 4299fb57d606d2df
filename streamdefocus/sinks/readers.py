"""Who looks at a device of v4l2loopback: for doing nothing while nobody does."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

_CLIENT_USAGE = 0x08000000 + 0x08E00000 + 1
"""The event by which v4l2loopback from 0.13 on tells that reading has begun or ended."""

_SEND_INITIAL = 1
_SUBSCRIPTION = struct.Struct("3I20x")
_EVENT = struct.Struct("I0QI60x2I0P16xI32x0P")
_SUBSCRIBE_EVENT = 1 << 30 | _SUBSCRIPTION.size << 16 | ord("V") << 8 | 90
_DQEVENT = 2 << 30 | _EVENT.size << 16 | ord("V") << 8 | 89


def count_readers(path: str, proc: Path = Path("/proc")) -> int | None:
    """How many programs show a virtual camera right now.

    v4l2loopback from 0.13 on says whether there is one (it allows one at a time). For older ones,
    the programs of this user that have the device open are counted.

    Args:
        path: Of the device.
        proc: Where the kernel lists processes.

    Returns:
        The number, or None if this system cannot tell.
    """
    told = _driver_says(path)
    return told if told is not None else _openers(path, proc)


def _driver_says(path: str) -> int | None:
    """1 or 0; None if this driver does not tell.

    Asked through a descriptor of its own each time: the answer to a subscription is the state,
    whereas an event that is missed would be missed for good.
    """
    try:
        device = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        subscription = _SUBSCRIPTION.pack(_CLIENT_USAGE, 0, _SEND_INITIAL)
        fcntl.ioctl(device, _SUBSCRIBE_EVENT, subscription)
        event = bytearray(_EVENT.size)
        fcntl.ioctl(device, _DQEVENT, event)
        return int(_EVENT.unpack(event)[1])
    except OSError:
        return None
    finally:
        os.close(device)


def _openers(path: str, proc: Path) -> int | None:
    """Other processes that have a file open; those that hide from us are not seen."""
    me = str(os.getpid())
    try:
        if not os.listdir(proc / me / "fd"):  # noqa: PTH208  (a list of names is all it takes)
            return None
        others = [name for name in os.listdir(proc) if name.isdigit() and name != me]  # noqa: PTH208
    except OSError:
        return None
    return sum(_has_open(proc / name / "fd", path) for name in others)


def _has_open(folder: Path, path: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(_target(entry.path) == path for entry in entries)
    except OSError:  # it has ended, or belongs to somebody else
        return False


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115  (of thousands of links, once a second)
    except OSError:
        return ""
