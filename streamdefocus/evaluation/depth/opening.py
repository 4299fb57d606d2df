"""Which data set lies in a folder, and how it is measured by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streamdefocus.depth.datasets import read_holdout
from streamdefocus.depth.measured import is_measured_folder
from streamdefocus.errors import ConfigError, InputError
from streamdefocus.evaluation.depth.cameras import CITYSCAPES, Rig
from streamdefocus.evaluation.depth.collections import open_collections
from streamdefocus.evaluation.depth.eigen import Crop, open_eigen
from streamdefocus.evaluation.depth.folder import FolderOptions, open_folder
from streamdefocus.evaluation.depth.kitti import find_kitti, open_kitti
from streamdefocus.evaluation.depth.make3d import find_make3d, open_make3d
from streamdefocus.evaluation.depth.samples import DataSet
from streamdefocus.evaluation.depth.truths import Alignment

Kind = Literal["collections", "kitti", "eigen", "make3d", "folder"]

CAPS_M: dict[Kind, tuple[float, ...]] = {"kitti": (80,), "eigen": (80, 50), "make3d": (70,)}
"""Largest depths of the paper's tables 1, 2 and 3."""


@dataclass(frozen=True)
class DataOptions:
    """What is measured on, and how; None stands for the data set's own.

    Attributes:
        align: How estimates are brought to the truth's unit. By default not at all for KITTI,
            Eigen and Make3D, by scale and shift for folders and collections.
        caps_m: Largest depths.
        crop: Which part of the pictures of the Eigen split counts.
        split: List of the pictures of the Eigen split.
        scale: Of a folder's PNG files.
        rig: Cameras that the network was trained with, for Make3D and folders.
        holdout: Patterns of the collections' held-out pictures.
    """

    align: Alignment | None = None
    caps_m: Sequence[float] = ()
    crop: Crop = "garg"
    split: Path | None = None
    scale: float = 256.0
    rig: Rig | None = None
    holdout: Path = Path("configs/train/holdout.toml")


def detect(data: Path) -> Kind:
    """What lies in a folder, by the names in it.

    Raises:
        InputError: Nothing that is known.
    """
    if not data.is_dir():
        raise InputError(f"{data} is not a folder")
    if find_kitti(data):
        return "kitti"
    if any(data.glob("[0-9][0-9][0-9][0-9]_[0-9][0-9]_[0-9][0-9]/calib_cam_to_cam.txt")):
        return "eigen"
    if find_make3d(data):
        return "make3d"
    if is_measured_folder(data):
        return "folder"
    if any((data / name).is_dir() for name in ("stereo", "icl_nuim", "grid_keyed", "coco_people")):
        return "collections"
    raise InputError(
        f"nothing to measure on in {data}: neither KITTI 2015 (training/image_2), KITTI's raw "
        "data (2011_09_26/), Make3D (Gridlaserdata/), images/ with depth/ or disparity/, nor the "
        "collections for training (stereo/, grid_keyed/, ...)"
    )


def alignment(kind: Kind, asked: Alignment | None) -> Alignment:
    """The alignment asked for, or the data set's own."""
    if asked is not None:
        return asked
    return "none" if kind in CAPS_M else "scale-shift"


def open_data(data: Path, kind: Kind, options: DataOptions) -> DataSet:
    """The samples of a folder.

    Raises:
        InputError: The folder is not what it should be; the message names the first missing file.
        ConfigError: Options do not fit the kind.
    """
    align = alignment(kind, options.align)
    caps = tuple(options.caps_m) or CAPS_M.get(kind, ())
    if kind != "eigen" and len(caps) > 1:
        raise ConfigError(f"one cap at a time for {kind}. Received: {', '.join(map(str, caps))} m")
    if kind == "kitti":
        return open_kitti(data, align, caps[0])
    if kind == "eigen":
        return open_eigen(data, options.split, align, caps, options.crop)
    if kind == "make3d":
        return open_make3d(data, align, caps[0], options.rig or CITYSCAPES)
    if kind == "folder":
        cap_m = caps[0] if caps else None
        return open_folder(data, FolderOptions(align, options.scale, cap_m, options.rig))
    if align != "scale-shift" or caps:
        raise ConfigError(
            "the collections have no metric truth: they are measured with --align scale-shift, "
            "and without --cap"
        )
    found = open_collections(data, read_holdout(options.holdout))
    if not found:
        raise InputError(f"nothing to measure on in {data}; give the folder of the collections")
    return found
