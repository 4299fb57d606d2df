"""``streamdefocus video``: a file in, a file out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import check_writable, process_started_s, progress_bar, write_json
from streamdefocus.pipeline import Defocuser, Pipeline, Stats
from streamdefocus.sinks import open_sink
from streamdefocus.sources import open_source


@click.command("video")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@config_options("focus", "defocus", "smoothing", "depth", "video")
@click.option(
    "--report", type=click.Path(path_type=Path), help="write speed and memory of the run as JSON"
)
def command(source: Path, output: Path, report: Path | None, **options: Any) -> None:
    """Defocus the video IN and write it to OUT.

    Every frame is processed once; sound, time stamps, orientation and colour are kept. OUT
    appears when it is complete, and not at all if the run fails or is interrupted.
    """
    config = config_of(**options)
    if report:
        check_writable(report)
    stats = Stats(process_started_s())
    with (
        open_source(source) as reader,
        Defocuser(config, stats) as defocuser,
        open_sink(output, like=reader, options=config.video) as writer,
    ):
        pipeline = Pipeline(reader, defocuser, [writer])
        with progress_bar(output.name, reader.info.frame_count, options["quiet"]) as progress:
            pipeline.run(progress)
        engine = defocuser.estimator.engine_name
    if report:
        write_json(report, pipeline.report(engine=engine, model=config.depth.model))
    if not options["quiet"]:
        click.echo(f"{output}: {stats.frames_out} frames in {stats.seconds:.1f} s", err=True)
