"""Each renderer at each size; ``classic`` is the report's algorithm."""

from __future__ import annotations

from functools import lru_cache, partial

from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task, repeated
from streamdefocus.config import Config, DefocusOptions
from streamdefocus.defocus import RENDERERS, create_renderer
from streamdefocus.depth.engines.keras import gpu_is_usable
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane
from streamdefocus.sources.synthetic import SyntheticSource

SIZES = ((854, 480), (1280, 720), (1920, 1080), (3840, 2160))

_DISPARITY_PX = (512, 256)
_MOMENT_S = 2.0
_PERSON = (0.58, 0.6)
"""Where the person is at that moment, 0..1: the focus, with things before and behind it."""

_PAINTING_S = 1.0


def tasks(effort: Effort, config: Config) -> list[Task]:
    """One task for each renderer and size, and for the GPU's where there is one.

    Args:
        effort: How long to measure.
        config: ``defocus`` counts, apart from its renderer.
    """
    found = []
    for size in SIZES:
        for name in RENDERERS:
            options = config.defocus.model_copy(update={"renderer": name})
            found.append(_task(f"{name} {size[0]}x{size[1]}", options, size, effort))
        if gpu_is_usable():
            options = config.defocus.model_copy(update={"renderer": "fast"})
            title = f"fast on the GPU {size[0]}x{size[1]}"
            found.append(_task(title, options, size, effort, on_gpu=True))
    return found


def _task(
    name: str,
    options: DefocusOptions,
    size: tuple[int, int],
    effort: Effort,
    on_gpu: bool = False,
) -> Task:
    run = partial(_measure, name, options, size, effort.seconds, on_gpu)
    return Task("renderers", name, effort.seconds + _PAINTING_S, run)


def _measure(
    name: str, options: DefocusOptions, size: tuple[int, int], seconds: float, on_gpu: bool
) -> dict[str, Measurement]:
    renderer = create_renderer(options, on_gpu)
    picture, (disparity, focus) = _picture(size), _scene()
    return {name: repeated(lambda: renderer.render(picture, disparity, focus), seconds)}


@lru_cache(maxsize=1)  # the renderers of one size follow one another
def _picture(size: tuple[int, int]) -> BgrImage:
    with SyntheticSource(*size) as scene:
        return scene.picture(_MOMENT_S)


@lru_cache(maxsize=1)
def _scene() -> tuple[DisparityMap, FocusPlane]:
    """What a network and a user would say of the picture."""
    width, height = _DISPARITY_PX
    with SyntheticSource(width, height) as scene:
        values = scene.disparity_at(_MOMENT_S)
    person = float(values[round(_PERSON[1] * height), round(_PERSON[0] * width)])
    return DisparityMap(values, float(values.min()), float(values.max())), FocusPlane(person, 0.01)
