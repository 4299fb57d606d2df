"""Arrays that are used again for every picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LARGEST_KEPT = 31 << 20
"""Bytes; just under the largest block from which glibc learns (DEFAULT_MMAP_THRESHOLD_MAX)."""


def keep_freed_memory() -> None:
    """Have the process keep memory that it frees, up to some 60 MB, for its next arrays.

    By default glibc hands large blocks back to the system at once and fetches and clears them anew
    for the next frame: 25 instead of 15 ms a frame at 1280x720. Once a large block has been freed,
    it keeps blocks up to that size (mallopt(3), M_MMAP_THRESHOLD). The block is never touched, so
    it takes no memory; other C libraries notice nothing.
    """
    np.empty(_LARGEST_KEPT, np.uint8)


class Scratch:
    """Named arrays, allocated anew only when more room is needed than ever before.

    Fresh memory costs more than the arithmetic on it: the system maps and clears every page first
    (14 instead of 2 ms for the correction of edges). What is as large as the fine grid or the
    picture is taken from here; smaller arrays come and go without that cost once
    ``keep_freed_memory`` was called.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[Any]] = {}

    def array(
        self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.float32
    ) -> NDArray[Any]:
        """The array of that name; its content is whatever was left there.

        Args:
            name: Distinct for arrays that are in use at the same time.
            shape: What the caller needs now.
            dtype: The same for every use of a name.
        """
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)
