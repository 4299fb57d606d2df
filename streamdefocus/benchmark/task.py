"""What a part of the benchmark consists of, and how often a thing is measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streamdefocus.benchmark.report import Measurement

_WARM_UP = 2
_FEWEST_RUNS, _MOST_RUNS = 5, 200
_LEAST_RUNS = 3
"""However long they take: fewer say nothing about the spread."""
_OVERTIME = 3
"""A measurement may take so many times its budget to reach the fewest runs."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes:
        seconds: For a thing that takes milliseconds.
        live_s: For a live run, after its warm-up.
        repeats: Of what takes seconds.
        frames: Of the video that is defocused.
    """

    seconds: float
    live_s: float
    repeats: int
    frames: int


FULL = Effort(seconds=2.0, live_s=10.0, repeats=5, frames=120)
QUICK = Effort(seconds=0.5, live_s=3.0, repeats=3, frames=45)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to measure.

    Attributes:
        part: The part of the suite it belongs to.
        name: What is measured.
        seconds: About how long it takes on a machine with two cores.
        run: Measures; gives the figures by name. Raises StreamDefocusError where that cannot be
            done here.
    """

    part: str
    name: str
    seconds: float
    run: Callable[[], Mapping[str, Measurement]]


def repeated(work: Callable[[], object], budget_s: float) -> Measurement:
    """Milliseconds that a piece of work takes, after a warm-up.

    Args:
        work: What to time.
        budget_s: How long to go on; longer, up to three times, for the fewest runs, and as long as
            three runs take.
    """
    begin_s = time.perf_counter()
    end_s = begin_s + _OVERTIME * budget_s
    for _ in range(_WARM_UP):
        work()
        if time.perf_counter() > begin_s + budget_s:
            break
    taken_s: list[float] = []
    while len(taken_s) < _LEAST_RUNS or (
        len(taken_s) < _MOST_RUNS
        and time.perf_counter() < end_s
        and (len(taken_s) < _FEWEST_RUNS or sum(taken_s) < budget_s)
    ):
        begin_s = time.perf_counter()
        work()
        taken_s.append(time.perf_counter() - begin_s)
    return Measurement.of([1000 * second for second in taken_s], "ms")
