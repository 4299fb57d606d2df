"""Pseudo-labels: what the teacher says of every photo, computed once and kept.

Labels lie in a folder named after the teacher's recipe, which also keeps of which teacher and data
they are: those of others are never mixed in. A label is a ``.npy`` file, H x W float16 in 0..1,
larger is nearer, at the photo's size or smaller. Who replaces a photo deletes its label.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from streamdefocus.depth.datasets import is_held_out_file, list_clips, list_photos, read_photo
from streamdefocus.depth.teacher import RECIPE, Teacher
from streamdefocus.errors import InputError
from streamdefocus.frames import FloatMap
from streamdefocus.photos import SUFFIXES
from streamdefocus.training.pictures import at_most

LONGEST_SIDE_PX = 512
ORIGIN = "origin.json"
FRAME_STEP = 4  # neighbouring frames of a clip teach the same

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Labelled:
    """A photo and its label, both in the cache or on disk.

    Attributes:
        name: Path inside the data folder; the first part is the collection.
        photo: The picture's file.
        label: The label's file.
    """

    name: str
    photo: Path
    label: Path


def prepare(
    data: Path, holdout: Sequence[str], cache: Path, teacher: Path, photos: Sequence[Path] = ()
) -> list[Labelled]:
    """Label all that may be trained on; what was labelled before is not touched.

    Args:
        data: Folder of the collections.
        holdout: Patterns of what is held out.
        cache: Folder of the labels and of the frames taken out of clips.
        teacher: The teacher's file; not read if nothing is left to label.
        photos: More folders, of photos that are all trained on.

    Raises:
        InputError: A folder of photos does not exist, or the cache is of another teacher or data.
        ModelError: There is something to label and the teacher cannot be run.
    """
    _check_origin(cache / RECIPE, data, teacher)
    found: list[Labelled] = []
    network: Teacher | None = None
    skipped = 0
    others = (
        item
        for item in _others(photos, cache / RECIPE)
        if not is_held_out_file(item.photo, data, holdout)
    )
    candidates = [*_candidates(data, holdout, cache), *others]
    for item in candidates:
        if not item.label.is_file():
            network = network or Teacher(teacher)
            try:
                _write_label(item, network)
            except InputError as error:
                log.warning("skipped: %s", error)
                skipped += 1
                continue
        found.append(item)
    log.info("%d labelled photos, %d skipped", len(found), skipped)
    return found


def _check_origin(labels: Path, data: Path, teacher: Path) -> None:
    """See that labels are of this data and by this teacher, or note that they will be."""
    note = labels / ORIGIN
    now = {"data": str(data.resolve()), "teacher": _digest(teacher)}
    if note.is_file():
        before = json.loads(note.read_text(encoding="utf-8"))
        for key, value in now.items():
            if value is not None and before.get(key) not in (value, None):
                raise InputError(
                    f"the labels in {labels} are of another {key} ({before[key]}, not {value}): "
                    "give another labels.cache, or delete them; or, if files were only moved, "
                    f"{note}"
                )
        now |= {key: value for key, value in before.items() if now.get(key) is None}
    labels.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")


def _digest(file: Path) -> str | None:
    """SHA-256 of a file; None where there is none: it is not needed once all is labelled."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _candidates(data: Path, holdout: Sequence[str], cache: Path) -> Iterator[Labelled]:
    labels = cache / RECIPE
    for name in list_photos(data, holdout, held_out=False):
        yield Labelled(name, data / name, labels / f"{name}.npy")
    for clip in list_clips(data, holdout, held_out=False):
        for name in _frames(data / clip, clip, cache):
            yield Labelled(name, cache / name, labels / f"{name}.npy")


def _others(folders: Sequence[Path], labels: Path) -> Iterator[Labelled]:
    """Photos of a folder and those below it; a name for each, whatever its folder is called."""
    for folder in folders:
        place = folder.resolve()
        if not place.is_dir():
            raise InputError(f"the folder of photos {folder} does not exist; check labels.photos")
        of_folder = hashlib.sha256(str(place).encode()).hexdigest()[:12]
        for photo in sorted(place.rglob("*")):
            if photo.suffix.lower() in SUFFIXES:
                name = f"photos-{of_folder}/{photo.relative_to(place).as_posix()}"
                yield Labelled(name, photo, labels / f"{name}.npy")


def _frames(path: Path, clip: str, cache: Path) -> list[str]:
    """Take frames out of a clip, once; their paths inside the cache."""
    folder = cache / clip
    done = folder / "done"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        video = cv2.VideoCapture(str(path))
        for index in range(10**6):
            intact, frame = video.read()
            if not intact:
                break
            if index % FRAME_STEP == 0:
                cv2.imwrite(str(folder / f"{index:04}.png"), frame)
        video.release()
        if not any(folder.glob("*.png")):
            log.warning("skipped: no picture can be read from the clip %s", path)
            return []
        done.touch()
    return sorted(f"{clip}/{frame.name}" for frame in folder.glob("*.png"))


def _write_label(item: Labelled, teacher: Teacher) -> None:
    photo = at_most(read_photo(item.photo), LONGEST_SIDE_PX)
    item.label.parent.mkdir(parents=True, exist_ok=True)
    unfinished = item.label.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.save(file, teacher.label(photo).astype(np.float16))
    unfinished.replace(item.label)  # an interrupted run leaves no half label behind


def read_label(item: Labelled) -> FloatMap:
    """H x W float32 in 0..1.

    Raises:
        InputError: The label's file is damaged.
    """
    try:
        return np.asarray(np.load(item.label), np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot read the label {item.label}; delete it: {error}") from error
