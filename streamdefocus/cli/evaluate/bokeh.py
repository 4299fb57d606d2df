"""``streamdefocus evaluate bokeh``: renderers against a thin lens."""

from __future__ import annotations

from pathlib import Path

import click

from streamdefocus.cli.evaluate.figures import check_all_writable, json_option, sheet_option
from streamdefocus.cli.options import field_option
from streamdefocus.cli.progress import write_json
from streamdefocus.config import DefocusOptions


@click.command("bokeh")
@click.option(
    "--only",
    multiple=True,
    help="such as fast, classic:median, classic:bilateral+gaussian (near + far); all by default",
)
@click.option("--seeds", type=click.IntRange(1, 20), default=3, help="scenes, times three focuses")
@click.option(
    "--samples", type=click.IntRange(16, 65536), default=1024, help="aperture points of the truth"
)
@field_option(DefocusOptions, "aperture_shape")
@json_option
@sheet_option
def command(
    only: tuple[str, ...],
    seeds: int,
    samples: int,
    aperture_shape: str | None,
    json_file: Path | None,
    sheet: Path | None,
) -> None:
    """Measure every renderer against a thin lens, with exact and with estimated disparity."""
    from streamdefocus.evaluation.bokeh import (
        BLUR,
        evaluate,
        every_renderer,
        format_table,
        renderer_options,
    )
    from streamdefocus.evaluation.scenes import REPORTING_SEEDS

    check_all_writable(json_file, sheet)
    given = {"blur": BLUR} | ({"aperture_shape": aperture_shape} if aperture_shape else {})
    lens = DefocusOptions.model_validate(given)
    scores = evaluate(
        {name: renderer_options(name, lens) for name in only} or every_renderer(lens),
        seeds=REPORTING_SEEDS[:seeds],
        samples=samples,
        sheet=sheet,
        progress=lambda text: click.echo(text, err=True),
    )
    click.echo(format_table(scores))
    if json_file:
        write_json(json_file, scores)
