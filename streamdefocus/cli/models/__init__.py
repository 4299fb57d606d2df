"""``streamdefocus models``: the depth networks that are there, in and out of their folder."""

from __future__ import annotations

import click

from streamdefocus.cli.models import exporting, importing
from streamdefocus.depth.library import remove_model
from streamdefocus.depth.weights import find_model, known_models


@click.group("models")
def command() -> None:
    """The depth networks that are there, and those of others."""


@command.command("list")
def list_models() -> None:
    """One line a model: those that come along, then your own."""
    models = known_models().values()
    longest = max(len(model.name) for model in models)
    for model in models:
        size_mb = sum(file.stat().st_size for file in model.files if file.is_file()) / 1e6
        width, height = model.input_px
        click.echo(f"{model.name:{longest}}  {width}x{height}  {size_mb:6.1f} MB  {model.title}")


@command.command("info")
@click.argument("name")
def info(name: str) -> None:
    """What the model NAME is, after a check that its files are intact, and its card."""
    model = find_model(name)
    width, height = model.input_px
    views = "both views of a stereo pair" if model.input_channels == 6 else "one picture"
    parameters = model.parameters()
    count = f", {parameters:,} parameters" if parameters else ""
    click.echo(f"network: {model.encoder}{count}")
    click.echo(f"input: {views}, {width}x{height}")
    click.echo(f"licence: {model.licence}")
    for dataset, scores in model.scores.items():
        figures = ", ".join(f"{metric} {value:.4g}" for metric, value in scores.items())
        click.echo(f"{dataset}: {figures}")
    for engine in ("openvino", "keras"):
        if getattr(model, engine):
            click.echo(f"{engine}: {model.verified(engine)} (intact)")
    click.echo()
    click.echo((model.folder / model.card).read_text(encoding="utf-8"))


@command.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Delete your model NAME; those that come along stay."""
    click.echo(f"removed {remove_model(name)}")


command.add_command(importing.command)
command.add_command(exporting.command)
