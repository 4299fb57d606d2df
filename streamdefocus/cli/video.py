"""``streamdefocus video``: a file in, a file out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from streamdefocus import __version__
from streamdefocus.cli.options import config_of, config_options
from streamdefocus.cli.progress import check_writable, process_started_s, progress_bar, write_json
from streamdefocus.config import Config
from streamdefocus.defocus.lens import describe_strength
from streamdefocus.errors import InputError, OutputError
from streamdefocus.pipeline import Edit, KeyedDefocuser, Pipeline, Stats, read_edit
from streamdefocus.sinks import VideoSink
from streamdefocus.sources import open_source


@click.command("video")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@config_options("focus", "defocus", "smoothing", "depth", "video")
@click.option(
    "--resume", is_flag=True, help="keep what is done when interrupted, and go on from there"
)
@click.option(
    "--keyframes",
    type=click.Path(path_type=Path),
    help="focus over time, start and end: IN.focus.json, as the desktop app writes it",
)
@click.option(
    "--from",
    "start_s",
    type=click.FloatRange(min=0),
    help="seconds of IN to begin at; OUT begins at 0",
)
@click.option("--to", "end_s", type=click.FloatRange(min=0), help="seconds of IN to end at")
@click.option(
    "--report", type=click.Path(path_type=Path), help="write speed and memory of the run as JSON"
)
def command(
    source: Path,
    output: Path,
    resume: bool,
    keyframes: Path | None,
    start_s: float | None,
    end_s: float | None,
    report: Path | None,
    **options: Any,
) -> None:
    """Defocus the video IN and write it to OUT.

    Every frame is processed once; sound, time stamps, orientation and colour are kept, the latter
    with 8 bits and standard range. OUT appears when it is complete, in place of an earlier one, and
    not at all if the run fails or is interrupted. Is somebody blurred who should not be? --focus
    auto looks for them, --focus 0.6,0.3 is a point. With --resume
    the same command goes on where it was interrupted: depth is looked at again, so that smoothing
    and focus are as they would have been, but nothing is rendered and encoded twice.
    """
    config = config_of(**options)
    if output.is_dir():
        raise OutputError(f"{output} is a folder; give the name of a video file in it")
    if report:
        check_writable(report)
    stats = Stats(process_started_s())
    edit = read_edit(keyframes) if keyframes else Edit()
    edit = replace(
        edit,
        start_s=edit.start_s if start_s is None else start_s,
        end_s=edit.end_s if end_s is None else end_s,
    )
    title = {**_title(source, config), "edit": str(edit)} if resume else None
    with (
        open_source(source, edit.start_s or 0.0, edit.end_s) as reader,
        KeyedDefocuser(config, edit, lambda f: f.time_s - reader.first_s, stats) as defocuser,
        VideoSink(output, reader, config.video, title) as writer,
    ):
        defocuser.first_to_render = writer.done
        pipeline = Pipeline(reader, defocuser, [writer])
        with progress_bar(output.name, reader.info.frame_count, options["quiet"]) as progress:
            try:
                pipeline.run(progress)
            except KeyboardInterrupt:
                click.echo(_after_ctrl_c(resume), err=True)
                raise
        engine = defocuser.estimator.engine_name
    if report:
        blur = describe_strength(config.defocus, (reader.info.width, reader.info.height))
        facts = {"engine": engine, "model": config.depth.model, "blur": blur}
        write_json(report, pipeline.report(**facts))
    if not options["quiet"]:
        click.echo(f"{output}: {stats.frames_out} frames in {stats.seconds:.1f} s", err=True)


def _after_ctrl_c(resume: bool) -> str:
    if resume:
        return "what is done is kept in a hidden journal: the same command goes on from there"
    return "nothing is kept; with --resume, the same command would go on from here"


def _title(source: Path, config: Config) -> dict[str, Any]:
    """What a run must have in common with the one that it goes on with."""
    try:
        facts = source.stat()
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from error
    return {
        "version": __version__,
        "source": source.resolve(),
        "bytes": facts.st_size,
        "modified": facts.st_mtime_ns,
        "options": config.model_dump(),
    }
