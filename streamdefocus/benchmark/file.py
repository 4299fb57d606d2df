"""File to file, beside the plain transcode of the same file, which is the limit."""

from __future__ import annotations

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task
from streamdefocus.config import Config
from streamdefocus.frames import DisparityMap, FocusPlane, Frame
from streamdefocus.pipeline import Defocuser, Pipeline, Shot
from streamdefocus.sinks import open_sink
from streamdefocus.sources import open_source
from streamdefocus.sources.synthetic import SyntheticSource

SIZE = (1280, 720)

_SLOWEST_FPS, _TRANSCODE_FPS = 25, 80


def tasks(effort: Effort, config: Config) -> list[Task]:
    """One task: both take turns, so that a machine that becomes busy slows both."""
    seconds = effort.frames * (effort.repeats + 1) * (1 / _SLOWEST_FPS + 1 / _TRANSCODE_FPS)
    name = f"{SIZE[0]}x{SIZE[1]} H.264"
    return [Task("file", name, seconds, partial(_measure, name, config, effort))]


def make_clip(path: Path, frames: int, size: tuple[int, int] = SIZE) -> None:
    """Write a video of the synthetic room."""
    with SyntheticSource(*size, frames=frames) as source, open_sink(path) as sink:
        for frame in source:
            sink.write(frame)


def _measure(name: str, config: Config, effort: Effort) -> dict[str, Measurement]:
    rates: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Defocuser(config) as defocuser,
        _Untouched(config) as untouched,
    ):
        untouched.first_to_render = sys.maxsize
        clip, copy = Path(folder, "clip.mp4"), Path(folder, "copy.mp4")
        make_clip(clip, effort.frames)
        for turn in range(effort.repeats + 1):
            for title, stages in (("plain transcode", untouched), ("defocused", defocuser)):
                stages.reset()
                seconds = _transcode(clip, copy, stages, config)
                if turn:  # the first turn loads the network and fills caches
                    rates.setdefault(f"{name}, {title}", []).append(effort.frames / seconds)
    return {title: Measurement.of(values, "fps") for title, values in rates.items()}


def _transcode(clip: Path, copy: Path, stages: Defocuser, config: Config) -> float:
    """Seconds from opening the file to the complete copy."""
    begin_s = time.perf_counter()
    with open_source(clip) as source, open_sink(copy, source, config.video) as sink:
        Pipeline(source, stages, [sink]).run()
    return time.perf_counter() - begin_s


class _Untouched(Defocuser):
    """Looks at nothing. Where nothing is rendered either, decoding and encoding are left."""

    def look(self, frame: Frame) -> Shot:
        flat = DisparityMap(np.zeros((1, 1), np.float32), 0.0, 1.0)
        return Shot(frame, flat, FocusPlane(0.0))
