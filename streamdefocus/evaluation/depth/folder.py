"""Any folder of pictures with measured disparity or depth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from streamdefocus.depth.datasets import read_photo
from streamdefocus.depth.measured import (
    UNITS,
    MeasuredPicture,
    check_view,
    list_measured,
    read_values,
)
from streamdefocus.errors import ConfigError
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.samples import DataSet, Sample
from streamdefocus.evaluation.depth.truths import Alignment, DepthTruth


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


def open_folder(data: Path, options: FolderOptions) -> DataSet:
    """The pictures of a folder; see depth.measured for what lies where.

    Args:
        data: The folder; its name is the data set's.
        options: How it is measured.

    Raises:
        InputError: It is no such folder, or a picture's truth is missing.
        ConfigError: Without alignment, depth needs a rig.
    """
    items = list_measured(data, options.scale)
    if options.align == "none" and options.rig is None and any(item.is_depth for item in items):
        raise ConfigError(
            "depth in metres without alignment needs the cameras: give --focal-px and "
            "--baseline-m, or --align scale-shift"
        )
    if options.cap_m is not None and options.rig is None and not all(i.is_depth for i in items):
        raise ConfigError(
            "a cap in metres on measured disparity needs the cameras: give --focal-px and "
            "--baseline-m"
        )
    name = data.resolve().name
    return {name: [partial(_sample, name, item, options) for item in items]}


def _sample(dataset: str, item: MeasuredPicture, options: FolderOptions) -> Sample:
    picture = read_photo(item.picture)
    values = read_values(item.truth, item.scale)
    check_view(picture, values, item.picture)
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
