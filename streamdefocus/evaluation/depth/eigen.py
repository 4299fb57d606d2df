"""The Eigen split: pictures of KITTI's raw recordings and their laser points (paper, 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamdefocus.depth.datasets import read_photo
from streamdefocus.depth.postprocessing import NEAREST_M
from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.samples import DataSet, Sample
from streamdefocus.evaluation.depth.truths import Alignment, DepthTruth
from streamdefocus.evaluation.metrics import Mask
from streamdefocus.frames import FloatMap

Crop = Literal["garg", "eigen", "none"]

CROPS: dict[Crop, tuple[float, float, float, float]] = {
    "garg": (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    "eigen": (0.3324324, 0.91351351, 0.0359477, 0.96405229),
    "none": (0, 1, 0, 1),
}
"""First row, last row, first column, last column, as fractions: what Garg et al. (2016) and Eigen
et al. (2014) measured on."""

LISTS = ("eigen_test_files.txt", "test_files.txt")
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Entry:
    """One line of the list.

    Attributes:
        picture: Of the camera that the depth is told for.
        other: The same moment of the other camera; it may be missing.
        points: The laser's file.
        camera: 2, left, or 3, right.
    """

    picture: Path
    other: Path
    points: Path
    camera: int

    @property
    def calibration(self) -> Path:
        """Folder of the day's calibration files."""
        return self.points.parents[3]


def open_eigen(
    data: Path, split: Path | None, align: Alignment, caps_m: Sequence[float], crop: Crop
) -> DataSet:
    """The pictures of a list, each measured up to every cap.

    Args:
        data: Root of KITTI's raw data, with folders such as 2011_09_26.
        split: List with one picture a line, either its path in ``data`` (further columns are not
            looked at) or ``DAY/DRIVE NUMBER l|r``; by default one of LISTS in ``data``.
        align: How estimates are brought to the truth's unit.
        caps_m: Largest depths; farther points do not count. A data set "eigen_80m" for 80.
        crop: Which part of a picture counts.

    Raises:
        InputError: The list or one of the files it names is missing.
    """
    entries = [_entry(data, line) for line in _lines(data, split)]
    for entry in entries:
        names = ("calib_cam_to_cam.txt", "calib_velo_to_cam.txt")
        files = [entry.picture, entry.points, *(entry.calibration / name for name in names)]
        for file in files:
            if not file.is_file():
                raise InputError(f"KITTI's raw data in {data} are not complete: {file} is missing")
    return {"eigen": [partial(_sample, entry, align, caps_m, crop) for entry in entries]}


def _lines(data: Path, split: Path | None) -> list[str]:
    path = split or next((data / name for name in LISTS if (data / name).is_file()), None)
    if path is None:
        raise InputError(
            f"the Eigen split needs the list of its pictures; give it with --split, or put it at "
            f"{data / LISTS[0]}"
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the list of pictures {path}: {error}") from error
    found = [line for line in lines if line.strip()]
    if not found:
        raise InputError(f"the list of pictures {path} is empty")
    return found


def _entry(data: Path, line: str) -> Entry:
    words = line.split()
    if len(words) == 3 and words[2] in ("l", "r"):
        drive, frame, camera = data / words[0], f"{int(words[1]):010}", 2 + (words[2] == "r")
    else:
        picture = data / words[0]
        folder = picture.parent.parent
        if folder.name not in ("image_02", "image_03"):
            raise InputError(
                "a line of the Eigen split must be DAY/DRIVE/image_02/data/NUMBER.png or "
                f"DAY/DRIVE NUMBER l. Received: {line!r}"
            )
        drive, frame, camera = folder.parent, picture.stem, int(folder.name[-1])
    other = {2: 3, 3: 2}[camera]
    return Entry(
        _existing(drive / f"image_{camera:02}" / "data" / frame),
        _existing(drive / f"image_{other:02}" / "data" / frame),
        drive / "velodyne_points" / "data" / f"{frame}.bin",
        camera,
    )


def _existing(stem: Path) -> Path:
    """Lists say .jpg where the original implementation converted; the published files are .png."""
    jpg, png = stem.with_suffix(".jpg"), stem.with_suffix(".png")
    return jpg if jpg.is_file() and not png.is_file() else png


def _sample(entry: Entry, align: Alignment, caps_m: Sequence[float], crop: Crop) -> Sample:
    picture = read_photo(entry.picture)
    height, width = picture.shape[:2]
    cameras = read_calibration(entry.calibration / "calib_cam_to_cam.txt")
    laser = read_calibration(entry.calibration / "calib_velo_to_cam.txt")
    depth_m = project(
        read_points(entry.points), projection(cameras, laser, entry.camera), (width, height)
    )
    inside = crop_mask((height, width), crop)
    unit = rig_of(cameras).inverse_m(width)
    inverse = np.where(depth_m > 0, 1 / np.where(depth_m > 0, depth_m, 1), 0).astype(np.float32)
    truths = {
        f"eigen_{cap_m:g}m": DepthTruth(
            inverse,
            inside & (depth_m > NEAREST_M) & (depth_m < cap_m),
            align,
            unit=unit,
            cap_m=cap_m,
        )
        for cap_m in caps_m
    }
    right = read_photo(entry.other) if entry.camera == 2 and entry.other.is_file() else None
    name = f"{entry.points.parents[2].name}/{entry.picture.name}"
    return Sample(name, picture, truths, right)


def read_calibration(path: Path) -> dict[str, Values]:
    """Numbers of a KITTI calibration file by their names; lines without numbers are left out.

    Raises:
        InputError: It cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the calibration {path}: {error}") from error
    found = {}
    for line in lines:
        name, _, numbers = line.partition(":")
        try:
            found[name] = np.array([float(number) for number in numbers.split()])
        except ValueError:  # the date of the calibration
            continue
    return found


def projection(cameras: Mapping[str, Values], laser: Mapping[str, Values], camera: int) -> Values:
    """The 3 x 4 matrix from points of the laser to pixels of a rectified camera.

    Args:
        cameras: Of calib_cam_to_cam.txt.
        laser: Of calib_velo_to_cam.txt.
        camera: 2 or 3.

    Raises:
        InputError: A matrix is missing.
    """
    try:
        to_camera = np.eye(4)
        to_camera[:3, :3] = laser["R"].reshape(3, 3)
        to_camera[:3, 3] = laser["T"]
        rectify = np.eye(4)
        rectify[:3, :3] = cameras["R_rect_00"].reshape(3, 3)
        return cameras[f"P_rect_{camera:02}"].reshape(3, 4) @ rectify @ to_camera
    except (KeyError, ValueError) as error:
        raise InputError(f"KITTI's calibration is not complete: {error}") from error


def rig_of(cameras: Mapping[str, Values]) -> Rig:
    """The day's focal length and distance of the colour cameras."""
    left, right = (cameras[f"P_rect_{camera:02}"].reshape(3, 4) for camera in (2, 3))
    baseline_m = float(left[0, 3] / left[0, 0] - right[0, 3] / right[0, 0])
    return Rig(float(left[0, 0]), baseline_m)


def read_points(path: Path) -> Values:
    """The laser's points, N x 3: forward, left and up, in metres.

    Raises:
        InputError: The file is missing or cut off.
    """
    try:
        return np.fromfile(path, np.float32).reshape(-1, 4)[:, :3].astype(np.float64)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read laser points from {path}: {error}") from error


def project(points: Values, matrix: Values, size_px: tuple[int, int]) -> FloatMap:
    """Depth of the pixels that the laser hit; where it hit twice, the nearer point.

    Depth is the laser's forward axis, not the camera's, as in the paper; pixels are counted from
    1 in KITTI's own tools.

    Args:
        points: N x 3, forward, left and up.
        matrix: 3 x 4, see ``projection``.
        size_px: (width, height) of the picture.

    Returns:
        H x W float32 in metres, 0 where no point is.
    """
    width, height = size_px
    points = points[points[:, 0] > 0]
    x, y, z = matrix @ np.column_stack((points, np.ones(len(points)))).T
    ahead = z > 0
    column = np.rint(x[ahead] / z[ahead]).astype(np.int64) - 1
    row = np.rint(y[ahead] / z[ahead]).astype(np.int64) - 1
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    depth_m = np.full((height, width), np.inf, np.float32)
    forward = points[ahead, 0][inside].astype(np.float32)
    np.minimum.at(depth_m, (row[inside], column[inside]), forward)
    return np.where(np.isfinite(depth_m), depth_m, 0).astype(np.float32)


def crop_mask(shape: tuple[int, int], crop: Crop) -> Mask:
    """Which pixels of an H x W picture count; bounds are cut to whole pixels as in the original."""
    height, width = shape
    top, bottom, left, right = CROPS[crop]
    inside = np.zeros(shape, np.bool_)
    rows, columns = (
        slice(int(top * height), int(bottom * height)),
        slice(int(left * width), int(right * width)),
    )
    inside[rows, columns] = True
    return inside
