"""Rooms with exact disparity, rendered once and kept: one takes as long as 20 training samples."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.streams import by_processes
from streamdefocus.training.synthetic.rooms import Rooms

SIZE_PX = (512, 384)
"""As a camera of 4:3 sees them; crops of all shapes are cut from it."""

SEED = 20170721
PROCESSES = 2

log = logging.getLogger(__name__)


def prepare_rooms(count: int, cache: Path) -> list[Path]:
    """Render rooms 0, 1, ... that are not there yet; the files of all of them.

    Args:
        count: How many.
        cache: Folder where they are kept.

    Raises:
        InputError: A process that renders was killed.
    """
    rooms = Rooms(SEED, SIZE_PX)
    folder = cache / f"rooms-{SEED}-{SIZE_PX[0]}x{SIZE_PX[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{k:05}.npz" for k in range(count)]
    missing = [k for k, file in enumerate(files) if not file.is_file()]
    if missing:
        log.info("rendering %d rooms", len(missing))
        for _ in by_processes(partial(_render, rooms, folder, missing), 0, PROCESSES, len(missing)):
            pass
    return files


def _render(rooms: Rooms, folder: Path, numbers: Sequence[int], i: int) -> None:
    picture, inverse = rooms.view(numbers[i])
    file = folder / f"{numbers[i]:05}.npz"
    unfinished = file.with_suffix(".part")
    with unfinished.open("wb") as stream:
        np.savez(stream, picture=picture, inverse=inverse.astype(np.float16))
    unfinished.replace(file)


def read_room(file: Path) -> tuple[BgrImage, FloatMap]:
    """A room: H x W x 3 BGR uint8, and H x W float16 inverse depth per metre, nowhere 0.

    Raises:
        InputError: The file is damaged.
    """
    try:
        with file.open("rb") as stream, np.load(stream) as arrays:
            return arrays["picture"], arrays["inverse"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InputError(f"cannot read the room {file}; delete it: {error}") from error
