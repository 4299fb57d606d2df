"""``streamdefocus train``: a depth network from a configuration."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streamdefocus.training.trainer import Progress, Watch


@click.command("train")
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="folder of checkpoints and logs",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help="threads that make batches",
)
@click.option(
    "--processes",
    type=click.IntRange(0, 256),
    default=0,
    help="processes that make batches instead, for rendered scenes on many cores",
)
@click.option(
    "--devices",
    type=click.IntRange(1, 64),
    help="GPUs that share each batch; all of them by default",
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="PNG",
    help="only draw the first samples with their labels",
)
@click.option("-q", "--quiet", is_flag=True, help="no progress bar")
def command(
    config: Path,
    runs: Path,
    threads: int,
    processes: int,
    devices: int | None,
    sheet: Path | None,
    quiet: bool,
) -> None:
    """Train the network that CONFIG describes; the same command again resumes it exactly.

    Everything of the run is written to runs/NAME, NAME being that of CONFIG. To see its curves:
    tensorboard --logdir runs
    """
    from streamdefocus.training.trainer import train

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its start-up banners are not ours
    logging.getLogger("streamdefocus").setLevel(logging.WARNING if quiet else logging.INFO)
    if sheet:
        _draw(config, sheet)
        return
    try:
        with _bar(config.stem, quiet) as watch:
            weights = train(
                config,
                runs=runs,
                threads=threads,
                processes=processes,
                devices=devices,
                watch=watch,
            )
    except KeyboardInterrupt:
        elsewhere = "" if runs == Path("runs") else f" --runs {runs}"
        click.echo(f"to go on where it stopped: streamdefocus train {config}{elsewhere}", err=True)
        raise
    click.echo(weights)


def _draw(config: Path, sheet: Path) -> None:
    from streamdefocus.training.config import load_train_options
    from streamdefocus.training.sheet import write_sheet
    from streamdefocus.training.trainer import open_batches

    write_sheet(open_batches(load_train_options(config)), sheet)
    click.echo(sheet)


@contextmanager
def _bar(title: str, quiet: bool) -> Iterator[Watch]:
    """A bar with steps, loss, samples a second and the time left, on a terminal's stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        disable=quiet or not console.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=None, facts="preparing")

        def show(now: Progress) -> None:
            facts = f"loss {now.loss:.4f}, {now.samples_per_s:.0f}/s"
            if now.skipped:
                facts += f", {now.skipped} skipped"
            bar.update(task, completed=now.step, total=now.steps, facts=facts)

        yield show
