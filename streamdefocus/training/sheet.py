"""A contact sheet of what is learnt from: the first samples, as the network sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.batches import Batch, BatchMaker

SAMPLES, COLUMNS = 96, 6
TILE_PX = (192, 128)
"""(width, height) that every picture fits into."""

PAPER, UNKNOWN = (28, 26, 24), (70, 110, 70)  # BGR


def write_sheet(make: BatchMaker, path: Path) -> None:
    """Draw the samples of the first batches, each with its label, or both views of a pair.

    Args:
        make: Makes the batches.
        path: The picture's file.

    Raises:
        OutputError: The file cannot be written.
    """
    cells = []
    for samples in _samples(make):
        cells.append(np.hstack([_tile(picture) for picture in samples]))
        if len(cells) == SAMPLES:
            break
    rows = [np.hstack(cells[i : i + COLUMNS]) for i in range(0, SAMPLES, COLUMNS)]
    try:
        written = cv2.imwrite(str(path), np.vstack(rows))
    except cv2.error as error:
        raise OutputError(f"cannot write the sheet {path}: {error}") from error
    if not written:
        raise OutputError(f"cannot write the sheet {path}; does its folder exist?")


def _samples(make: BatchMaker) -> Iterator[list[BgrImage]]:
    k = 0
    while True:
        yield from zip(*_pictures(make(k)), strict=True)
        k += 1


def _pictures(batch: Batch) -> list[list[BgrImage]]:
    """Of each array of a batch, a picture of every sample."""
    return [
        [_coloured(a[..., 0]) if name == "target" else a[..., ::-1] for a in array]
        for name, array in batch.items()
    ]


def _coloured(target: FloatMap) -> BgrImage:
    grey = (255 * np.clip(target, 0, 1)).astype(np.uint8)
    coloured = np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), np.uint8)
    coloured[target < 0] = UNKNOWN
    return coloured


def _tile(picture: BgrImage) -> BgrImage:
    factor = min(TILE_PX[0] / picture.shape[1], TILE_PX[1] / picture.shape[0])
    small = cv2.resize(
        np.ascontiguousarray(picture), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
    )
    tile = np.full((TILE_PX[1] + 4, TILE_PX[0] + 4, 3), PAPER, np.uint8)
    tile[2 : 2 + small.shape[0], 2 : 2 + small.shape[1]] = small[: TILE_PX[1], : TILE_PX[0]]
    return tile
