"""Each depth engine with each model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task, repeated
from streamdefocus.config import Config, DepthOptions
from streamdefocus.depth.estimator import DisparityEstimator, open_engine
from streamdefocus.depth.weights import known_models
from streamdefocus.sources.synthetic import SyntheticSource

_LOADING_S = {"keras": 8.0}
_USUAL_LOADING_S = 1.0


def tasks(effort: Effort, config: Config) -> list[Task]:
    """One task for each engine and model; a model's file counts if ``config`` names it.

    Args:
        effort: How long to measure.
        config: ``depth.model`` and ``depth.threads`` count.
    """
    annotation = DepthOptions.model_fields["engine"].annotation
    engines = [name for name in get_args(annotation) if name != "auto"]
    sizes = {
        name: entry.input_px for name, entry in known_models().items() if entry.input_channels == 3
    }
    if config.depth.model not in sizes:
        sizes[config.depth.model] = DisparityEstimator(config.depth).input_px
    return [
        _task(config.depth.model_copy(update={"engine": engine, "model": model}), size_px, effort)
        for model, size_px in sizes.items()
        for engine in engines
    ]


def _task(options: DepthOptions, size_px: tuple[int, int], effort: Effort) -> Task:
    name = f"{options.engine}, {Path(options.model).name} {size_px[0]}x{size_px[1]}"
    seconds = effort.seconds + _LOADING_S.get(options.engine, _USUAL_LOADING_S)
    return Task("engines", name, seconds, partial(_measure, name, options, size_px, effort.seconds))


def _measure(
    name: str, options: DepthOptions, size_px: tuple[int, int], seconds: float
) -> dict[str, Measurement]:
    with SyntheticSource(*size_px) as scene, open_engine(options, size_px) as engine:
        picture = scene.picture(2.0)
        return {name: repeated(lambda: engine.infer(picture), seconds)}
