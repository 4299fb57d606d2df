"""Who looks at a device of v4l2loopback: for doing nothing while nobody does."""

from __future__ import annotations

import os
from pathlib import Path

from streamdefocus.sinks.v4l2 import current_count

_CLIENT_USAGE = 0x08000000 + 0x08E00000 + 1
"""The event by which v4l2loopback from 0.13 on tells that reading has begun or ended."""


def count_readers(path: str, proc: Path = Path("/proc")) -> int | None:
    """How many programs show a virtual camera right now.

    v4l2loopback from 0.13 on says whether there is one (it allows one at a time). For older ones,
    the processes that have the device open are counted, as far as this user may see them.

    Args:
        path: Of the device.
        proc: Where the kernel lists processes.

    Returns:
        The number, or None if this system cannot tell.
    """
    try:
        return current_count(path, _CLIENT_USAGE)
    except OSError:
        return _count_openers(path, proc)


def _count_openers(path: str, proc: Path) -> int | None:
    me = str(os.getpid())
    try:
        names = os.listdir(proc)  # noqa: PTH208  (names are all it takes)
    except OSError:
        return None
    if me not in names:  # there is something, but not what Linux has there
        return None
    others = (name for name in names if name.isdigit() and name != me)
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
