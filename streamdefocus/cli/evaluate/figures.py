"""What the commands of ``evaluate`` share: where figures go, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from streamdefocus.cli.progress import check_writable

FILE = click.Path(path_type=Path)

json_option = click.option("--json", "json_file", type=FILE, help="write the figures to this file")
sheet_option = click.option("--sheet", type=FILE, help="write a contact sheet (PNG) to this file")


def check_all_writable(*files: Path | None) -> None:
    """See that results can be written, before the work; None counts as not asked for.

    Raises:
        OutputError: One of them cannot.
    """
    for file in files:
        if file:
            check_writable(file)


def print_table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Print ``{method: {column: value}}``; all rows have the columns of the first."""
    from rich.console import Console
    from rich.table import Table

    columns = list(next(iter(rows.values())))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("method")
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_cell(column, row[column]) for column in columns))
    natural = Console(width=1000).measure(table).maximum
    console = Console()
    console.width = max(console.width, natural)  # a figure that is cut off says something else
    console.print(title, style="italic", markup=False, highlight=False, soft_wrap=True)
    console.print(table)


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return "never"
    return (
        f"{value:.0f}"
        if column in ("images", "lag_frames", "lag_unseen_frames")
        else f"{value:.4f}"
    )
