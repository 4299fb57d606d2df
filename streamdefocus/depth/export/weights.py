"""Keras weights in files."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from streamdefocus.errors import OutputError

KERNEL_AXES = 4  # of a convolution's kernel; biases and statistics have one


ROOM = 1 << 20
"""Bytes that a file has beside its numbers, at most."""


def save_weights(network: Any, path: Path) -> None:
    """Write a network's weights, if there is room for them.

    HDF5 cannot be left to find out: after a write to a full disk failed, it ends the whole program
    with a segmentation fault when the program ends (h5py issue 914).

    Args:
        network: A Keras model with variables in float32.
        path: File to write, ending in ``.weights.h5``.

    Raises:
        OSError: There is no room, or the file cannot be written.
    """
    needed = ROOM + 4 * network.count_params()
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    network.save_weights(path)


def export_weights(network: Any, path: Path) -> Path:
    """Write a network's weights with the kernels as float16; ``load_weights`` reads them.

    Biases and the statistics of batch normalisation stay float32: they are few, and a variance
    may be too small for float16.

    Args:
        network: A model of depth.network.build_network.
        path: File to write, ending in ``.weights.h5``.

    Raises:
        OutputError: The path does not end so, or cannot be written.
    """
    if not path.name.endswith(".weights.h5"):
        raise OutputError(f"Keras weights must end in .weights.h5. Received: {path}")
    import h5py  # type: ignore[import-untyped]

    def copy(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            is_kernel = item.ndim == KERNEL_AXES
            target[name] = item[()].astype(np.float16) if is_kernel else item[()]
        else:
            target.require_group(name).attrs.update(item.attrs)

    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole, half = Path(folder) / "whole.weights.h5", Path(folder) / path.name
            save_weights(network, whole)
            with h5py.File(whole) as source, h5py.File(half, "w") as target:
                target.attrs.update(source.attrs)
                source.visititems(copy)
            half.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    return path
