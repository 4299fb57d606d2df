"""Checkpoints: all that a run needs to go on, on whichever backend, in one file.

The file is an ``.npz`` with the arrays ``network_i``, ``optimiser_i``, ``average_i``, ``step`` and
``log_NAME``, which the log has not told of yet.
The checkpoint before it is kept beside it, as ``previous.npz``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import ModelError, OutputError

PREVIOUS = "previous.npz"

log = logging.getLogger(__name__)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file that is there whole or not at all.

    Args:
        path: The file.
        write: Writes it under the name that it is given.

    Raises:
        OutputError: It cannot be written; what was there before is untouched.
    """
    unfinished = path.with_name(f"part.{path.name}")
    try:
        write(unfinished)
        unfinished.replace(path)
    # RuntimeError: of HDF5, when it closes a file.
    except (OSError, RuntimeError) as error:
        unfinished.unlink(missing_ok=True)
        reason = _said_by_the_system(error)
        if reason is None:
            raise
        raise OutputError(
            f"cannot write {path}: {reason}. The checkpoint before it is intact: make room, then "
            "the same command goes on from there"
        ) from error


def _said_by_the_system(error: OSError | RuntimeError) -> str | None:
    """Why a file cannot be written, if that is what the error is about.

    HDF5's errors are pages of pointers and offsets, with the reason among them.
    """
    if said := re.search(r"error message = '([^']+)'", str(error)):
        return said[1]
    return (error.strerror or str(error)) if isinstance(error, OSError) else None


def save_checkpoint(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write a checkpoint, and keep the one before.

    Raises:
        OutputError: It cannot be written.
    """

    def write(unfinished: Path) -> None:
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        if path.is_file():
            path.replace(path.with_name(PREVIOUS))

    write_whole(path, write)


def load_checkpoint(path: Path) -> dict[str, NDArray[Any]] | None:
    """The last checkpoint, or the one before if that is damaged; None if there is none.

    Raises:
        ModelError: Both are damaged.
    """
    reasons = []
    for candidate in (path, path.with_name(PREVIOUS)):
        try:
            with candidate.open("rb") as file, np.load(file) as arrays:
                found = dict(arrays)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            log.warning("the checkpoint %s is damaged: %s", candidate, error)
            reasons.append(f"{candidate}: {error}")
            continue
        return found
    if reasons:
        raise ModelError(
            f"cannot resume: {'; '.join(reasons)}. Delete {path.parent} to start anew, "
            "or rename the configuration"
        )
    return None
