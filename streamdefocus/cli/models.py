"""``streamdefocus models``: which depth networks there are, and how good they are."""

from __future__ import annotations

import click

from streamdefocus.depth.weights import ModelEntry, find_model, load_manifest


@click.group("models")
def command() -> None:
    """The depth networks that are there."""


@command.command("list")
def list_models() -> None:
    """One line a model."""
    for model in load_manifest().values():
        size_mb = sum((model.folder / file).stat().st_size for file in _files(model)) / 1e6
        width, height = model.input_px
        click.echo(f"{model.name:12} {width}x{height}  {size_mb:5.1f} MB  {model.title}")


@command.command("info")
@click.argument("name")
def info(name: str) -> None:
    """The card of the model NAME, after a check that its files are intact."""
    model = find_model(name)
    for engine in ("openvino", "keras"):
        if getattr(model, engine):
            click.echo(f"{engine}: {model.verified(engine)} (intact)")
    click.echo((model.folder / model.card).read_text(encoding="utf-8"))


def _files(model: ModelEntry) -> list[str]:
    return [*model.keras, *model.openvino]
