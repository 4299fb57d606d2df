"""Batches: batch number k is a pure function of the seed and k.

So a run resumes exactly, and any number of threads or processes may make batches in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streamdefocus.training.config import BatchOptions

Batch = Mapping[str, NDArray[Any]]
"""What one training step looks at, by name. Pictures are B x H x W x 3 uint8 RGB.

From labels: "image", and "target", B x H x W x 1 float32 in 0..1, larger is nearer, -1 where it is
not known. From stereo: "left" and "right"."""

SIZE = 0
"""What follows the batch's number in the seed of its size; samples have 1, 2, 3, ..."""


class BatchMaker(Protocol):
    """Makes batch number k.

    Attributes:
        skipped: Damaged files met so far; each was replaced by another sample.
        batches_per_epoch: Batches in which everything is seen once; None if there is no end.
    """

    skipped: int
    batches_per_epoch: int | None

    def __call__(self, k: int) -> Batch:
        """Batch number k, the same whenever and wherever it is made."""
        ...


def shapes(options: BatchOptions) -> tuple[tuple[int, int], ...]:
    """(width, height) of all pictures that batches may have."""
    landscape = (options.size_px, options.large_px)
    return landscape + tuple((height, width) for width, height in landscape)


def batch_sizes(options: BatchOptions) -> set[int]:
    """How many pictures a batch may have."""
    small = {options.batch_size} if options.large < 1 else set()
    return small | ({options.large_batch_size} if options.large > 0 else set())


def batch_shape(options: BatchOptions, seed: int, k: int) -> tuple[tuple[int, int], int]:
    """(width, height) of batch number k, and how many pictures it has."""
    rng = np.random.default_rng((seed, k, SIZE))
    large = rng.random() < options.large
    upright = rng.random() < options.upright
    width, height = options.large_px if large else options.size_px
    count = options.large_batch_size if large else options.batch_size
    return ((height, width) if upright else (width, height)), count
