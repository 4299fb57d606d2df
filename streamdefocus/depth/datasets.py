"""Pictures with depth on disk: what there is, what is held out, and how it is read.

Training and evaluation read the same folders through this module, and the same list of patterns
(``configs/train/holdout.toml``) tells them apart: a file that matches is measured on and never
trained on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import cv2
import numpy as np

from streamdefocus import photos
from streamdefocus.depth.measured import TABLE, PairRow, read_pairs, read_values
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
    names += [row.left for row in _stereo_rows(data)]
    return sorted(name for name in names if is_held_out(name, holdout) == held_out)


def list_clips(data: Path, holdout: Sequence[str], *, held_out: bool) -> list[str]:
    """Video clips of either side of the split, as paths inside data."""
    names = [path.relative_to(data).as_posix() for path in data.glob(CLIPS)]
    return sorted(name for name in names if is_held_out(name, holdout) == held_out)


def list_stereo_truth(data: Path, holdout: Sequence[str], *, held_out: bool) -> list[StereoTruth]:
    """Photos with measured disparity of either side of the split."""
    folder = data / "stereo"
    return [
        StereoTruth(row.left, data / row.left, folder / row.truth, row.scale)
        for row in _stereo_rows(data)
        if row.truth and is_held_out(row.left, holdout) == held_out
    ]


def list_stereo_unmeasured(
    data: Path, holdout: Sequence[str], *, held_out: bool
) -> list[tuple[str, Path]]:
    """Left views without measured disparity, as paths inside data, and their right views' files."""
    return [
        (row.left, data / "stereo" / row.right)
        for row in _stereo_rows(data)
        if not row.truth and is_held_out(row.left, holdout) == held_out
    ]


def _stereo_rows(data: Path) -> list[PairRow]:
    """Those of ``stereo/pairs.tsv``, left views as paths inside data."""
    table = data / "stereo" / TABLE
    if not table.is_file():
        return []
    return [replace(row, left=f"stereo/{row.left}") for row in read_pairs(table)]


def read_photo(path: Path) -> BgrImage:
    """H x W x 3 BGR uint8.

    Raises:
        InputError: The file is missing, damaged or not a picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:  # what OpenCV does not know may still be a photo, as HEIC
        return photos.read_photo(path).bgr
    return np.asarray(picture, np.uint8)


def read_stereo_truth(sample: StereoTruth) -> FloatMap:
    """H x W float32 disparity in pixels of that photo; 0 is unknown.

    Raises:
        InputError: The file is missing or damaged.
    """
    return read_values(sample.truth, sample.scale)


def read_depth_m(path: Path, units_per_m: float) -> FloatMap:
    """H x W float32 depth in metres from a 16-bit picture; 0 is unknown.

    Raises:
        InputError: The file is missing or damaged.
    """
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise InputError(f"cannot read 16-bit depth from {path}; is it damaged?")
    return (values / units_per_m).astype(np.float32)
