"""A folder of pictures with measured disparity or depth: which there are, and how they are read.

The pictures lie in ``images/``, their truth of the same name in ``disparity/`` or ``depth/``; the
right views of stereo pairs may lie in ``right/``. Instead, a table ``pairs.tsv`` may name the
files: left view, right view, disparity, scale; rows without disparity are left out.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.photos import SUFFIXES

PICTURES, RIGHT, TABLE = "images", "right", "pairs.tsv"
KINDS = ("disparity", "depth")
ENDINGS = (".png", ".npy", ".pfm")
UNITS = 256.0  # of a 16-bit PNG: KITTI's, for disparity and for depth


@dataclass(frozen=True)
class MeasuredPicture:
    """One picture's files.

    Attributes:
        picture, right, truth: The files; ``right`` may be missing.
        is_depth: The truth is depth, not disparity.
        scale: Disparity in pixels, or depth in metres, is a PNG's value divided by this; NPY and
            PFM files hold pixels or metres as they are.
    """

    picture: Path
    right: Path | None
    truth: Path
    is_depth: bool
    scale: float


def is_measured_folder(data: Path) -> bool:
    """Whether a folder has pictures with truth, or a table of them."""
    kinds = any((data / kind).is_dir() for kind in KINDS)
    return (data / TABLE).is_file() or ((data / PICTURES).is_dir() and kinds)


def list_measured(data: Path, scale: float = UNITS) -> list[MeasuredPicture]:
    """The pictures of a folder that have a truth.

    Args:
        data: The folder.
        scale: See MeasuredPicture; a table has it in its fourth column.

    Raises:
        InputError: It is no such folder, or a picture's truth is missing.
    """
    if not is_measured_folder(data):
        raise InputError(
            f"{data} has nothing to measure on: it needs {PICTURES}/ with {KINDS[0]}/ or "
            f"{KINDS[1]}/ beside it, or a table {TABLE}"
        )
    table = data / TABLE
    items = list(_rows(table) if table.is_file() else _files(data, scale))
    if not items:
        raise InputError(f"no picture in {data} has measured disparity or depth")
    return items


def _files(data: Path, scale: float) -> Iterator[MeasuredPicture]:
    kind = next(kind for kind in KINDS if (data / kind).is_dir())
    for picture in sorted((data / PICTURES).iterdir()):
        if picture.suffix.lower() not in SUFFIXES:
            continue
        candidates = [data / kind / f"{picture.stem}{ending}" for ending in ENDINGS]
        truth = next((path for path in candidates if path.is_file()), None)
        if truth is None:
            raise InputError(
                f"{picture} has no truth: {candidates[0]} (or {', '.join(ENDINGS[1:])}) is missing"
            )
        right = data / RIGHT / picture.name
        yield MeasuredPicture(
            picture, right if right.is_file() else None, truth, kind == "depth", scale
        )


def _rows(table: Path) -> Iterator[MeasuredPicture]:
    folder = table.parent
    for row in read_pairs(table):
        if row.truth:
            right = folder / row.right if row.right else None
            yield MeasuredPicture(folder / row.left, right, folder / row.truth, False, row.scale)


@dataclass(frozen=True)
class PairRow:
    """A row of ``pairs.tsv``; its files are named from the table's folder.

    Attributes:
        left: The left view.
        right, truth: The right view and the left one's disparity; either may be empty.
        scale: Disparity in pixels is the truth's value divided by this.
    """

    left: str
    right: str
    truth: str
    scale: float


def read_pairs(table: Path) -> list[PairRow]:
    """The rows of a table of stereo pairs, without its header and empty lines.

    Raises:
        InputError: It cannot be read, or has other columns.
    """
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file, delimiter="\t") if row][1:]
        return [_pair(*row) for row in rows]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f"{table} must be a table with a header and four columns between tabs: left view, "
            f"right view, disparity, scale ({error})"
        ) from error


def read_disparity(item: MeasuredPicture) -> FloatMap:
    """H x W float32, larger is nearer: disparity in px, or 1 / depth in metres; 0 is unknown.

    Raises:
        InputError: See read_values.
    """
    values = read_values(item.truth, item.scale)
    known = values > 0
    if item.is_depth:
        values = np.asarray(1 / np.where(known, values, 1), np.float32)
    return np.where(known, values, 0).astype(np.float32)


def _pair(left: str, right: str, truth: str, scale: str, *_: str) -> PairRow:
    return PairRow(left, right, truth, float(scale) if truth else 1.0)


def check_view(picture: BgrImage, truth: FloatMap, path: Path) -> None:
    """See that a picture was not turned upright without its truth.

    Raises:
        InputError: It was: one is as wide as the other is high.
    """
    width, height = picture.shape[1::-1]
    aspect, true_aspect = width / height, truth.shape[1] / truth.shape[0]
    turned, straight = (abs(math.log(aspect / other)) for other in (1 / true_aspect, true_aspect))
    if turned < 0.02 < straight:
        raise InputError(
            f"{path} is {width}x{height}, its truth {truth.shape[1]}x{truth.shape[0]}: a photo "
            "whose file says how to turn it is turned; turn its truth likewise"
        )


def read_values(path: Path, scale: float) -> FloatMap:
    """H x W float32 from a PNG, NPY or PFM file; what is not finite becomes 0, unknown.

    Args:
        path: The file.
        scale: A PNG's values are divided by this.

    Raises:
        InputError: The file is missing, damaged or of another shape.
    """
    try:
        if path.suffix.lower() == ".npy":
            values = np.load(path)
        else:
            values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except (OSError, ValueError, EOFError, cv2.error) as error:
        raise InputError(f"cannot read the truth {path}: {error}") from error
    if values is not None and values.ndim == 3:
        if (values[..., :3] != values[..., :1]).any():
            raise InputError(f"{path} is in colour; disparity or depth is one number a pixel")
        values = values[..., 0]
    if values is None or values.ndim != 2 or values.dtype.kind not in "uif":
        raise InputError(f"{path} is not a map of disparity or depth, H x W; is it damaged?")
    if values.dtype.kind in "ui" and path.suffix.lower() != ".npy":
        values = values / scale
    return np.where(np.isfinite(values), values, 0).astype(np.float32)
