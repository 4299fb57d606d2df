"""``streamdefocus evaluate bokeh``: renderers against a thin lens."""

from __future__ import annotations

from pathlib import Path

import click

from streamdefocus.cli.evaluate.figures import check_all_writable, json_option, sheet_option
from streamdefocus.cli.progress import write_json


@click.command("bokeh")
@click.option("--seeds", type=click.IntRange(1, 20), default=3, help="scenes, times three focuses")
@click.option(
    "--samples", type=click.IntRange(16, 65536), default=1024, help="aperture points of the truth"
)
@json_option
@sheet_option
def command(seeds: int, samples: int, json_file: Path | None, sheet: Path | None) -> None:
    """Measure every renderer against a thin lens, with exact and with estimated disparity."""
    from streamdefocus.evaluation.bokeh import evaluate, format_table
    from streamdefocus.evaluation.scenes import REPORTING_SEEDS

    check_all_writable(json_file, sheet)
    scores = evaluate(
        seeds=REPORTING_SEEDS[:seeds],
        samples=samples,
        sheet=sheet,
        progress=lambda text: click.echo(text, err=True),
    )
    click.echo(format_table(scores))
    if json_file:
        write_json(json_file, scores)
