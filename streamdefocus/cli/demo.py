"""``streamdefocus demo``: the main job with nothing at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import process_started_s, progress_bar, write_json
from streamdefocus.config import Config
from streamdefocus.defocus.base import Progress
from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.errors import OutputError
from streamdefocus.frames import BgrImage, Frame
from streamdefocus.photos import Photo, encode_photo
from streamdefocus.pipeline import Defocuser, Pipeline, Shot, Stats
from streamdefocus.sinks import open_sink
from streamdefocus.sources.synthetic import SyntheticSource

_FRAMES = 180
_PERSON, _ROOM = (0.48, 0.7), (0.25, 0.25)
_PULLS = {0: _PERSON, 75: _ROOM, 130: _PERSON}
"""Frame by frame, what the focus puller is told: who talks, what is behind them, and back."""

_ROWS = (60, 115, 170)
_ROW_PX = (480, 270)


@click.command("demo")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo"), show_default=True
)
@config_options("defocus", "smoothing", "depth", "video")
@click.option("--report", type=click.Path(path_type=Path), help="write speed and memory as JSON")
def command(output: Path, report: Path | None, **options: Any) -> None:
    """Defocus a made-up scene: writes demo.mp4 and demo.png (frame, disparity, result)."""
    config = config_of(**options)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {output}: {error.strerror}") from error
    video, sheet = output / "demo.mp4", output / "demo.png"
    stats = Stats(process_started_s())
    with (
        SyntheticSource(frames=_FRAMES) as source,
        _FocusPuller(config, stats) as puller,
        open_sink(video, options=config.video) as sink,
    ):
        pipeline = Pipeline(source, puller, [sink])
        with progress_bar(video.name, _FRAMES, options["quiet"]) as progress:
            pipeline.run(progress)
        engine = puller.estimator.engine_name
    sheet.write_bytes(encode_photo(Photo(np.vstack(puller.rows)), "png"))
    if report:
        write_json(report, pipeline.report(engine=engine, model=config.depth.model))
    if not options["quiet"]:
        _say_what_next(video, sheet, stats)


class _FocusPuller(Defocuser):
    """Moves the focus at given frames, and keeps a few of them for the contact sheet."""

    def __init__(self, config: Config, stats: Stats) -> None:
        super().__init__(config, stats)
        self.rows: list[BgrImage] = []

    def look(self, frame: Frame) -> Shot:
        if frame.index in _PULLS:
            self.focus.click(*_PULLS[frame.index])
        return super().look(frame)

    def render(self, shot: Shot, progress: Progress = lambda share: None) -> Frame:
        rendered = super().render(shot, progress)
        if shot.frame.index in _ROWS:
            values = disparity_at(shot.disparity, _ROW_PX)
            colours = colour_map(values, shot.disparity.far, shot.disparity.near)
            row = (_thumbnail(shot.frame.bgr), colours, _thumbnail(rendered.bgr))
            self.rows.append(np.hstack(row))
        return rendered


def _thumbnail(bgr: BgrImage) -> BgrImage:
    return cv2.resize(bgr, _ROW_PX, interpolation=cv2.INTER_AREA)


def _say_what_next(video: Path, sheet: Path, stats: Stats) -> None:
    click.echo(
        f"""{video}: {stats.frames_out} frames in {stats.seconds:.1f} s
{sheet}: frame, disparity and result, three times

Next, with a file of your own:
  streamdefocus video talk.mp4 talk-bokeh.mp4 --focus centre
  streamdefocus photo cat.jpg --focus 0.5,0.4
and with your camera:
  streamdefocus live                            a window; click on what should be sharp
  streamdefocus live --output virtual-camera    for video calls"""
    )
