"""``streamdefocus evaluate flicker``: how calm disparity is, and what that costs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from streamdefocus.cli.evaluate.figures import FILE, check_all_writable, json_option, print_table
from streamdefocus.cli.progress import write_json
from streamdefocus.config import load_config


@click.command("flicker")
@click.argument("videos", type=FILE, nargs=-1)
@click.option("--model", default="compact", show_default=True)
@click.option("--engine", type=click.Choice(["auto", "openvino", "keras"]), default="auto")
@click.option("--smoothing", type=click.FloatRange(0, 0.98), help="see `video --help`")
@json_option
def command(
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

    check_all_writable(json_file)
    config = load_config(overrides={"model": model, "engine": engine, "smoothing": smoothing})
    with ExitStack() as stack:
        estimator = stack.enter_context(DisparityEstimator(config.depth))
        clips = {
            video.name: samples_of(stack.enter_context(open_source(video)), estimator.estimate)
            for video in videos
        }
        scores = evaluate(clips, config.smoothing)
    for clip, by_method in scores.items():
        print_table(clip, by_method)
    if json_file:
        write_json(json_file, scores)
