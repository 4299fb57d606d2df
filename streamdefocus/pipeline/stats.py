"""Counters and clocks of a run, and the report they end in."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil

_RECENT = 30
"""Frames that stand for the present."""

_KEPT = 4096
"""Timings kept for medians; older ones go, so that memory does not grow with a run's length."""


class Stats:
    """What a run has done so far. Each stage is timed by one thread; anyone may read.

    Attributes:
        frames_in: Frames that the source gave.
        frames_out: Frames that reached the first sink.
        first_frame_s: Seconds from ``started_s`` to the first frame that reached a sink, or None.
    """

    def __init__(self, started_s: float | None = None) -> None:
        self.started_s = time.perf_counter() if started_s is None else started_s
        self.frames_in = 0
        self.frames_out = 0
        self.first_frame_s: float | None = None
        self._run_s = time.perf_counter()
        self._durations_s: defaultdict[str, deque[float]] = defaultdict(_timings)
        self._latencies_s: deque[float] = _timings()
        self._done_s: deque[float] = deque(maxlen=_RECENT)
        self._process = psutil.Process()
        self._memory_start_mb = self._memory_peak_mb = self._memory_mb()

    @contextmanager
    def clock(self, stage: str) -> Iterator[None]:
        """Time one step of a stage; a step that raises is not counted."""
        begin_s = time.perf_counter()
        yield
        self._durations_s[stage].append(time.perf_counter() - begin_s)

    def frame_done(self, born_s: float) -> None:
        """Count a frame that reached the first sink.

        Args:
            born_s: ``time.perf_counter()`` when the source gave it.
        """
        now_s = time.perf_counter()
        if self.first_frame_s is None:
            self.first_frame_s = now_s - self.started_s
        self.frames_out += 1
        self._latencies_s.append(now_s - born_s)
        self._done_s.append(now_s)

    def sample_memory(self) -> None:
        """Look at the memory in use; called a few times a second."""
        self._memory_peak_mb = max(self._memory_peak_mb, self._memory_mb())

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.perf_counter() - self._run_s

    @property
    def fps(self) -> float:
        """Frames a second that came out, on average."""
        return self.frames_out / max(self.seconds, 1e-9)

    def recent(self) -> tuple[float, float]:
        """(frames a second, latency in ms) of the last second or so, for people; 0 before that."""
        done_s, latencies_s = list(self._done_s), list(self._latencies_s)[-_RECENT:]
        if len(done_s) < 2:
            return 0.0, 0.0
        elapsed_s = time.perf_counter() - done_s[0]
        return len(done_s) / elapsed_s, float(np.median(latencies_s)) * 1000

    def report(self, dropped: int, **facts: Any) -> dict[str, Any]:
        """The contract of ``--report``; see the documentation of the command line."""
        self.sample_memory()
        return {
            "frames": {"in": self.frames_in, "out": self.frames_out, "dropped": dropped},
            "seconds": round(self.seconds, 3),
            "fps": round(self.fps, 2),
            "first_frame_s": None if self.first_frame_s is None else round(self.first_frame_s, 3),
            "latency_ms": _summary(self._latencies_s, "median", "p95"),
            "stages": {
                name: _summary(timings, "median_ms", "p95_ms")
                for name, timings in self._durations_s.items()
            },
            "memory_mb": {
                "start": self._memory_start_mb,
                "peak": self._memory_peak_mb,
                "end": self._memory_mb(),
            },
            **facts,
        }

    def _memory_mb(self) -> float:
        return round(self._process.memory_info().rss / 1e6, 1)


def _timings() -> deque[float]:
    return deque(maxlen=_KEPT)


def _summary(seconds: deque[float], median: str, p95: str) -> dict[str, float | None]:
    if not seconds:
        return {median: None, p95: None}
    half, most = np.percentile(np.fromiter(seconds, float), (50, 95)) * 1000
    return {median: round(float(half), 2), p95: round(float(most), 2)}
