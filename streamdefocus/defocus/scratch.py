"""Arrays that are used again for every picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch:
    """Named arrays, allocated anew only when more room is needed than ever before.

    Fresh memory costs more than the arithmetic on it: the system maps and clears every page first
    (14 instead of 2 ms for the correction of edges). What is as large as the fine grid or the
    picture is taken from here; smaller arrays come and go without that cost.
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
