"""The whole pipeline from a synthetic camera to nowhere, with depth for every frame."""

from __future__ import annotations

import time
from functools import partial

from streamdefocus.benchmark.report import Measurement
from streamdefocus.benchmark.task import Effort, Task
from streamdefocus.config import Config
from streamdefocus.errors import EngineError
from streamdefocus.pipeline import Defocuser, LivePipeline
from streamdefocus.sinks import NullSink
from streamdefocus.sources.synthetic import SyntheticSource

CAMERAS = (((1280, 720), 30), ((1280, 720), 60), ((1920, 1080), 30))
"""(width, height) and frames a second. The fast camera shows what the machine could do."""

_WARM_UP_S = 2.0
_LOADING_S = 2.0
_WINDOW_S = 0.5
_TICK_S = 0.01


def tasks(effort: Effort, config: Config) -> list[Task]:
    """One task for each camera."""
    return [_task(size, rate, config, effort.live_s) for size, rate in CAMERAS]


def _task(size: tuple[int, int], rate: int, config: Config, seconds: float) -> Task:
    name = f"{size[0]}x{size[1]}, camera {rate} fps"
    run = partial(_measure, name, size, rate, config, seconds)
    return Task("live", name, seconds + _WARM_UP_S + _LOADING_S, run)


def _measure(
    name: str, size: tuple[int, int], rate: int, config: Config, seconds: float
) -> dict[str, Measurement]:
    rates: list[float] = []
    latencies_ms: list[float] = []
    cores: list[float] = []
    with (
        SyntheticSource(*size, rate, frames=None, live=True) as source,
        Defocuser(config) as defocuser,
        NullSink() as sink,
    ):
        defocuser.estimator.prepare(size)
        pipeline = LivePipeline(source, defocuser, [sink], "every-frame")
        begin_s = time.perf_counter()
        mark_s, mark_frames, mark_busy_s = begin_s, 0, time.process_time()

        def tick() -> None:
            nonlocal mark_s, mark_frames, mark_busy_s
            now_s, frames = time.perf_counter(), pipeline.stats.frames_out
            elapsed_s, busy_s = now_s - mark_s, time.process_time()
            if elapsed_s < _WINDOW_S:
                return
            if mark_s - begin_s >= _WARM_UP_S:
                rates.append((frames - mark_frames) / elapsed_s)
                cores.append((busy_s - mark_busy_s) / elapsed_s)
                if frames > mark_frames:
                    latencies_ms.append(pipeline.stats.recent()[1])
            mark_s, mark_frames, mark_busy_s = now_s, frames, busy_s
            if now_s - begin_s >= _WARM_UP_S + seconds:
                pipeline.stop()

        pipeline.run(tick, _TICK_S)
    if not latencies_ms:
        raise EngineError(f"no frame came out within {seconds:.0f} s")
    return {
        name: Measurement.of(rates, "fps"),
        f"{name}, latency": Measurement.of(latencies_ms, "ms"),
        f"{name}, busy": Measurement.of(cores, "cores"),
    }
