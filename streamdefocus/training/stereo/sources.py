"""Where stereo pairs come from: files, or programs that make them up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamdefocus.depth.datasets import read_holdout, read_photo
from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage
from streamdefocus.photos import SUFFIXES
from streamdefocus.training.config import (
    PairListOptions,
    StereoPartOptions,
    SyntheticOptions,
    WarpedOptions,
)
from streamdefocus.training.labels.teaching import LONGEST_SIDE_PX, prepare, read_label
from streamdefocus.training.pictures import at_most
from streamdefocus.training.stereo.files import list_pairs, tabled_pairs
from streamdefocus.training.stereo.pair import StereoPair

TEXTURES = 64
"""Most photos that one generator uses; each takes 0.4 MB of its memory."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """One part of what is learnt from.

    Attributes:
        share: How often it is drawn from, against the shares of the others.
        smallest_crop: See config; 1 for whole pictures.
        draw: The pair for sample number i; InputError if its files are damaged.
        length: How many pairs there are; None for as many as one likes.
        missing: Pairs that were left out since a view is not there.
    """

    share: float
    smallest_crop: float
    draw: Callable[[int], StereoPair]
    length: int | None = None
    missing: int = 0


def open_source(part: StereoPartOptions, seed: int, size_px: tuple[int, int]) -> Source:
    """The source that the options name.

    Args:
        part: The options.
        seed: Of the order of files, and of what is made up.
        size_px: (width, height) of what is made up.

    Raises:
        ConfigError, InputError, ModelError: It cannot be opened.
    """
    if isinstance(part, WarpedOptions):
        return _from_photos(part, seed)
    if isinstance(part, SyntheticOptions):
        return Source(part.share, part.smallest_crop, _maker(part, seed, size_px))
    files = list_pairs(part) if isinstance(part, PairListOptions) else tabled_pairs(part)
    return Source(
        part.share,
        part.smallest_crop,
        lambda i: files[shuffled(seed, i, len(files))],
        len(files),
        files.missing,
    )


def shuffled(seed: int, i: int, length: int) -> int:
    """Which of a list's items is number i, if all are seen in a new order again and again."""
    round_, place = divmod(i, length)
    return int(_order(seed, round_, length)[place])


@lru_cache(maxsize=8)
def _order(seed: int, round_: int, length: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, round_)).permutation(length)


def _maker(
    part: SyntheticOptions, seed: int, size_px: tuple[int, int]
) -> Callable[[int], StereoPair]:
    textures = read_textures(part.textures) if part.textures else []
    if part.kind == "rooms":
        from streamdefocus.training.synthetic.rooms import Rooms

        return Rooms(seed, size_px, textures).pair
    from streamdefocus.training.synthetic.streets import Streets

    return Streets(seed, size_px, textures).pair


def read_textures(folder: Path) -> list[BgrImage]:
    """Photos of a folder and of those in it, evenly chosen if there are many.

    Raises:
        InputError: There is none that can be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = np.linspace(0, len(files) - 1, min(TEXTURES, len(files))).astype(int)
    photos = []
    for index in chosen:
        try:
            photos.append(read_photo(files[index]))
        except InputError as error:
            log.warning("skipped: %s", error)
    if not photos:
        raise InputError(f"there is no photo in {folder} to cover made-up scenes with")
    return photos


def _from_photos(part: WarpedOptions, seed: int) -> Source:
    from streamdefocus.training.synthetic.warping import warp

    photos = prepare(part.folder, read_holdout(part.holdout), part.cache, part.teacher)
    if not photos:
        raise InputError(f"there is no photo to make pairs of in {part.folder}")

    def draw(i: int) -> StereoPair:
        item = photos[shuffled(seed, i, len(photos))]
        photo = at_most(read_photo(item.photo), LONGEST_SIDE_PX)
        disparity = np.clip(read_label(item), 0, 1)
        return warp(photo, disparity, np.random.default_rng((seed, i)), name=item.name)

    return Source(part.share, part.smallest_crop, draw, len(photos))
