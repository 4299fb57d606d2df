"""The KITTI split: the 200 training pairs of KITTI 2015 with disparity (paper, section 4.2)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import read_photo
from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.samples import DataSet, Sample
from streamdefocus.evaluation.depth.truths import Alignment, DepthTruth
from streamdefocus.frames import FloatMap

FOCAL_PX = {1242: 721.5377, 1241: 718.856, 1224: 707.0493, 1238: 718.3351}
"""Focal length by image width: KITTI's days of recording were rectified to different sizes."""

BASELINE_M = 0.54
UNITS_PER_PX = 256.0  # of a disparity file
TRUTHS = ("disp_occ_0", "disp_noc_0")  # with occluded pixels, as in the paper; or without


def find_kitti(data: Path) -> Path | None:
    """The folder inside of ``data`` that holds image_2 and its disparities."""
    for folder in (data, data / "training", data / "data_scene_flow" / "training"):
        if (folder / "image_2").is_dir() and _truths(folder) is not None:
            return folder
    return None


def open_kitti(data: Path, align: Alignment, cap_m: float) -> DataSet:
    """All pictures with truth.

    Depth is focal length x baseline / disparity; estimates are clamped to the cap, the truth is
    taken as it is.

    Args:
        data: Where ``data_scene_flow.zip`` was unpacked, or its folder ``training``.
        align: How estimates are brought to the truth's unit.
        cap_m: Largest depth of an estimate.

    Raises:
        InputError: It is no such folder, or a picture is missing.
    """
    folder = find_kitti(data)
    truths = _truths(folder) if folder else None
    if folder is None or truths is None:
        raise InputError(
            f"{data} is not KITTI 2015: {data / 'training' / 'image_2'} and "
            f"{data / 'training' / TRUTHS[0]} are not both there"
        )
    loads = []
    for truth in sorted(truths.glob("*.png")):
        left = folder / "image_2" / truth.name
        if not left.is_file():
            raise InputError(f"KITTI 2015 in {folder} is not complete: {left} is missing")
        right = folder / "image_3" / truth.name
        loads.append(partial(_sample, left, right, truth, align, cap_m))
    return {"kitti": loads}


def _truths(folder: Path) -> Path | None:
    return next((folder / name for name in TRUTHS if (folder / name).is_dir()), None)


def _sample(left: Path, right: Path, truth: Path, align: Alignment, cap_m: float) -> Sample:
    picture = read_photo(left)
    disparity = read_disparity_px(truth)
    if disparity.shape != picture.shape[:2]:
        raise InputError(
            f"{truth} is {disparity.shape[1]}x{disparity.shape[0]} px, {left} is "
            f"{picture.shape[1]}x{picture.shape[0]} px; they should be the same"
        )
    width = picture.shape[1]
    return Sample(
        left.name,
        picture,
        {
            "kitti": DepthTruth(
                disparity,
                disparity > 0,
                align,
                unit=width,
                depth_scale=rig_of(left, width).px_m(width),
                cap_m=cap_m,
                in_px=True,
            )
        },
        read_photo(right) if right.is_file() else None,
    )


def rig_of(file: Path, width: int) -> Rig:
    """KITTI's cameras, as the original implementation has them.

    Raises:
        InputError: KITTI has no picture of this width.
    """
    if width not in FOCAL_PX:
        known = ", ".join(str(known) for known in FOCAL_PX)
        raise InputError(
            f"{file} is {width} px wide, and KITTI's focal length is known for {known} px; "
            "take the pictures as they were published"
        )
    return Rig(FOCAL_PX[width], BASELINE_M)


def read_disparity_px(path: Path) -> FloatMap:
    """H x W float32 disparity in pixels from a 16-bit PNG; 0 is unknown.

    Raises:
        InputError: The file is missing or damaged.
    """
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 2:
        raise InputError(f"cannot read 16-bit disparity from {path}; is it damaged?")
    return (values / np.float32(UNITS_PER_PX)).astype(np.float32)
