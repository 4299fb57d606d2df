"""The collections that models are trained on: their held-out pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import (
    StereoTruth,
    is_held_out,
    list_photos,
    list_stereo_truth,
    read_depth_m,
    read_photo,
    read_stereo_truth,
)
from streamdefocus.evaluation.depth.samples import DataSet, Load, Sample
from streamdefocus.evaluation.depth.truths import DepthTruth, PersonTruth
from streamdefocus.frames import BgrImage, FloatMap

ICL_STEP = 10  # neighbouring frames of one walk through one room say the same
ICL_UNITS_PER_M = 1000.0
LEAST_PERSON = 0.05  # of the picture; smaller people are the background's business
PASTES = 2  # backgrounds behind every cut-out person


def open_collections(data: Path, holdout: tuple[str, ...]) -> DataSet:
    """The held-out pictures; collections that are not there are left out.

    Depth of "middlebury" and "icl_nuim" is aligned by scale and shift. "pasted_people" are the
    people of "grid_people" before the rooms of the first two: in their own pictures they all sit
    before one blue wall.

    Args:
        data: Folder of the collections.
        holdout: Patterns of what is held out.
    """
    stereo = list_stereo_truth(data, holdout, held_out=True)
    icl = list(_icl_photos(data, holdout))
    people = list(_people(data, holdout))
    grid = [load for dataset, load in people if dataset == "grid_people"]
    rooms = [item.photo for item in stereo] + icl
    found: dict[str, Sequence[Load]] = {
        "middlebury": [partial(_middlebury, item) for item in stereo],
        "icl_nuim": [partial(_icl, photo) for photo in icl],
        "coco_people": [load for dataset, load in people if dataset == "coco_people"],
        "grid_people": grid,
        "pasted_people": [
            partial(_pasted, load, rooms[(PASTES * i + j) % len(rooms)])
            for i, load in enumerate(grid)
            for j in range(PASTES)
            if rooms
        ],
    }
    return {dataset: loads for dataset, loads in found.items() if loads}


def _middlebury(item: StereoTruth) -> Sample:
    truth = read_stereo_truth(item)
    return Sample(
        item.name,
        read_photo(item.photo),
        {"middlebury": DepthTruth(truth, truth > 0, "scale-shift")},
    )


def _icl_photos(data: Path, holdout: tuple[str, ...]) -> Iterator[Path]:
    folder = data / "icl_nuim" / "reconstruction_system"
    for photo in sorted(folder.glob("*/image/*.jpg"))[::ICL_STEP]:
        name = photo.relative_to(data).as_posix()
        if is_held_out(name, holdout) and _icl_depth(photo).is_file():
            yield photo


def _icl_depth(photo: Path) -> Path:
    return photo.parent.parent / "depth" / f"{photo.stem}.png"


def _icl(photo: Path) -> Sample:
    depth_m = read_depth_m(_icl_depth(photo), ICL_UNITS_PER_M)
    known = depth_m > 0
    truth = np.where(known, 1 / np.where(known, depth_m, 1), 0).astype(np.float32)
    return Sample(
        photo.name, read_photo(photo), {"icl_nuim": DepthTruth(truth, known, "scale-shift")}
    )


def _people(data: Path, holdout: tuple[str, ...]) -> Iterator[tuple[str, Load]]:
    for name in list_photos(data, holdout, held_out=True):
        photo = data / name
        if name.startswith("grid_keyed/"):
            dataset, mask = "grid_people", photo.with_name(f"{photo.stem}_mask.png")
        elif name.startswith("coco_people/"):
            dataset, mask = "coco_people", data / "coco_people/person_mask" / f"{photo.stem}.png"
        else:
            continue
        if mask.is_file() and float(_read_mask(mask).mean()) >= LEAST_PERSON:
            yield dataset, partial(_person, dataset, photo, mask)


def _read_mask(path: Path) -> FloatMap:
    return (read_photo(path)[..., 0] > 127).astype(np.float32)


def _person(dataset: str, photo: Path, mask: Path) -> Sample:
    truth = PersonTruth(_read_mask(mask) > 0.5)
    return Sample(photo.name, read_photo(photo), {dataset: truth})


def _pasted(load: Load, room: Path) -> Sample:
    """A person where they were, before another room."""
    sample = load()
    truth = sample.truths["grid_people"]
    assert isinstance(truth, PersonTruth)
    # One pixel less than the mask: its rim shows the wall that the person sat before.
    inner = cv2.erode(truth.person.astype(np.float32), np.ones((3, 3), np.uint8))
    alpha = cv2.GaussianBlur(inner, (0, 0), 0.8)
    behind = _covering(read_photo(room), sample.picture.shape[1::-1])
    weight = alpha[..., None]
    picture = np.rint(weight * sample.picture + (1 - weight) * behind).astype(np.uint8)
    name = f"{sample.name} before {room.parent.name}/{room.name}"
    return Sample(name, picture, {"pasted_people": PersonTruth(alpha > 0.5)})


def _covering(bgr: BgrImage, size_px: tuple[int, int]) -> BgrImage:
    """The middle of a picture, as large as fits into (width, height), resized to it."""
    height, width = bgr.shape[:2]
    scale = min(width / size_px[0], height / size_px[1])
    cut_w, cut_h = round(size_px[0] * scale), round(size_px[1] * scale)
    left, top = (width - cut_w) // 2, (height - cut_h) // 2
    middle = bgr[top : top + cut_h, left : left + cut_w]
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(middle, size_px, interpolation=method), np.uint8)
