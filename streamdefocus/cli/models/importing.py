"""``streamdefocus models import``: a checkpoint of the original implementation in, a model out."""

from __future__ import annotations

from pathlib import Path

import click

from streamdefocus.cli.models.sizes import parse_size
from streamdefocus.depth.importing import LICENCE, default_name, import_checkpoint
from streamdefocus.depth.weights import user_models_dir


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="what --model will call it  [from PATH]")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="folder of models  [your own]"
)
@click.option(
    "--input",
    "input_px",
    metavar="WxH",
    callback=parse_size,
    default="512x256",
    help="input size  [512x256]",
)
@click.option("--force", is_flag=True, help="replace another model of this name")
def command(
    path: Path, name: str | None, output: Path | None, input_px: tuple[int, int], force: bool
) -> None:
    """Make a model of PATH, a released checkpoint of the original implementation.

    PATH is its .zip, a folder, or the common part of its files' names; VGG and ResNet50, one view
    and stereo pairs are told apart by what is in it. The model goes to your own folder of models
    (STREAMDEFOCUS_MODELS), and --model NAME finds it there from then on.

    The originals are for non-commercial use only.
    """
    library = output or user_models_dir()
    model = import_checkpoint(path, name or default_name(path), library, input_px, replace=force)
    click.echo(f"{path} -> {model.folder}")
    click.echo(f"licence: {LICENCE}")
    if library.absolute() != user_models_dir():
        click.echo(f"use it with: STREAMDEFOCUS_MODELS={library} streamdefocus ...")
    if model.input_channels == 6:
        click.echo(f"use it with: streamdefocus evaluate depth DATA --model {model.name}")
    else:
        click.echo(f"use it with: --model {model.name}")
