"""Batches of stereo pairs, from files, from rendered scenes and from single photos."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from streamdefocus.depth.preprocessing import to_network_input
from streamdefocus.errors import InputError
from streamdefocus.training.batches import Batch, batch_shape
from streamdefocus.training.config import BatchOptions, StereoPartOptions
from streamdefocus.training.pictures import aspects_of, cut, random_window
from streamdefocus.training.stereo.augmentation import Views, augment
from streamdefocus.training.stereo.pair import StereoPair
from streamdefocus.training.stereo.sources import Source, open_source

ATTEMPTS = 100

log = logging.getLogger(__name__)
Size = tuple[int, int]  # (width, height)


def open_stereo_batches(
    parts: Sequence[StereoPartOptions], batches: BatchOptions, seed: int
) -> StereoBatchMaker:
    """The maker of batches from what the options name.

    Raises:
        ConfigError, InputError, ModelError: A part cannot be opened.
    """
    sources = [open_source(part, seed, batches.size_px) for part in parts]
    return StereoBatchMaker(sources, batches, seed)


class StereoBatchMaker:
    """Makes batch number k; see batches.BatchMaker.

    Args:
        sources: What to draw from.
        batches: Shapes.
        seed: With k, decides everything.

    Attributes:
        skipped: Pairs with a missing view, and damaged ones met so far; each of the latter was
            replaced by another.
        batches_per_epoch: See batches.BatchMaker.
    """

    def __init__(self, sources: Sequence[Source], batches: BatchOptions, seed: int) -> None:
        self._sources = sources
        self._batches = batches
        self._seed = seed
        self._told: set[str] = set()
        shares = np.array([source.share for source in sources])
        self._shares = shares / shares.sum()
        self.skipped = sum(source.missing for source in sources)
        lengths = [source.length for source in sources if source.length is not None]
        endless = len(lengths) < len(sources)
        self.batches_per_epoch = None if endless else max(sum(lengths) // batches.batch_size, 1)

    def __call__(self, k: int) -> Batch:
        """Batch number k, the same whenever and wherever it is made."""
        size_px, count = batch_shape(self._batches, self._seed, k)
        samples = [
            self._sample(
                np.random.default_rng((self._seed, k, 1 + i)),
                k * self._batches.batch_size + i,
                size_px,
            )
            for i in range(count)
        ]
        left, right = (np.stack(views)[..., ::-1] for views in zip(*samples, strict=True))
        return {"left": left, "right": right}

    def _sample(self, rng: np.random.Generator, number: int, size_px: Size) -> Views:
        for attempt in range(ATTEMPTS):
            source = self._sources[int(rng.choice(len(self._sources), p=self._shares))]
            try:
                # After a damaged one, any other: its neighbour may be of the same bad folder.
                pair = source.draw(number if attempt == 0 else int(rng.integers(1 << 31)))
            except InputError as error:
                self._skip(str(error))
                continue
            return augment(rng, _resized(rng, pair, source.smallest_crop, size_px))
        raise InputError(f"{ATTEMPTS} damaged pairs one after another; check the tables [[stereo]]")

    def _skip(self, reason: str) -> None:
        """Count it every time, but tell of it once: an epoch later it is met again."""
        self.skipped += 1
        if reason not in self._told:
            self._told.add(reason)
            log.warning("skipped: %s", reason)


def _resized(
    rng: np.random.Generator, pair: StereoPair, smallest_crop: float, size_px: Size
) -> Views:
    """Both views, or the same part of both, at the network's size."""
    if smallest_crop == 1:
        return to_network_input(pair.left, size_px), to_network_input(pair.right, size_px)
    height, width = pair.left.shape[:2]
    window = random_window(rng, (height, width), aspects_of(size_px), smallest_crop)
    return cut(pair.left, window, size_px), cut(pair.right, window, size_px)
