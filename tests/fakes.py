"""Sources, stages and sinks that do what a test tells them to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from streamdefocus.frames import DisparityMap, FocusPlane, Frame
from streamdefocus.pipeline import Shot, Stats
from streamdefocus.sinks.base import Sink
from streamdefocus.sources.base import Source, SourceInfo

WIDTH, HEIGHT = 8, 4


def nothing(_index: int) -> None:
    """The default of every hook."""


class CountingSource(Source):
    """Frames that carry their index in their pixels."""

    def __init__(
        self, count: int | None, live: bool = False, before: Callable[[int], None] = nothing
    ) -> None:
        self.info = SourceInfo(WIDTH, HEIGHT, Fraction(25), count, live)
        self.closed = threading.Event()
        self._count = count
        self._before = before

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while not self.closed.is_set() and (self._count is None or index < self._count):
            self._before(index)
            pixels = np.full((HEIGHT, WIDTH, 3), index % 256, np.uint8)
            yield Frame(pixels, index, index, Fraction(1, 25))
            index += 1

    def close(self) -> None:
        self.closed.set()


class FakeDefocuser:
    """Adds one to every pixel."""

    def __init__(
        self, look: Callable[[int], None] = nothing, render: Callable[[int], None] = nothing
    ) -> None:
        self.stats = Stats()
        self._look, self._render = look, render

    def look(self, frame: Frame) -> Shot:
        self._look(frame.index)
        disparity = DisparityMap(np.zeros((2, 2), np.float32), 0.0, 1.0)
        return Shot(frame, disparity, FocusPlane(0.5))

    def render(self, shot: Shot) -> Frame:
        self._render(shot.frame.index)
        return shot.frame.with_bgr(shot.frame.bgr + np.uint8(1))


class ListSink(Sink):
    """Remembers what it got and how it ended."""

    def __init__(self, before: Callable[[int], None] = nothing) -> None:
        self.indices: list[int] = []
        self.values: list[int] = []
        self.ended = ""
        self._before = before

    def write(self, frame: Frame) -> None:
        self._before(frame.index)
        self.indices.append(frame.index)
        self.values.append(int(frame.bgr[0, 0, 0]))

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def discard(self) -> None:
        self.ended = self.ended or "discarded"


def fail_at(bad: int, error: BaseException) -> Callable[[int], None]:
    """A hook that raises from one index on."""

    def hook(index: int) -> None:
        if index >= bad:  # that very frame may have been dropped
            raise error

    return hook


def sleep(seconds: float) -> Callable[[int], None]:
    """A hook that takes its time."""
    return lambda _index: time.sleep(seconds)


def paced_by(sink: ListSink) -> Callable[[int], None]:
    """A hook that lets a live source wait for a sink, but not for long: on a busy machine a fixed
    pace would be too fast for anyone to follow.
    """

    def hook(index: int) -> None:
        deadline_s = time.monotonic() + 0.1
        while time.monotonic() < deadline_s:
            if index == 0 or (sink.indices and sink.indices[-1] >= index - 1):
                return
            time.sleep(0.001)

    return hook
