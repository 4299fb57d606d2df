"""A video through the pipeline into a file, with progress that can be cancelled."""

from __future__ import annotations

import time
from pathlib import Path

from streamdefocus.app.work.desk import Job
from streamdefocus.config import Config
from streamdefocus.pipeline import Edit, KeyedDefocuser, Pipeline, Stats
from streamdefocus.sinks import open_sink
from streamdefocus.sources import open_source


def export_video(job: Job, source: Path, target: Path, config: Config, edit: Edit) -> Path:
    """Write a video with sound, times and colours kept; nothing stays if it is cancelled.

    Args:
        job: Is told how far it is.
        source: The video.
        target: The file to write.
        config: All options.
        edit: Where the focus goes when, and which part is written.

    Returns:
        ``target``.

    Raises:
        StreamDefocusError: See Pipeline.
        CancelledError: The job was given up.
    """
    with (
        open_source(source, edit.start_s or 0.0, edit.end_s) as reader,
        KeyedDefocuser(config, edit, lambda f: f.time_s - reader.first_s) as defocuser,
        open_sink(target, like=reader, options=config.video) as writer,
    ):
        total = reader.info.frame_count or 0
        begin_s = time.perf_counter()

        def progress(stats: Stats) -> None:
            share = min(stats.frames_out / total, 1.0) if total else 0.0
            job.step(_sentence(stats.frames_out, share, time.perf_counter() - begin_s), share)

        Pipeline(reader, defocuser, [writer]).run(progress)
    return target


def _sentence(frames: int, share: float, elapsed_s: float) -> str:
    if share < 0.01:
        return "Starting"
    return f"{100 * share:.0f} %, {time_left(elapsed_s / share - elapsed_s)} left, frame {frames}"


def time_left(seconds: float) -> str:
    """A time for people: "40 s", "3 min"."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
