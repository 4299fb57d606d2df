"""All that training with labels draws from: photos, measured scenes, cut-outs of people, rooms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import (
    is_held_out_file,
    list_stereo_truth,
    read_holdout,
    read_photo,
    read_stereo_truth,
)
from streamdefocus.depth.measured import check_view, list_measured, read_disparity
from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.training.config import LabelOptions
from streamdefocus.training.labels import cutouts
from streamdefocus.training.labels.cutouts import Cutout
from streamdefocus.training.labels.matching import prepare_matched
from streamdefocus.training.labels.rendered import prepare_rooms, read_room
from streamdefocus.training.labels.teaching import LONGEST_SIDE_PX, Labelled, prepare, read_label
from streamdefocus.training.pictures import at_most

UNKNOWN = -1.0
MEASURED_SIDE_PX = 1600
"""Longer side of measured pictures in memory: random crops are shrunk to 512 px and less."""
OBJECTS = "caltech101/"
FACES = "caltech101/Faces/"
TALKERS = "grid_keyed/"
PEOPLE = "coco_people/"
CLIPS = "asl_gestures/"
CLIPS_SEPARATION = 0.65  # their one room has a near chair and screen besides the person

log = logging.getLogger(__name__)
Scene = tuple[BgrImage, FloatMap]  # H x W x 3 picture, H x W target


@dataclass(frozen=True)
class Known:
    """A photo whose disparity was measured.

    Attributes:
        group: What it is one of: scenes of one laboratory look alike.
        photo: The picture's file.
        read: Its H x W float32 disparity, 0 where unknown; InputError if it is damaged.
    """

    group: str
    photo: Path
    read: Callable[[], FloatMap]


class Pool:
    """All that batches are drawn from; what was read once stays in memory, about 2 GB.

    Args:
        photos: Pseudo-labelled photos.
        truth: Photos with measured or matched disparity.
        people: Cut-outs by the collection that they come from; empty collections are left out.
        rooms: Files of rendered rooms, 1 MB of memory each.
    """

    def __init__(
        self,
        photos: Sequence[Labelled],
        truth: Sequence[Known],
        people: Mapping[str, list[Cutout]],
        rooms: Sequence[Path] = (),
    ) -> None:
        self.faces = [item for item in photos if item.name.startswith(FACES)]
        self.objects = [
            item
            for item in photos
            if item.name.startswith(OBJECTS) and not item.name.startswith(FACES)
        ]
        self.scenes = [item for item in photos if not item.name.startswith(OBJECTS)]
        self.truth = _by_collection(truth)
        self.people = [cutouts for cutouts in people.values() if cutouts]
        self.rooms = list(rooms)
        self._read: dict[str, Scene] = {}
        self._measured: dict[Path, Scene] = {}
        self._rendered: dict[Path, Scene] = {}

    def photo(self, item: Labelled) -> Scene:
        """A photo and its pseudo-label, both of at most LONGEST_SIDE_PX.

        Raises:
            InputError: A file is damaged.
        """
        if item.name not in self._read:
            picture = at_most(read_photo(item.photo), LONGEST_SIDE_PX)
            self._read[item.name] = picture, read_label(item).astype(np.float16)
        picture, label = self._read[item.name]
        return picture, label.astype(np.float32)

    def measured(self, sample: Known) -> Scene:
        """A photo and its measured disparity, UNKNOWN where there is none.

        Raises:
            InputError: A file is damaged.
        """
        if sample.photo not in self._measured:
            picture, disparity = read_photo(sample.photo), sample.read()
            check_view(picture, disparity, sample.photo)
            target = np.where(disparity > 0, disparity, UNKNOWN).astype(np.float32)
            picture, target = at_most(picture, MEASURED_SIDE_PX), _thinned(target)
            self._measured[sample.photo] = picture, target
        return self._measured[sample.photo]

    def room(self, file: Path) -> Scene:
        """A rendered room and its inverse depth.

        Raises:
            InputError: The file is damaged.
        """
        if file not in self._rendered:
            self._rendered[file] = read_room(file)
        picture, inverse = self._rendered[file]
        return picture, inverse.astype(np.float32)


def _by_collection(truth: Sequence[Known]) -> list[list[Known]]:
    groups: dict[str, list[Known]] = {}
    for sample in truth:
        groups.setdefault(sample.group, []).append(sample)
    return list(groups.values())


def open_pool(options: LabelOptions) -> Pool:
    """Label, match and render what is not there yet, and cut out the people.

    Raises:
        ConfigError: There is nothing to learn from in the folder, or the hold-out list is bad.
        InputError: Rooms cannot be rendered, a folder that was named is missing or has nothing, or
            the labels that are kept are of other photos.
        ModelError: The teacher is needed and cannot be run.
    """
    if not options.folder.is_dir():
        raise InputError(f"the folder {options.folder} does not exist; check labels.folder")
    holdout = read_holdout(options.holdout)
    photos = prepare(options.folder, holdout, options.cache, options.teacher, options.photos)
    truth = _known(options, holdout)
    rooms = prepare_rooms(options.different_rooms, options.cache) if options.rooms else []
    people: dict[str, list[Cutout]] = {}
    for item in photos:
        cutout = _cut_out(item, options.folder)
        if cutout is not None:
            people.setdefault(item.name.split("/")[0], []).append(cutout)
    counts = ", ".join(f"{name}: {len(cutouts)}" for name, cutouts in people.items())
    log.info(
        "%d photos, %d with truth, %d rooms, cut-outs of %s",
        len(photos),
        len(truth),
        len(rooms),
        counts,
    )
    return Pool(photos, truth, people, rooms)


def _known(options: LabelOptions, holdout: Sequence[str]) -> list[Known]:
    """Photos whose disparity was measured, or matched where that is asked for."""
    stereo = list_stereo_truth(options.folder, holdout, held_out=False)
    if options.matched:
        stereo += prepare_matched(options.folder, holdout, options.cache)
    found = [
        Known("/".join(item.name.split("/")[:2]), item.photo, partial(read_stereo_truth, item))
        for item in stereo
    ]
    for folder in options.measured:
        found += [
            Known(str(folder), item.picture, partial(read_disparity, item))
            for item in list_measured(folder)
            if not is_held_out_file(item.picture, options.folder, holdout)
        ]
    return found


def _cut_out(item: Labelled, data: Path) -> Cutout | None:
    try:
        if item.name.startswith(FACES):
            return cutouts.from_label(read_photo(item.photo), read_label(item))
        if item.name.startswith(CLIPS):
            return cutouts.from_label(
                read_photo(item.photo), read_label(item), CLIPS_SEPARATION, whole=True
            )
        if item.name.startswith(TALKERS):
            mask_path = item.photo.with_name(f"{item.photo.stem}_mask.png")
        elif item.name.startswith(PEOPLE):
            mask_path = data / PEOPLE / "person_mask" / f"{item.photo.stem}.png"
        else:
            return None
        if not mask_path.is_file():
            return None
        mask = (read_photo(mask_path)[..., 0] > 127).astype(np.float32)
        return cutouts.from_mask(read_photo(item.photo), mask, read_label(item))
    except InputError as error:
        log.warning("skipped: %s", error)
        return None


def _thinned(target: FloatMap) -> FloatMap:
    """At most MEASURED_SIDE_PX; no value is mixed with one beside it, which may be unknown."""
    height, width = target.shape
    factor = MEASURED_SIDE_PX / max(height, width)
    if factor >= 1:
        return target
    size = (round(width * factor), round(height * factor))
    return np.asarray(cv2.resize(target, size, interpolation=cv2.INTER_NEAREST), np.float32)
