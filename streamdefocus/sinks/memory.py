"""Sinks that write nothing: for tests, benchmarks and rehearsals."""

from __future__ import annotations

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks.base import Sink


class MemorySink(Sink):
    """Keeps every frame, pixels included; memory grows with each of them.

    Attributes:
        frames: What was written; empty after ``discard()``.
    """

    name = "memory"

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._ended = False

    def write(self, frame: Frame) -> None:
        """See Sink; the frame itself is kept, not a copy."""
        if self._ended:
            raise OutputError("the memory sink is closed and takes no more frames")
        self.frames.append(frame)

    def close(self) -> None:
        """See Sink."""
        self._ended = True

    def discard(self) -> None:
        """See Sink."""
        if not self._ended:
            self._ended = True
            self.frames.clear()


class NullSink(Sink):
    """Counts frames and forgets them.

    Attributes:
        count: Frames written.
    """

    name = "null"

    def __init__(self) -> None:
        self.count = 0
        self._ended = False

    def write(self, frame: Frame) -> None:
        """See Sink."""
        if self._ended:
            raise OutputError("the null sink is closed and takes no more frames")
        self.count += 1

    def close(self) -> None:
        """See Sink."""
        self._ended = True

    def discard(self) -> None:
        """See Sink."""
        self._ended = True
