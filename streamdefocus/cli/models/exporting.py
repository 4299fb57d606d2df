"""``streamdefocus models export``: a network in the formats of other runtimes, each checked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from streamdefocus.cli.models.sizes import parse_size
from streamdefocus.depth.engines.keras import load_network, load_saved_network
from streamdefocus.depth.export import FORMATS, Agreement, export_checked
from streamdefocus.depth.preprocessing import to_network_input
from streamdefocus.depth.runs import find_entry
from streamdefocus.errors import ConfigError, InputError, ModelError
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.photos import SUFFIXES, read_photo
from streamdefocus.sources.synthetic import SyntheticSource

CHECKED, CALIBRATED = 12, 100
"""Most pictures that are checked, and that calibration sees."""


@click.command("export")
@click.argument("model", metavar="NAME|RUN|FILE")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="file or folder to write"
)
@click.option(
    "--format", type=click.Choice(list(FORMATS)), help="format  [by the ending of --output]"
)
@click.option(
    "--input",
    "input_px",
    metavar="WxH",
    callback=parse_size,
    help="fix the input size  [open; LiteRT: the model's]",
)
@click.option("--check", type=click.Path(path_type=Path), help="photos to check with  [synthetic]")
@click.option(
    "--calibrate", type=click.Path(path_type=Path), help="photos for litert-int8  [synthetic]"
)
@click.option("--allow-inexact", is_flag=True, help="keep a file that does not agree")
@click.option("--force", is_flag=True, help="replace what is at --output")
def command(
    model: str,
    output: Path,
    format: str | None,
    input_px: tuple[int, int] | None,
    check: Path | None,
    calibrate: Path | None,
    allow_inexact: bool,
    force: bool,
) -> None:
    """Write the network of a model, a training run or a .keras file for another runtime.

    The ending of --output says which: .keras (the whole network for Keras, to be trained further),
    none (a folder, a SavedModel for TensorFlow), .tflite (LiteRT in float32), .xml (OpenVINO with
    float16 weights; it reads .tflite as well). --format litert-dynamic is LiteRT with the weights
    in int8, litert-int8 with the arithmetic too.

    But for .keras, the input is "image", 1 x H x W x 3 RGB in 0..1, and the output "disparity".

    Every file is run on pictures and compared with the network. A float format is kept if no pixel
    is off by more than 2 % of its picture's span of disparity; one in int8, if at most 2 % of each
    picture are off by more than 25 %. int8 of a network with ELUs often leaves holes: check it with
    photos like yours (--check), and prefer litert-dynamic.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the converter's notes on its own graph
    name = format or _by_suffix(output)
    kind = FORMATS[name]
    network, usual_px = _open(model)
    size_px = input_px or (usual_px if kind.needs_size else None)
    channels = network.input_shape[-1]
    seen_px = size_px or usual_px
    pictures = _pictures(check, CHECKED, seen_px, channels)
    calibration = _pictures(calibrate, CALIBRATED, seen_px, channels) if "int8" in name else []
    agreement = export_checked(
        network,
        name,
        output,
        pictures,
        size_px=size_px,
        calibration=calibration,
        inexact=allow_inexact,
        replace=force,
    )
    click.echo(f"{model} -> {output} ({kind.title}, {_size_mb(output):.1f} MB)")
    click.echo(_line(agreement))
    if not kind.accepts(agreement):
        click.echo(f"warning: {output.name} does not say what the network says", err=True)
    elif kind.quantised:
        click.echo(
            "int8 may leave holes in pictures that were not checked; --check FOLDER", err=True
        )


def _by_suffix(output: Path) -> str:
    for name, kind in FORMATS.items():
        if kind.suffix == output.suffix:
            return name
    raise ConfigError(
        f"no format ends in {output.suffix!r}; --output ends in .keras, .tflite, .xml or, for a "
        "SavedModel, in nothing"
    )


def _open(model: str) -> tuple[Any, tuple[int, int]]:
    """The Keras network, of an open size where it can be, and its usual (width, height)."""
    path = Path(model)
    if path.suffix == ".keras":
        if not path.is_file():
            raise ModelError(f"model file {path} does not exist")
        network = load_saved_network(path)
        height, width = network.input_shape[1:3]
        return network, (width or 512, height or 256)
    if path.suffix and not path.is_dir():
        raise ModelError(
            "only a model's name, a training run's folder or a .keras file can be exported. "
            f"Received: {model}"
        )
    entry = find_entry(model)
    return load_network(entry.verified("keras"), **entry.arguments()), entry.input_px


def _pictures(
    folder: Path | None, most: int, size_px: tuple[int, int], channels: int
) -> list[FloatMap]:
    found = islice(_synthetic() if folder is None else _photos(folder, most), most)
    return [_input(to_network_input(bgr, size_px), channels) for bgr in found]


def _input(bgr: BgrImage, channels: int) -> FloatMap:
    """A picture as the network sees it; of a stereo pair, it and itself from a step aside."""
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.float32)[None] / 255
    return rgb if channels == 3 else np.concatenate((rgb, np.roll(rgb, -8, axis=2)), axis=-1)


def _synthetic() -> Iterator[BgrImage]:
    """Frames of several rooms, seconds apart."""
    for seed in range(4):
        with SyntheticSource(640, 320, frame_rate=2, frames=12, seed=seed) as source:
            yield from (frame.bgr for frame in islice(source, 0, None, 4))


def _photos(folder: Path, most: int) -> Iterator[BgrImage]:
    files = sorted(f for f in folder.glob("*") if f.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"there are no photos in {folder}")
    step = max(1, len(files) // most)  # from all of it, not from its beginning
    yield from (read_photo(file).bgr for file in files[::step])


def _size_mb(output: Path) -> float:
    files = list(output.rglob("*")) if output.is_dir() else [output, output.with_suffix(".bin")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def _line(agreement: Agreement) -> str:
    return (
        f"{agreement.pictures} pictures against the network: off by {agreement.mean:.1e} on "
        f"average, {agreement.largest:.1e} at most; {agreement.mean_of_span:.3%} and "
        f"{agreement.largest_of_span:.2%} of the span; {agreement.slight:.2%} of the pixels by "
        f"more than 1 % of it; at worst {agreement.gross:.2%} of a picture by more than 25 %"
    )
