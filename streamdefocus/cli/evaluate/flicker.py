"""``streamdefocus evaluate flicker``: how calm disparity and picture are, and what that costs."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import click

from streamdefocus.cli.evaluate.figures import FILE, check_all_writable, json_option, print_table
from streamdefocus.cli.options import field_option
from streamdefocus.cli.progress import write_json
from streamdefocus.config import DepthOptions, SmoothingOptions, load_config


@click.command("flicker")
@click.argument("videos", type=FILE, nargs=-1)
@click.option("--frames", type=click.IntRange(2), help="read at most so many of each video")
@field_option(DepthOptions, "model")
@field_option(DepthOptions, "engine")
@click.option("--teacher", type=FILE, help="ONNX file of TCMonoDepth, to compare with")
@field_option(SmoothingOptions, "smoothing")
@click.option("--curve", type=FILE, help="try many strengths of smoothing, and draw them (PNG)")
@json_option
def command(
    videos: tuple[Path, ...],
    frames: int | None,
    model: str | None,
    engine: str | None,
    teacher: Path | None,
    smoothing: float | None,
    curve: Path | None,
    json_file: Path | None,
) -> None:
    """Measure flicker and lag, of disparity and picture, on VIDEOS and on a made-up scene.

    With --teacher each video is measured once more, as that network sees it; edges are each
    network's own.
    """
    from streamdefocus.depth import DisparityEstimator
    from streamdefocus.evaluation.flicker import evaluate
    from streamdefocus.evaluation.flicker_clips import Estimate, samples_of, seen_by
    from streamdefocus.evaluation.flicker_curve import STRENGTHS, write_curve
    from streamdefocus.evaluation.flicker_methods import methods, strengths
    from streamdefocus.sources import open_source

    check_all_writable(json_file, curve)
    config = load_config(overrides={"model": model, "engine": engine, "smoothing": smoothing})
    with ExitStack() as stack:
        estimator = stack.enter_context(DisparityEstimator(config.depth))
        networks: dict[str, Estimate] = {"": estimator.estimate}
        if teacher:
            from streamdefocus.depth.teacher import Teacher

            networks[", teacher"] = seen_by(Teacher(teacher))
        clips = {
            f"{video.name}{who}": samples_of(
                islice(stack.enter_context(open_source(video)), frames), estimate
            )
            for video in videos
            for who, estimate in networks.items()
        }
        scores = evaluate(clips, strengths(STRENGTHS) if curve else methods(config.smoothing))
    for clip, by_method in scores.items():
        print_table(clip, by_method)
    if curve:
        write_curve(curve, scores)
    if json_file:
        write_json(json_file, scores)
