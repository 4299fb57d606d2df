"""``streamdefocus train``: a depth network from a configuration."""

from __future__ import annotations

import logging
from pathlib import Path

import click


@click.command("train")
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="folder of checkpoints and logs",
)
@click.option("--threads", type=click.IntRange(1, 256), default=2, help="threads that make batches")
def command(config: Path, runs: Path, threads: int) -> None:
    """Train the network that CONFIG describes; the same command again resumes it exactly."""
    from streamdefocus.training.trainer import train

    logging.getLogger("streamdefocus").setLevel(logging.INFO)
    weights = train(config, runs=runs, threads=threads)
    click.echo(weights)
