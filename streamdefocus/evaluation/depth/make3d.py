"""Make3D: 134 photos with depth from a laser (Saxena, Sun and Ng, PAMI 2009; paper, 4.4)."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import numpy as np

from streamdefocus.depth.datasets import read_photo
from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.samples import DataSet, Sample
from streamdefocus.evaluation.depth.truths import Alignment, DepthTruth
from streamdefocus.frames import BgrImage, FloatMap

PICTURES = ("Test134", "Test134Img", "Img134", "images", ".")
GRIDS = ("Gridlaserdata", "Test134Depth", "Test134Depth/Gridlaserdata")
ASPECT = 2.0  # of the central crop: that of the network's input

Pixels = TypeVar("Pixels", BgrImage, FloatMap)


def find_make3d(data: Path) -> tuple[Path, Path] | None:
    """Folders of the photos and of the laser's grids inside of ``data``."""
    for grids in (data / name for name in GRIDS):
        if next(grids.glob("depth_sph_corr-*.mat"), None) is not None:
            for photos in (data / name for name in PICTURES):
                if next(photos.glob("img-*.jpg"), None) is not None:
                    return photos, grids
    return None


def open_make3d(data: Path, align: Alignment, cap_m: float, rig: Rig) -> DataSet:
    """All photos with a grid, cropped to the middle, up to a cap (70 m is "C1").

    Photos stand upright; the middle half as high as wide is looked at, which becomes 852 of 2272
    rows and 21 of the grid's 55 (the authors, monodepth issues 154 and 189).

    Args:
        data: Where the test photos (``Test134``) and ``Gridlaserdata`` lie.
        align: How estimates are brought to the truth's unit.
        cap_m: Farther points do not count, and estimates are clamped to it.
        rig: What the network was trained with.

    Raises:
        InputError: It is no such folder, a photo is missing, or SciPy is not installed.
    """
    folders = find_make3d(data)
    if folders is None:
        raise InputError(
            f"{data} is not Make3D: {data / PICTURES[0] / 'img-*.jpg'} and "
            f"{data / GRIDS[0] / 'depth_sph_corr-*.mat'} are not both there"
        )
    photos, grids = folders
    loads = []
    for photo in sorted(photos.glob("img-*.jpg")):
        grid = grids / f"depth_sph_corr-{photo.stem.removeprefix('img-')}.mat"
        if not grid.is_file():
            raise InputError(f"Make3D in {data} is not complete: {grid} is missing")
        loads.append(partial(_sample, photo, grid, align, cap_m, rig))
    return {"make3d": loads}


def _sample(photo: Path, grid: Path, align: Alignment, cap_m: float, rig: Rig) -> Sample:
    picture = read_photo(photo)
    height, width = picture.shape[:2]
    share = min(1.0, width / ASPECT / height)
    depth_m = _middle(read_grid(grid), share)
    counts = (depth_m > 0) & (depth_m < cap_m)
    inverse = np.where(counts, 1 / np.where(counts, depth_m, 1), 0).astype(np.float32)
    truth = DepthTruth(inverse, counts, align, unit=rig.inverse_m(width), cap_m=cap_m)
    return Sample(photo.name, np.ascontiguousarray(_middle(picture, share)), {"make3d": truth})


def _middle(rows: Pixels, share: float) -> Pixels:
    """The middle rows, about ``share`` of all."""
    count = round(len(rows) * share)
    top = (len(rows) - count) // 2
    return rows[top : top + count]


def read_grid(path: Path) -> FloatMap:
    """Depth of the laser's grid in metres, 55 x 305 float32, by the fourth of its layers.

    Raises:
        InputError: The file is damaged, or SciPy is not installed.
    """
    try:
        scipy_io = import_module("scipy.io")
    except ImportError as error:
        raise InputError(
            f"Make3D's files are MATLAB's, and reading them needs SciPy ({error}); "
            "try: pip install streamdefocus[evaluate]"
        ) from error
    try:
        return np.asarray(scipy_io.loadmat(path)["Position3DGrid"][..., 3], np.float32)
    except (
        scipy_io.matlab.MatReadError,
        OSError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
    ) as error:
        raise InputError(f"cannot read Make3D's grid from {path}: {error}") from error
