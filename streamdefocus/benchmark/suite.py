"""The parts of the benchmark, and running them one task after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from streamdefocus.benchmark import engines, file, live, renderers, startup
from streamdefocus.benchmark.report import Missing, Report
from streamdefocus.benchmark.task import Effort, Task
from streamdefocus.config import Config
from streamdefocus.errors import StreamDefocusError

PARTS: dict[str, Callable[[Effort, Config], list[Task]]] = {
    "startup": startup.tasks,
    "engines": engines.tasks,
    "renderers": renderers.tasks,
    "live": live.tasks,
    "file": file.tasks,
}

_OVERTIME = 3
"""After so many times the time that was announced, what is left is left out."""


def plan(parts: Sequence[str], effort: Effort, config: Config) -> list[Task]:
    """What is to be done, in the order of ``PARTS``.

    Args:
        parts: Names of parts; none means all.
        effort: How long to measure.
        config: Of the runs.
    """
    chosen = [name for name in PARTS if name in parts or not parts]
    return [task for name in chosen for task in PARTS[name](effort, config)]


def run(tasks: Sequence[Task], report: Report, begun: Callable[[Task], None]) -> None:
    """Do the tasks; what is found goes into the report at once, so an interruption loses nothing.

    What cannot be measured here becomes ``Missing`` with its reason.

    Args:
        tasks: From ``plan``.
        report: Is filled, and marked as complete at the end.
        begun: Told before each task.
    """
    end_s = time.perf_counter() + _OVERTIME * sum(task.seconds for task in tasks)
    for task in tasks:
        figures = report.parts.setdefault(task.part, {})
        begun(task)
        if time.perf_counter() > end_s:
            figures[task.name] = Missing(missing="left out: everything before took too long")
            continue
        try:
            figures.update(task.run())
        except StreamDefocusError as error:
            figures[task.name] = Missing(missing=str(error))
    report.complete = True
