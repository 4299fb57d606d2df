"""``streamdefocus evaluate``: figures beside their trivial baselines, one module a subject."""

from __future__ import annotations

import click

from streamdefocus.cli.evaluate import bokeh, depth, flicker


@click.group("evaluate")
def command() -> None:
    """Measure depth, bokeh or flicker, beside trivial baselines."""


for _subject in (depth, bokeh, flicker):
    command.add_command(_subject.command)
