"""A video file in the place of a camera: played at its own speed, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from threading import Event, Lock

from streamdefocus.frames import MICROSECONDS, Frame
from streamdefocus.sources.base import Source

_MOST_SKIPPED = 8
"""Late frames skipped in a row; a machine that is too slow even to decode shows some anyway."""

_USUAL_RATE = Fraction(30)


class Playback(Source):
    """Plays a finite source in real time, as a live source.

    Frames come when their time has come. Those whose time has passed, because nobody fetched them
    or because they could not be decoded fast enough, are skipped; after a longer hold-up playing
    goes on from where it was, rather than rushing through what was missed.

    Args:
        open_source: Opens the source from its beginning; called again at every round.
        loop: Start again at the end.
        clock: Seconds that never go back; tests bring their own.
        wait: Waits for at most so many seconds and returns early when the event is set.

    Attributes:
        dropped: Frames that were skipped.
        started_s: ``clock()`` at ``pts`` 0.

    Raises:
        InputError: The source cannot be opened; in a later round, from the iteration.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        loop: bool = True,
        *,
        clock: Callable[[], float] = time.perf_counter,
        wait: Callable[[Event, float], object] = Event.wait,
    ) -> None:
        self.dropped = 0
        self.started_s = 0.0
        self._open = open_source
        self._loop = loop
        self._clock, self._wait = clock, wait
        self._lock = Lock()
        self._closed = Event()
        self._source = open_source()
        info = self._source.info
        self.info = replace(info, live=True, frame_count=None if loop else info.frame_count)
        self._usual_s = 1 / (info.frame_rate or _USUAL_RATE)
        self._frames = self._play()

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def close(self) -> None:
        """See Source."""
        self._closed.set()
        with self._lock:
            self._source.close()

    def _play(self) -> Iterator[Frame]:
        self.started_s = self._clock()
        index = skipped = 0
        shift_s = 0.0  # by how much playing has fallen behind for good
        for frame, at_s, duration_s in self._rounds():
            late_s = self._clock() - (self.started_s + shift_s + float(at_s))
            if late_s > float(duration_s):
                if skipped < _MOST_SKIPPED:
                    skipped += 1
                    self.dropped += 1
                    continue
                shift_s += late_s
            elif late_s < 0:
                self._wait(self._closed, -late_s)
            if self._closed.is_set():
                return
            skipped = 0
            pts = round(at_s / MICROSECONDS + Fraction(shift_s) / MICROSECONDS)
            yield Frame(frame.bgr, index, pts, MICROSECONDS, round(duration_s / MICROSECONDS))
            index += 1

    def _rounds(self) -> Iterator[tuple[Frame, Fraction, Fraction]]:
        """Every frame of every round, when it is due since the beginning, and for how long."""
        begin_s = Fraction(0)
        while True:
            first_pts = None
            end_s = begin_s
            for frame in self._source:
                first_pts = frame.pts if first_pts is None else first_pts
                at_s = begin_s + (frame.pts - first_pts) * frame.time_base
                duration_s = frame.duration * frame.time_base or self._usual_s
                end_s = at_s + duration_s
                yield frame, at_s, duration_s
            if not self._loop or end_s == begin_s or not self._rewind():
                return
            begin_s = end_s

    def _rewind(self) -> bool:
        """Open the source anew; returns False if this was closed."""
        with self._lock:
            if self._closed.is_set():
                return False
            self._source.close()
            self._source = self._open()
            return True
