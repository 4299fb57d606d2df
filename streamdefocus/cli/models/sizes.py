"""Input sizes on the command line."""

from __future__ import annotations

import re

import click


def parse_size(
    _context: click.Context, _option: click.Parameter, given: str | None
) -> tuple[int, int] | None:
    """WxH as (width, height); a callback of click."""
    if given is None:
        return None
    found = re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", given)
    if not found:
        raise click.BadParameter(f"must be like 512x256. Received: {given}")
    return int(found[1]), int(found[2])
