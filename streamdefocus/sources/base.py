"""The contract of everything that frames come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from streamdefocus.frames import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source before its first frame.

    Attributes:
        width: Pixels of an upright frame.
        height: Pixels of an upright frame.
        frame_rate: Nominal frames a second, or None (photos, files that do not say).
        frame_count: Expected number of frames, or None; an estimate for progress bars only.
        live: True where time passes by itself (a camera): late frames are dropped, not queued.
    """

    width: int
    height: int
    frame_rate: Fraction | None = None
    frame_count: int | None = None
    live: bool = False


class Source(ABC):
    """An iterator of frames that must be closed.

    Guarantees, checked for every source by one test suite:

    - Frames come in order, ``index`` counts from 0 without gaps, ``pts`` never decreases, and all
      have the size that ``info`` states.
    - A frame's pixels are never written to after it was handed out.
    - ``close()`` may be called at any time, from any thread, any number of times; it releases the
      file or device and ends the iteration.
    - What cannot be read raises InputError, from the constructor where it can be known there.
    """

    info: SourceInfo
    dropped: int = 0
    """Frames that a live source left out because nobody took them in time."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """The frames, once; a second call continues where the first stopped."""

    @abstractmethod
    def close(self) -> None:
        """Release the file or device; idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
