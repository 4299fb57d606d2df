"""``streamdefocus evaluate depth``: models on pictures that no training has seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import cv2

from streamdefocus.cli.evaluate.figures import (
    FILE,
    check_all_writable,
    json_option,
    print_table,
    sheet_option,
)
from streamdefocus.cli.progress import write_json
from streamdefocus.config import load_config
from streamdefocus.frames import BgrImage, FloatMap


@click.command("depth")
@click.argument("data", type=FILE)
@click.option("--model", "models", multiple=True, help="name or file; several to compare them")
@click.option("--engine", type=click.Choice(["auto", "openvino", "keras"]), default="auto")
@click.option("--teacher", type=FILE, help="ONNX file of TCMonoDepth, to compare with")
@click.option(
    "--holdout",
    type=FILE,
    default=Path("configs/train/holdout.toml"),
    show_default=True,
    help="list of what no training has seen",
)
@json_option
@sheet_option
def command(
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

    check_all_writable(json_file, sheet)
    methods = {name: _model(name, engine) for name in models or ("compact",)}
    if teacher:
        from streamdefocus.depth.teacher import Teacher

        methods["teacher"] = Teacher(teacher)
    scores = evaluate(methods, data, holdout, sheet=sheet)
    for dataset, by_method in scores.items():
        print_table(dataset, by_method)
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
