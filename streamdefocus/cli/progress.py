"""Progress of a run on the terminal, and its report in a file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from streamdefocus.errors import OutputError
from streamdefocus.pipeline import Stats
from streamdefocus.pipeline.pipeline import Progress


@contextmanager
def progress_bar(title: str, frame_count: int | None, quiet: bool) -> Iterator[Progress]:
    """A bar with frames, frames a second and the time left, on stderr.

    Args:
        title: What is being done.
        frame_count: Frames expected, or None if nobody knows.
        quiet: Show nothing.

    Yields:
        What the pipeline calls with its statistics.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[fps]:5.1f} fps"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        disable=quiet,
    )
    with bar:
        task = bar.add_task(title, total=frame_count, fps=0.0)

        def show(stats: Stats) -> None:
            bar.update(task, completed=stats.frames_out, fps=stats.fps)

        yield show


@contextmanager
def share_bar(title: str, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar with the share that is done and the time left, on stderr; gone when it is done.

    Args:
        title: What is being done.
        quiet: Show nothing.

    Yields:
        What takes the share that is done, 0..1.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def process_started_s() -> float:
    """When this program was started, on the clock of ``time.perf_counter()``."""
    age_s = time.time() - psutil.Process().create_time()
    return time.perf_counter() - age_s


def check_writable(path: Path) -> None:
    """See that a report can be written, before the work that it reports on.

    Raises:
        OutputError: It cannot.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise OutputError(f"cannot write the report {path}: its folder does not exist")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a report.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write the report {path}: {error.strerror}") from error
