"""Batches of pictures with labels."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from streamdefocus.errors import InputError
from streamdefocus.frames import FloatMap
from streamdefocus.training.batches import Batch, batch_shape
from streamdefocus.training.config import BatchOptions, LabelOptions
from streamdefocus.training.labels import augmentation, cutouts
from streamdefocus.training.labels.cutouts import Cutout
from streamdefocus.training.labels.hands import hold_up
from streamdefocus.training.labels.pool import UNKNOWN, Pool, Scene, open_pool
from streamdefocus.training.labels.teaching import Labelled
from streamdefocus.training.pictures import aspects_of, cut, cut_label, random_window

SCENES_SHARE = 0.45
KINDS = ("scenes", "faces", "truth", "pasted", "rooms")

log = logging.getLogger(__name__)
T = TypeVar("T")
Size = tuple[int, int]  # (width, height)
Kind = Callable[[np.random.Generator, Size], Scene]


def open_label_batches(options: LabelOptions, batches: BatchOptions, seed: int) -> LabelBatchMaker:
    """The maker of batches from all that may be trained on; see open_pool."""
    return LabelBatchMaker(open_pool(options), options, batches, seed)


class LabelBatchMaker:
    """Makes batch number k; see batches.BatchMaker.

    Args:
        pool: What to draw from.
        data: Parts of each kind of sample.
        batches: Shapes.
        seed: With k, decides everything.

    Attributes:
        skipped: Damaged files met so far; each was replaced by another sample.
    """

    batches_per_epoch: int | None = None

    def __init__(self, pool: Pool, data: LabelOptions, batches: BatchOptions, seed: int) -> None:
        self._pool = pool
        self._batches = batches
        self._seed = seed
        self.skipped = 0
        photos = pool.scenes or pool.objects or pool.faces
        kinds: list[tuple[Kind, float]] = [
            (self._scene, data.scenes if pool.scenes or pool.objects else 0),
            (self._face, data.faces if pool.faces else 0),
            (self._truth, data.truth if pool.truth else 0),
            (self._pasted, data.pasted if pool.people and photos else 0),
            (self._room, data.rooms if pool.rooms else 0),
        ]
        self._kinds = [kind for kind, _ in kinds]
        weights = np.array([weight for _, weight in kinds])
        wanted = (data.scenes, data.faces, data.truth, data.pasted, data.rooms)
        for name, part, weight in zip(KINDS, wanted, weights, strict=True):
            if part > 0 and weight == 0:
                log.warning("nothing to make labels.%s of; the others take its part", name)
        if weights.sum() <= 0:
            raise InputError("there is no photo to train on; check labels.folder")
        self._weights = weights / weights.sum()
        self._hands = data.hands
        self._measured_behind = bool(pool.truth) and data.truth > 0
        self._photos_behind = data.scenes + data.faces > 0

    def __call__(self, k: int) -> Batch:
        """Batch number k, the same whenever and wherever it is made."""
        size_px, count = batch_shape(self._batches, self._seed, k)
        samples = [
            self._sample(np.random.default_rng((self._seed, k, 1 + i)), size_px)
            for i in range(count)
        ]
        images, targets = zip(*samples, strict=True)
        return {"image": np.stack(images)[..., ::-1], "target": np.stack(targets)[..., None]}

    def _sample(self, rng: np.random.Generator, size_px: tuple[int, int]) -> Scene:
        for _ in range(100):
            kind = self._kinds[int(rng.choice(len(self._kinds), p=self._weights))]
            try:
                picture, target = kind(rng, size_px)
            except InputError as error:
                log.warning("skipped: %s", error)
                self.skipped += 1
                continue
            if rng.random() < 0.5:
                picture, target = picture[:, ::-1], target[:, ::-1]
            picture = augmentation.degrade(rng, augmentation.recolour(rng, picture))
            return picture, spread(target)
        raise InputError("100 damaged photos one after another; check labels.folder")

    def _scene(self, rng: np.random.Generator, size_px: Size) -> Scene:
        return _cropped(rng, self._pool.photo(self._any_scene(rng)), size_px, smallest=0.55)[0]

    def _person(self, rng: np.random.Generator) -> Cutout:
        """Collections take turns: most cut-outs are portraits, which have no arms and legs."""
        return _in_turn(rng, self._pool.people)

    def _any_scene(self, rng: np.random.Generator, faces: float = 0.0) -> Labelled:
        """Photos of scenes more often than their number: objects are many, and often drawings."""
        chance = (SCENES_SHARE * (1 - faces), (1 - SCENES_SHARE) * (1 - faces), faces)
        groups = (self._pool.scenes, self._pool.objects, self._pool.faces)
        weights = np.array([c if g else 0 for c, g in zip(chance, groups, strict=True)])
        if weights.sum() == 0:  # portraits only
            weights = np.array([bool(g) for g in groups], np.float64)
        return _pick(rng, groups[int(rng.choice(3, p=weights / weights.sum()))])

    def _face(self, rng: np.random.Generator, size_px: Size) -> Scene:
        return _cropped(rng, self._pool.photo(_pick(rng, self._pool.faces)), size_px, smallest=0.7)[
            0
        ]

    def _truth(self, rng: np.random.Generator, size_px: Size) -> Scene:
        scene = self._pool.measured(_in_turn(rng, self._pool.truth))
        return _cropped(rng, scene, size_px, smallest=0.4)[0]

    def _room(self, rng: np.random.Generator, size_px: Size) -> Scene:
        scene = self._pool.room(_pick(rng, self._pool.rooms))
        return _cropped(rng, scene, size_px, smallest=0.7)[0]

    def _pasted(self, rng: np.random.Generator, size_px: Size) -> Scene:
        scene, stretch = self._background(rng, size_px)
        if rng.random() < 0.3:
            scene = augmentation.recolour(rng, scene[0]), scene[1]
        if rng.random() < 0.25:  # someone farther away first
            scene = cutouts.paste(rng, scene, self._person(rng), stretch, (0.25, 0.6))
        scene = cutouts.paste(rng, scene, self._person(rng), stretch)
        return hold_up(rng, scene, stretch) if rng.random() < self._hands else scene

    def _background(self, rng: np.random.Generator, size_px: Size) -> tuple[Scene, float]:
        """What a person is pasted on, disparity in 0..1, and how much wider it makes things.

        Of a kind that is learnt from by itself, too, where there is any.
        """
        chance = rng.random()
        if not self._photos_behind:
            chance *= 0.3 if self._pool.rooms else 0.1
        if self._measured_behind and chance < 0.1:
            known = self._pool.measured(_in_turn(rng, self._pool.truth))
            smallest = 0.4
        elif self._pool.rooms and chance < 0.3:
            known, smallest = self._pool.room(_pick(rng, self._pool.rooms)), 0.7
        else:
            room = self._pool.photo(self._any_scene(rng, faces=0.2))
            return _cropped(rng, room, size_px, smallest=0.5)
        (picture, target), stretch = _cropped(rng, known, size_px, smallest)
        return (picture, spread(target)), stretch


def _in_turn(rng: np.random.Generator, groups: Sequence[Sequence[T]]) -> T:
    """One of a group, each group as often as any other."""
    return _pick(rng, _pick(rng, groups))


def _pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]


def _cropped(
    rng: np.random.Generator, scene: Scene, size_px: Size, smallest: float
) -> tuple[Scene, float]:
    """A random crop at the network's size, and how much wider that makes things."""
    picture, label = scene
    size = (picture.shape[0], picture.shape[1])
    window = random_window(rng, size, aspects_of(size_px), smallest)
    target = cut_label(label, window, size, size_px)
    stretch = size_px[0] / size_px[1] / window.aspect
    return (cut(picture, window, size_px), target), stretch


def spread(target: FloatMap) -> FloatMap:
    """Known values stretched to 0..1, but for the outermost two per cent at either end."""
    sample = target[::4, ::4]
    sample = sample[sample >= 0]
    if not sample.size:  # of few points, as a scanner's, none may lie on those
        sample = target[target >= 0]
    if not sample.size:
        return target
    edge = int(0.02 * (sample.size - 1))
    ordered = np.partition(sample, (edge, sample.size - 1 - edge))
    low, high = ordered[edge], ordered[sample.size - 1 - edge]
    scaled = np.clip((target - low) / max(float(high - low), 1e-3), 0, 1)
    return np.where(target >= 0, scaled, UNKNOWN).astype(np.float32)
