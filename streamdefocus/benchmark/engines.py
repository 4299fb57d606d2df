"""Each depth engine with each model."""

from __future__ import annotations

from functools import partial
from typing import get_args

from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task, repeated
from streamdefocus.config import Config, DepthOptions
from streamdefocus.depth.estimator import open_engine
from streamdefocus.depth.weights import load_manifest
from streamdefocus.sources.synthetic import SyntheticSource

_LOADING_S = {"keras": 8.0}
_USUAL_LOADING_S = 1.0


def tasks(effort: Effort, config: Config) -> list[Task]:
    """One task for each engine and model.

    Args:
        effort: How long to measure.
        config: ``depth.threads`` counts.
    """
    engines = [
        name for name in get_args(DepthOptions.model_fields["engine"].annotation) if name != "auto"
    ]
    return [
        Task(
            "engines",
            f"{engine}, {model}",
            effort.seconds + _LOADING_S.get(engine, _USUAL_LOADING_S),
            partial(
                _measure,
                f"{engine}, {model} {entry.input_px[0]}x{entry.input_px[1]}",
                DepthOptions.model_validate(
                    {"engine": engine, "model": model, "threads": config.depth.threads}
                ),
                entry.input_px,
                effort.seconds,
            ),
        )
        for model, entry in load_manifest().items()
        for engine in engines
    ]


def _measure(
    name: str, options: DepthOptions, size_px: tuple[int, int], seconds: float
) -> dict[str, Measurement]:
    with SyntheticSource(*size_px) as scene, open_engine(options, size_px) as engine:
        picture = scene.picture(2.0)
        return {name: repeated(lambda: engine.infer(picture), seconds)}
