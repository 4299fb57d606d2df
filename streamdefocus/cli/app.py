"""``streamdefocus app``: the desktop app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from streamdefocus.cli.options import config_of, config_options


@click.command("app")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@config_options("depth")
def command(files: tuple[Path, ...], **options: Any) -> int:
    """Open the desktop app, with photos or a video if any are given."""
    config = config_of(**options)
    from streamdefocus.app.application import run_app
    from streamdefocus.app.environment import check_qt

    check_qt()

    return run_app(config, list(files))
