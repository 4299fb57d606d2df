"""``streamdefocus benchmark``: how fast this machine is, and what a change made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psutil

from streamdefocus import __version__
from streamdefocus.benchmark import (
    FULL,
    PARTS,
    QUICK,
    Change,
    Missing,
    Report,
    Task,
    plan,
    read_report,
    run,
)
from streamdefocus.benchmark import compare as compare_reports
from streamdefocus.benchmark.comparison import differences
from streamdefocus.benchmark.machine import describe_machine
from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import check_writable, write_json
from streamdefocus.config import Config
from streamdefocus.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

_FILE = click.Path(path_type=Path)
_TITLES = {
    "startup": "startup (live shows the curtain until the network is loaded)",
    "renderers": "renderers (classic is the report's algorithm)",
    "live": "live (depth for every frame, into nowhere)",
    "file": "file (the plain transcode of the same file is the limit)",
}
_BUSY_SHARE = 0.6
"""Load of the cores above which figures say more about others than about us."""
_COLOURS = {"better": "green", "worse": "red", "within the spread": "default"}


@click.command("benchmark")
@click.option(
    "--only",
    metavar="PART,...",
    multiple=True,
    help=f"some of {', '.join(PARTS)}; all by default",
)
@click.option("--quick", is_flag=True, help="fewer runs: for a first look, less sure")
@click.option("--json", "json_file", type=_FILE, help="write the figures to this file")
@click.option(
    "--compare", type=_FILE, help="a file of an earlier --json, to print what changed since"
)
@config_options("depth", "smoothing", "defocus", "video")
def command(
    only: tuple[str, ...], quick: bool, json_file: Path | None, compare: Path | None, **options: Any
) -> int:
    """Measure how fast this machine is: engines, renderers, live, files, start-up, memory.

    Medians after a warm-up, with the range of the middle half of the runs. An interrupted run
    still shows, and writes, what it has. Other programs slow it down; close them first.
    """
    config = config_of(**options)
    parts = [part.strip() for part in ",".join(only).split(",") if part.strip()]
    if unknown := [part for part in parts if part not in PARTS]:
        raise ConfigError(
            f"--only does not know {', '.join(unknown)}. Known: {', '.join(PARTS)}, comma-separated"
        )
    if json_file:
        check_writable(json_file)
    before = read_report(compare) if compare else None
    tasks = plan(parts, QUICK if quick else FULL, config)
    report = Report(
        version=__version__,
        quick=quick,
        options=_told(config),
        machine=describe_machine(),
    )
    interrupted = _run(tasks, report, options["quiet"])
    _show(report)
    if before:
        _show_changes(before, report)
    if json_file:
        write_json(json_file, report.model_dump())
    return 130 if interrupted else 0


def _told(config: Config) -> dict[str, Any]:
    """What differs from the defaults; of a model's file only the name, not the folder."""
    depth = config.depth.model_copy(update={"model": Path(config.depth.model).name})
    return config.model_copy(update={"depth": depth}).model_dump(exclude_defaults=True)


def _run(tasks: Sequence[Task], report: Report, quiet: bool) -> bool:
    """Do the tasks behind a progress bar; returns whether Ctrl-C ended them early."""
    if not quiet:
        seconds = 10 * math.ceil(sum(task.seconds for task in tasks) / 10)
        click.echo(f"about {seconds} s; Ctrl-C ends it and shows what is done", err=True)
        if float(report.machine["load"]) > _BUSY_SHARE * (psutil.cpu_count() or 1):
            click.echo("other programs are busy: figures will be worse than they could", err=True)
    try:
        with _bar(tasks, quiet) as begun:
            run(tasks, report, begun)
    except KeyboardInterrupt:
        click.echo("interrupted; this is what was measured until then", err=True)
        return True
    return False


@contextmanager
def _bar(tasks: Sequence[Task], quiet: bool) -> Iterator[Callable[[Task], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task("", total=sum(task.seconds for task in tasks))
        spent = 0.0

        def begun(task: Task) -> None:
            nonlocal spent
            progress.update(bar, description=f"{task.part}: {task.name}", completed=spent)
            spent += task.seconds

        yield begun


def _show(report: Report) -> None:
    from rich.console import Console

    console = Console()
    console.print(f"{report.machine['processor']}; load {report.machine['load']}", highlight=False)
    for part, figures in report.parts.items():
        table = _table(_TITLES.get(part, part), "median", "middle half", "runs")
        for name, figure in figures.items():
            if isinstance(figure, Missing):
                table.add_row(name, "none", "", "")
                continue
            table.add_row(
                name,
                f"{figure.median:.2f} {figure.unit}",
                f"{figure.low:.2f} .. {figure.high:.2f}",
                str(figure.runs),
            )
        console.print(table)
        for name, figure in figures.items():
            if isinstance(figure, Missing):
                click.echo(f" {name}: {figure.missing}")


def _show_changes(before: Report, after: Report) -> None:
    from rich.console import Console

    console = Console()
    for line in differences(before, after):
        console.print(f"not the same: {line}", highlight=False)
    table = _table("compared with before", "before", "now", "ratio", "verdict")
    for change in compare_reports(before, after):
        table.add_row(*_cells(change), style=_COLOURS[change.verdict])
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, box=None, title_justify="left")
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cells(change: Change) -> tuple[str, ...]:
    unit = change.after.unit
    return (
        f"{change.part}: {change.name}",
        f"{change.before.median:.2f} {unit}",
        f"{change.after.median:.2f} {unit}",
        f"x {change.ratio:.2f}",
        change.verdict,
    )
