"""A video file that is played, paused and wound, as a live source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Condition

from streamdefocus.frames import MICROSECONDS, Frame
from streamdefocus.sources import VideoSource
from streamdefocus.sources.base import Source

_NUDGED_S = 0.04
_NUDGED_FOR_S = 1.5
"""A picture that stands still is shown again so often, and for so long after something was
changed: until depth and focus have come to rest. Then nothing is done at all."""

_MOST_SKIPPED = 8
_USUAL_RATE = 30


class Player(Source):
    """Plays a video at its own speed; whoever is too slow misses frames.

    Args:
        path: The file.
        paused: Begin with the first picture, standing still.

    Attributes:
        position_s: Of the frame that was given last, seconds from the first one.
        duration_s: Of the file, as far as it says.
        frame_s: Of a frame.
        paused: It stands still.

    Raises:
        InputError: The file cannot be read.
    """

    def __init__(self, path: Path, paused: bool = True) -> None:
        self._video = VideoSource(path)
        info = self._video.info
        self.info = replace(info, live=True, frame_count=None)
        self.frame_s = float(1 / (info.frame_rate or _USUAL_RATE))
        self.duration_s = (info.frame_count or 0) * self.frame_s
        self.position_s = 0.0
        self.paused = paused
        self.dropped = 0
        self._changed = Condition()
        self._closed = self._at_end = False
        self._seek_s: float | None = None
        self._aim_s: float | None = None
        self._nudged_s = time.perf_counter()
        self._frames = self._play()

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    @property
    def aim_s(self) -> float:
        """Where it is, or already on its way to."""
        aim_s = self._aim_s
        return self.position_s if aim_s is None else aim_s

    def set_paused(self, paused: bool) -> None:
        """Stand still, or go on; from the end, go on from the beginning."""
        with self._changed:
            if not paused and self._at_end:
                self._seek_s = self._aim_s = 0.0
            self.paused, self._at_end = paused, False
            self._wake()

    def seek(self, position_s: float) -> None:
        """Go to a moment; of several wishes the newest is fulfilled."""
        with self._changed:
            self._seek_s = self._aim_s = min(max(position_s, 0.0), self.duration_s)
            self._at_end = False
            self._wake()

    def nudge(self) -> None:
        """Something about the look was changed: show a picture that stands still anew."""
        with self._changed:
            self._wake()

    def close(self) -> None:
        """See Source."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._video.close()

    def _wake(self) -> None:
        self._nudged_s = time.perf_counter()
        self._changed.notify_all()

    def _play(self) -> Iterator[Frame]:
        began_s = time.perf_counter()
        current: Frame | None = None
        base_s: float | None = None  # of the clock, at position 0
        index = skipped = 0
        while not self._closed:
            if self._seek_s is not None:
                current, base_s = self._sought() or current, None
            elif self.paused and current is not None:
                base_s = None
                self._rest()
            else:
                frame = next(iter(self._video), None)
                if frame is None:
                    if current is None:
                        return
                    self.paused = self._at_end = True
                    self._nudged_s = time.perf_counter()
                    continue
                current = frame
                at_s = self._place(frame)
                now_s = time.perf_counter()
                base_s = now_s - at_s if base_s is None else base_s
                late_s = now_s - base_s - at_s
                if late_s > self.frame_s and skipped < _MOST_SKIPPED:
                    skipped += 1
                    self.dropped += 1
                    continue
                base_s += max(late_s - self.frame_s, 0.0)
                skipped = 0
                self._wait(-late_s)
            if self._closed or current is None:
                continue
            self.position_s = self._place(current)
            with self._changed:
                self._aim_s = self._seek_s
            self.duration_s = max(self.duration_s, self.position_s)  # files know it roughly
            pts = round((time.perf_counter() - began_s) / float(MICROSECONDS))
            yield Frame(current.bgr, index, pts, MICROSECONDS)
            index += 1

    def _sought(self) -> Frame | None:
        """The frame at the moment that was wished for, or the last one."""
        with self._changed:
            target_s, self._seek_s = self._seek_s or 0.0, None
        self._video.seek(target_s)
        frame: Frame | None = None
        for frame in self._video:
            late = self._place(frame) >= target_s - self.frame_s / 2
            if late or self._closed or self._seek_s is not None:
                break
        return frame

    def _place(self, frame: Frame) -> float:
        return frame.time_s - self._video.first_s

    def _is_nudged(self) -> bool:
        return time.perf_counter() - self._nudged_s < _NUDGED_FOR_S

    def _rest(self) -> None:
        """Stand still: for a moment after a change, else until there is one."""
        if self._is_nudged():
            self._wait(_NUDGED_S)
            return
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed or self._seek_s is not None or not self.paused or self._is_nudged()
                )
            )

    def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with self._changed:
            nudged_s = self._nudged_s
            self._changed.wait_for(
                lambda: self._closed or self._seek_s is not None or self._nudged_s != nudged_s,
                seconds,
            )
