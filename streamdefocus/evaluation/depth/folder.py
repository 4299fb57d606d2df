"""Any folder of pictures with measured disparity or depth."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import read_photo
from streamdefocus.errors import ConfigError, InputError
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.samples import DataSet, Sample
from streamdefocus.evaluation.depth.truths import Alignment, DepthTruth
from streamdefocus.frames import FloatMap
from streamdefocus.photos import SUFFIXES

PICTURES, RIGHT, TABLE = "images", "right", "pairs.tsv"
KINDS = ("disparity", "depth")
ENDINGS = (".png", ".npy", ".pfm")
UNITS = 256.0  # of a 16-bit PNG: KITTI's, for disparity and for depth


@dataclass(frozen=True)
class FolderOptions:
    """How a folder is measured.

    Attributes:
        align: How estimates are brought to the truth's unit.
        scale: Disparity in pixels, or depth in metres, is a PNG's value divided by this; a table
            has it in its fourth column. NPY and PFM files hold pixels or metres as they are.
        cap_m: Farther points do not count, and estimates are clamped to it; None for no cap.
        rig: Cameras, where disparity and metres meet.
    """

    align: Alignment = "scale-shift"
    scale: float = UNITS
    cap_m: float | None = None
    rig: Rig | None = None


@dataclass(frozen=True)
class Item:
    """One picture's files.

    Attributes:
        picture, right, truth: The files; ``right`` may be missing.
        is_depth: The truth is depth, not disparity.
        scale: See FolderOptions.
    """

    picture: Path
    right: Path | None
    truth: Path
    is_depth: bool
    scale: float


def is_folder(data: Path) -> bool:
    """Whether there is something here to measure on."""
    kinds = any((data / kind).is_dir() for kind in KINDS)
    return (data / TABLE).is_file() or ((data / PICTURES).is_dir() and kinds)


def open_folder(data: Path, options: FolderOptions) -> DataSet:
    """Pictures in ``images/`` with truth of the same name in ``disparity/`` or ``depth/``.

    The right views of stereo pairs may lie in ``right/``. Instead, a table ``pairs.tsv`` may name
    the files: left view, right view, disparity, scale; rows without disparity are left out.

    Args:
        data: The folder; its name is the data set's.
        options: How it is measured.

    Raises:
        InputError: It is no such folder, or a picture's truth is missing.
        ConfigError: Without alignment, depth needs a rig.
    """
    if not is_folder(data):
        raise InputError(
            f"{data} has nothing to measure on: it needs {PICTURES}/ with {KINDS[0]}/ or "
            f"{KINDS[1]}/ beside it, or a table {TABLE}"
        )
    table = data / TABLE
    items = list(_rows(table) if table.is_file() else _files(data, options.scale))
    if not items:
        raise InputError(f"no picture in {data} has measured disparity or depth")
    if options.align == "none" and options.rig is None and any(item.is_depth for item in items):
        raise ConfigError(
            "depth in metres without alignment needs the cameras: give --focal-px and "
            "--baseline-m, or --align scale-shift"
        )
    name = data.resolve().name
    return {name: [partial(_sample, name, item, options) for item in items]}


def _files(data: Path, scale: float) -> Iterator[Item]:
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
        yield Item(picture, right if right.is_file() else None, truth, kind == "depth", scale)


def _rows(table: Path) -> Iterator[Item]:
    folder = table.parent
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t")
            next(rows, None)
            for left, right, truth, scale in rows:
                if truth:
                    other = folder / right if right else None
                    yield Item(folder / left, other, folder / truth, False, float(scale))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"{table} must be a table with a header and four columns between tabs: left view, "
            f"right view, disparity, scale ({error})"
        ) from error


def _sample(dataset: str, item: Item, options: FolderOptions) -> Sample:
    picture = read_photo(item.picture)
    values = read_values(item.truth, item.scale)
    rig, width = options.rig, values.shape[1]
    known = values > 0
    if item.is_depth:
        if options.cap_m is not None:
            known &= values < options.cap_m
        disparity = np.where(known, 1 / np.where(known, values, 1), 0).astype(np.float32)
        unit, depth_scale = rig.inverse_m(picture.shape[1]) if rig else 1.0, 1.0
    else:
        disparity, unit = values, float(width)
        depth_scale = rig.px_m(width) if rig else 1.0
        if options.cap_m is not None:
            known &= values > depth_scale / options.cap_m
    truth = DepthTruth(
        disparity, known, options.align, unit, depth_scale, options.cap_m, in_px=not item.is_depth
    )
    right = read_photo(item.right) if item.right else None
    return Sample(item.picture.name, picture, {dataset: truth}, right)


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
    except (OSError, ValueError, cv2.error) as error:
        raise InputError(f"cannot read the truth {path}: {error}") from error
    if values is not None and values.ndim == 3:
        values = values[..., 0]
    if values is None or values.ndim != 2:
        raise InputError(f"{path} is not a map of disparity or depth, H x W; is it damaged?")
    if values.dtype.kind in "ui":
        values = values / scale
    return np.where(np.isfinite(values), values, 0).astype(np.float32)
