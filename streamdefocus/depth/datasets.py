"""Pictures with depth on disk: what there is, what is held out, and how it is read.

Training and evaluation read the same folders through this module, and the same list of patterns
(``configs/train/holdout.toml``) tells them apart: a file that matches is measured on and never
trained on.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.errors import ConfigError, InputError
from streamdefocus.frames import BgrImage, FloatMap

PHOTOS = ("caltech101/*/*.jpg", "coco_people/images/*.jpg", "grid_keyed/*[0-9].png")
CLIPS = "asl_gestures/*.mkv"


@dataclass(frozen=True)
class StereoTruth:
    """A photo with measured disparity.

    Attributes:
        name: The photo's path inside the data folder.
        photo, truth: The files.
        scale: Disparity in pixels is the file's value divided by this; 0 is unknown.
    """

    name: str
    photo: Path
    truth: Path
    scale: float


def read_holdout(path: Path) -> tuple[str, ...]:
    """Patterns of the files that nothing may be trained on.

    Raises:
        ConfigError: The file is missing, or is not a TOML file with a list ``holdout``.
    """
    try:
        patterns = tomllib.loads(path.read_text(encoding="utf-8"))["holdout"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(
            f"{path} must be a TOML file with a list 'holdout' of patterns: {error!r}"
        ) from error
    if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns):
        raise ConfigError(f"'holdout' in {path} must be a list of patterns. Received: {patterns!r}")
    return tuple(patterns)


def is_held_out(name: str, holdout: Sequence[str]) -> bool:
    """Whether a path inside the data folder matches one of the patterns."""
    return any(fnmatch(name, pattern) for pattern in holdout)


def is_held_out_file(file: Path, data: Path, holdout: Sequence[str]) -> bool:
    """Whether a file, wherever it was found, is one of the data folder's that are held out."""
    try:
        name = file.resolve().relative_to(data.resolve()).as_posix()
    except ValueError:
        return False
    return is_held_out(name, holdout)


def list_photos(data: Path, holdout: Sequence[str], *, held_out: bool) -> list[str]:
    """Photos of either side of the split, stereo's left views included, as paths inside data."""
    names = [path.relative_to(data).as_posix() for pattern in PHOTOS for path in data.glob(pattern)]
    names += [row.name for row in _stereo_rows(data)]
    return sorted(name for name in names if is_held_out(name, holdout) == held_out)


def list_clips(data: Path, holdout: Sequence[str], *, held_out: bool) -> list[str]:
    """Video clips of either side of the split, as paths inside data."""
    names = [path.relative_to(data).as_posix() for path in data.glob(CLIPS)]
    return sorted(name for name in names if is_held_out(name, holdout) == held_out)


def list_stereo_truth(data: Path, holdout: Sequence[str], *, held_out: bool) -> list[StereoTruth]:
    """Photos with measured disparity of either side of the split."""
    folder = data / "stereo"
    return [
        StereoTruth(row.name, data / row.name, folder / row.truth, float(row.scale))
        for row in _stereo_rows(data)
        if row.truth and is_held_out(row.name, holdout) == held_out
    ]


def list_stereo_unmeasured(
    data: Path, holdout: Sequence[str], *, held_out: bool
) -> list[tuple[str, Path]]:
    """Left views without measured disparity, as paths inside data, and their right views' files."""
    return [
        (row.name, data / "stereo" / row.right)
        for row in _stereo_rows(data)
        if not row.truth and is_held_out(row.name, holdout) == held_out
    ]


@dataclass(frozen=True)
class _StereoRow:
    """A row of pairs.tsv: ``name`` is inside data, the others inside data/stereo or empty."""

    name: str
    right: str
    truth: str
    scale: str


def _stereo_rows(data: Path) -> Iterator[_StereoRow]:
    table = data / "stereo" / "pairs.tsv"
    if not table.is_file():
        return
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows)
        for left, right, truth, scale in rows:
            yield _StereoRow(f"stereo/{left}", right, truth, scale)


def read_photo(path: Path) -> BgrImage:
    """H x W x 3 BGR uint8.

    Raises:
        InputError: The file is missing, damaged or not a picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"cannot read the photo {path}; is it damaged?")
    return np.asarray(picture, np.uint8)


def read_stereo_truth(sample: StereoTruth) -> FloatMap:
    """H x W float32 disparity in pixels of that photo; 0 is unknown.

    Raises:
        InputError: The file is missing or damaged.
    """
    values = cv2.imread(str(sample.truth), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise InputError(f"cannot read the disparity {sample.truth}; is it damaged?")
    if values.ndim == 3:
        values = values[..., 0]
    truth = values.astype(np.float32) / sample.scale
    return np.where(np.isfinite(truth), truth, 0).astype(np.float32)


def read_depth_m(path: Path, units_per_m: float) -> FloatMap:
    """H x W float32 depth in metres from a 16-bit picture; 0 is unknown.

    Raises:
        InputError: The file is missing or damaged.
    """
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise InputError(f"cannot read 16-bit depth from {path}; is it damaged?")
    return (values / units_per_m).astype(np.float32)
