"""``streamdefocus live``: a camera in; a window, a virtual camera and files out."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import click

from streamdefocus.cli.controls import Controls
from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import check_writable, process_started_s, write_json
from streamdefocus.config import Config, LiveOptions
from streamdefocus.defocus.lens import describe_strength
from streamdefocus.errors import ConfigError
from streamdefocus.pipeline import Defocuser, LivePipeline, Stats
from streamdefocus.sinks import Sink, open_sink
from streamdefocus.sinks.window import Window
from streamdefocus.sources import Source, open_source
from streamdefocus.sources.base import SourceInfo
from streamdefocus.sources.camera import CameraSource
from streamdefocus.sources.playback import Playback
from streamdefocus.sources.synthetic import SyntheticSource

_WINDOW_TICK_S = 1 / 60
_TICK_S = 0.1
_USUAL_RATE = Fraction(30)


@click.command("live")
@config_options("live", "focus", "defocus", "smoothing", "depth", "video")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="end after so long")
@click.option("--report", type=click.Path(path_type=Path), help="write speed and memory as JSON")
@click.option("--list", "list_cameras", is_flag=True, help="show the cameras and end")
def command(seconds: float | None, report: Path | None, list_cameras: bool, **options: Any) -> None:
    """Defocus what a camera sees, live.

    In the window: click = focus there, double click = follow that thing, right click = back to
    the centre, drag = pull the focus, wheel = blur; ? shows all keys.
    """
    if list_cameras:
        _list_cameras()
        return
    config = config_of(**options)
    if report:
        check_writable(report)
    stats = Stats(process_started_s())
    with ExitStack() as stack:
        source = stack.enter_context(open_camera(config.live))
        defocuser = stack.enter_context(Defocuser(config, stats))
        sinks = [stack.enter_context(_open_output(o, source, config)) for o in config.live.output]
        pipeline = LivePipeline(source, defocuser, sinks, config.live.depth, config.live.target_fps)
        pipeline.mirror = config.live.mirror
        window = next((sink for sink in sinks if isinstance(sink, Window)), None)
        controls = Controls(pipeline, defocuser, source, config, window)
        if not window and not seconds and not options["quiet"]:
            click.echo(f"live to {', '.join(config.live.output)}; Ctrl-C ends it", err=True)
        with _ctrl_c_ends() as interrupted:
            tick = _tick(pipeline, controls, seconds, interrupted)
            pipeline.run(tick, _WINDOW_TICK_S if window else _TICK_S)
        if report:
            engine = defocuser.estimator.engine_name
            size_px = (source.info.width, source.info.height)
            blur = describe_strength(controls.config.defocus, size_px)
            facts = {"engine": engine, "model": config.depth.model, "blur": blur}
            write_json(report, pipeline.report(**facts))
    if not options["quiet"]:
        click.echo(
            f"{stats.frames_out} frames in {stats.seconds:.1f} s ({stats.fps:.1f} fps), "
            f"{pipeline.dropped} dropped",
            err=True,
        )


def open_camera(options: LiveOptions) -> Source:
    """The live source that ``--camera`` names: a camera, or what stands in for one.

    Raises:
        CameraError: There is no such camera, or it gives no picture.
        InputError: The file in its place cannot be read.
    """
    size = None
    if options.size:
        width, height = options.size.split("x")
        size = (int(width), int(height))
    if options.camera == "synthetic":
        rate = Fraction(options.fps or 30).limit_denominator(1001)
        width_px, height_px = size or (1280, 720)
        return SyntheticSource(width_px, height_px, rate, frames=None, live=True)
    path = Path(options.camera)
    if path.is_file():
        return Playback(lambda: open_source(path))
    device = int(options.camera) if options.camera.isdecimal() else options.camera
    return CameraSource(device, size, options.fps)


def _open_output(output: str, source: Source, config: Config) -> Sink:
    size_px = (source.info.width, source.info.height)
    if output == "window":
        return Window(size_px=size_px)
    kind, _, device = output.partition(":")
    if kind == "virtual-camera":
        from streamdefocus.sinks.virtual_camera import VirtualCameraSink

        return VirtualCameraSink(size_px, _rate(source.info), device or None)
    if output != "null" and not Path(output).suffix:
        raise ConfigError(
            "--output must be window, virtual-camera, null or a file such as talk.mp4. "
            f"Received: {output!r}"
        )
    return open_sink(output, options=config.video)


def _rate(info: SourceInfo) -> float:
    return float(info.frame_rate or _USUAL_RATE)


@contextmanager
def _ctrl_c_ends() -> Iterator[Event]:
    """Ctrl-C is how live runs end: what was recorded is kept. A second one does not wait for it."""
    interrupted = Event()

    def handle(_signal: int, _frame: object) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    handlers = {kind: signal.signal(kind, handle) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for kind, handler in handlers.items():
            signal.signal(kind, handler)


def _tick(
    pipeline: LivePipeline, controls: Controls, seconds: float | None, interrupted: Event
) -> Callable[[], None]:
    end_s = time.perf_counter() + seconds if seconds else None

    def tick() -> None:
        controls.update()
        if interrupted.is_set() or (end_s and time.perf_counter() >= end_s):
            pipeline.stop()

    return tick


def _list_cameras() -> None:
    from streamdefocus.sources.devices import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        click.echo(f"{camera.address}  {camera.name}")
        for offer in camera.formats:
            rates = ", ".join(f"{rate:g}" for rate in offer.rates)
            click.echo(f"  {offer.fourcc} {'x'.join(map(str, offer.size_px))}  {rates} fps")
    if not cameras:
        click.echo("no camera was found; `streamdefocus doctor` says why and what to do")
