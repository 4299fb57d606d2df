"""Stereo pairs in files: which there are, and how they are read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from streamdefocus.depth.datasets import is_held_out, read_holdout, read_photo
from streamdefocus.depth.measured import read_pairs
from streamdefocus.errors import InputError
from streamdefocus.training.config import PairListOptions, PairTableOptions
from streamdefocus.training.pictures import at_most
from streamdefocus.training.stereo.pair import StereoPair

LONGEST_SIDE_PX = 1024  # of pairs that stay in memory

log = logging.getLogger(__name__)
Paths = tuple[Path, Path]  # left, right


class PairFiles:
    """Pairs that lie in files.

    Args:
        pairs: Their files.
        source: What listed them, for messages.
        keep_top: Part of the rows that is kept.
        in_memory: Keep what was read, at most LONGEST_SIDE_PX wide; else read it every time.

    Attributes:
        missing: Pairs that were left out since a view is not there.

    Raises:
        InputError: None of the pairs is there.
    """

    def __init__(
        self,
        pairs: Sequence[Paths],
        source: Path,
        keep_top: float = 1.0,
        in_memory: bool = False,
    ) -> None:
        absent = [path for pair in pairs for path in pair if not path.is_file()]
        example = f"{absent[0]} does not exist, for one" if absent else "it is empty"
        gone = set(absent)
        self._pairs = [pair for pair in pairs if not gone.intersection(pair)]
        self.missing = len(pairs) - len(self._pairs)
        if not self._pairs:
            raise InputError(f"there is no pair to train on in {source}: {example}")
        if self.missing:
            log.warning("skipped %d of the pairs of %s: %s", self.missing, source, example)
        self._keep_top = keep_top
        self._read: dict[int, StereoPair] | None = {} if in_memory else None

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, i: int) -> StereoPair:
        """Pair number i.

        Raises:
            InputError: A view is damaged, or they differ in size.
        """
        if self._read is None:
            return self._opened(i)
        if i not in self._read:
            pair = self._opened(i)
            left, right = (at_most(view, LONGEST_SIDE_PX) for view in (pair.left, pair.right))
            self._read[i] = StereoPair(pair.name, left, right)
        return self._read[i]

    def _opened(self, i: int) -> StereoPair:
        left, right = map(read_photo, self._pairs[i])
        name = self._pairs[i][0].as_posix()
        if left.shape != right.shape:
            raise InputError(
                f"the views of {name} differ in size: {left.shape[1]}x{left.shape[0]} and "
                f"{right.shape[1]}x{right.shape[0]}"
            )
        rows = round(self._keep_top * left.shape[0])
        return StereoPair(name, left[:rows], right[:rows])


def list_pairs(options: PairListOptions) -> PairFiles:
    """The pairs of a text file with two paths a line.

    Raises:
        InputError: The list cannot be read, or none of its pairs is there.
    """
    names = [line.split() for line in _text(options.file).splitlines() if line.strip()]
    for row in names:
        if len(row) != 2:
            raise InputError(
                f"{options.file} must have two paths a line, left and right view. "
                f"Received: {' '.join(row)!r}"
            )

    def located(name: str) -> Path:
        path = options.root / name
        return path.with_suffix(options.suffix) if options.suffix else path

    pairs = [(located(left), located(right)) for left, right in names]
    return PairFiles(pairs, options.file, options.keep_top)


def tabled_pairs(options: PairTableOptions) -> PairFiles:
    """The pairs of ``stereo/pairs.tsv`` that may be trained on; they are few and stay in memory.

    Raises:
        ConfigError: The hold-out list is bad.
        InputError: The table cannot be read, or none of its pairs is there.
    """
    holdout = read_holdout(options.holdout)
    folder = options.folder / "stereo"
    table = folder / "pairs.tsv"
    pairs = [
        (folder / row.left, folder / row.right)
        for row in read_pairs(table)
        if row.right and not is_held_out(f"stereo/{row.left}", holdout)
    ]
    return PairFiles(pairs, table, in_memory=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read the list of pairs {path}: {error.strerror}") from error
