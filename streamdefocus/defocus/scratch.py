"""Arrays that are used again for every picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch:
    """Named arrays, allocated anew only when the size of the pictures changes.

    Fresh memory costs more than the arithmetic on it: the system maps and clears every page first
    (14 instead of 2 ms for the correction of edges). What is as large as the fine grid or the
    picture is taken from here; smaller arrays come and go without that cost.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def array(
        self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.float32
    ) -> NDArray[Any]:
        """The array of that name; its content is whatever was left there.

        Args:
            name: Distinct for arrays that are in use at the same time.
            shape: What the caller needs now.
            dtype: The same for every use of a name.
        """
        array = self._arrays.get(name)
        if array is None or array.shape != shape:
            array = self._arrays[name] = np.empty(shape, dtype)
        return array
