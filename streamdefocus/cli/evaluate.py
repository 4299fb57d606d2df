"""``streamdefocus evaluate``: figures beside their trivial baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import cv2

from streamdefocus.cli.progress import check_writable, write_json
from streamdefocus.config import load_config
from streamdefocus.frames import BgrImage, FloatMap

_FILE = click.Path(path_type=Path)

_json = click.option("--json", "json_file", type=_FILE, help="write the figures to this file")
_sheet = click.option("--sheet", type=_FILE, help="write a contact sheet (PNG) to this file")


@click.group("evaluate")
def command() -> None:
    """Measure depth, bokeh or flicker, beside trivial baselines."""


@command.command("depth")
@click.argument("data", type=_FILE)
@click.option("--model", "models", multiple=True, help="name or file; several to compare them")
@click.option("--engine", type=click.Choice(["auto", "openvino", "keras"]), default="auto")
@click.option("--teacher", type=_FILE, help="ONNX file of TCMonoDepth, to compare with")
@click.option(
    "--holdout",
    type=_FILE,
    default=Path("configs/train/holdout.toml"),
    show_default=True,
    help="list of what no training has seen",
)
@_json
@_sheet
def depth(
    data: Path,
    models: tuple[str, ...],
    engine: str,
    teacher: Path | None,
    holdout: Path,
    json_file: Path | None,
    sheet: Path | None,
) -> None:
    """Measure models on the held-out pictures of the collections in the folder DATA."""
    from streamdefocus.evaluation.depth import evaluate

    _check(json_file, sheet)
    methods = {name: _model(name, engine) for name in models or ("compact",)}
    if teacher:
        from streamdefocus.depth.teacher import Teacher

        methods["teacher"] = Teacher(teacher)
    scores = evaluate(methods, data, holdout, sheet=sheet)
    for dataset, by_method in scores.items():
        _print_table(dataset, by_method)
    if json_file:
        write_json(json_file, scores)


@command.command("bokeh")
@click.option("--seeds", type=click.IntRange(1, 20), default=3, help="scenes, times three focuses")
@click.option(
    "--samples", type=click.IntRange(16, 65536), default=1024, help="aperture points of the truth"
)
@_json
@_sheet
def bokeh(seeds: int, samples: int, json_file: Path | None, sheet: Path | None) -> None:
    """Measure every renderer against a thin lens, with exact and with estimated disparity."""
    from streamdefocus.evaluation.bokeh import evaluate, format_table
    from streamdefocus.evaluation.scenes import REPORTING_SEEDS

    _check(json_file, sheet)
    scores = evaluate(
        seeds=REPORTING_SEEDS[:seeds],
        samples=samples,
        sheet=sheet,
        progress=lambda text: click.echo(text, err=True),
    )
    click.echo(format_table(scores))
    if json_file:
        write_json(json_file, scores)


@command.command("flicker")
@click.argument("videos", type=_FILE, nargs=-1)
@click.option("--model", default="compact", show_default=True)
@click.option("--engine", type=click.Choice(["auto", "openvino", "keras"]), default="auto")
@click.option("--smoothing", type=click.FloatRange(0, 0.98), help="see `video --help`")
@_json
def flicker(
    videos: tuple[Path, ...],
    model: str,
    engine: str,
    smoothing: float | None,
    json_file: Path | None,
) -> None:
    """Measure flicker and lag of disparity on VIDEOS and on a made-up scene."""
    from streamdefocus.depth import DisparityEstimator
    from streamdefocus.evaluation.flicker import evaluate, samples_of
    from streamdefocus.sources import open_source

    _check(json_file)
    config = load_config(overrides={"model": model, "engine": engine, "smoothing": smoothing})
    with ExitStack() as stack:
        estimator = stack.enter_context(DisparityEstimator(config.depth))
        clips = {
            video.name: samples_of(stack.enter_context(open_source(video)), estimator.estimate)
            for video in videos
        }
        scores = evaluate(clips, config.smoothing)
    for clip, by_method in scores.items():
        _print_table(clip, by_method)
    if json_file:
        write_json(json_file, scores)


def _model(name: str, engine: str) -> Callable[[BgrImage], FloatMap]:
    from streamdefocus.depth import DisparityEstimator

    options = load_config(overrides={"model": name, "engine": engine}).depth
    estimator = DisparityEstimator(options)

    def estimate(bgr: BgrImage) -> FloatMap:
        _, disparity = estimator.estimate(bgr)
        return cv2.resize(disparity, bgr.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    return estimate


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return "never"
    return f"{value:.0f}" if column in ("images", "lag_frames") else f"{value:.4f}"


def _check(*files: Path | None) -> None:
    for file in files:
        if file:
            check_writable(file)


def _print_table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = list(next(iter(rows.values())))
    table = Table(title=title, box=None, title_justify="left")
    table.add_column("method")
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_cell(column, row[column]) for column in columns))
    Console().print(table)
