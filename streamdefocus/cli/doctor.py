"""``streamdefocus doctor``: what this machine can do, and what mends what it cannot."""

from __future__ import annotations

from pathlib import Path

import click

from streamdefocus.cli.progress import write_json
from streamdefocus.doctor import Examination, examine

_MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]slow or limited[/]", "missing": "[red]missing[/]"}


@click.command("doctor")
@click.option("--all", "thorough", is_flag=True, help="also measure TensorFlow, which takes longer")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="write all that as JSON")
def command(thorough: bool, json_path: Path | None) -> int:
    """Look at this machine: speed, cameras, virtual cameras, encoders; and the fix for each gap.

    The exit code is 0 if photos and videos can be defocused here.
    """
    examination = examine(thorough)
    show(examination)
    if json_path:
        write_json(json_path, examination.as_json())
    return 0 if examination.ready else 1


def show(examination: Examination) -> None:
    """Print a table of what was found, then the fixes, in lines that can be copied."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("what", "state", "found"):
        table.add_column(title, overflow="fold")
    for finding in examination.findings:
        table.add_row(escape(finding.name), _MARKS[finding.status], escape(finding.detail))
    console = Console()
    console.print(table)
    fixes = [finding for finding in examination.findings if finding.fix]
    if fixes:
        console.print("What mends it:")
    for finding in fixes:
        click.echo(f"  {finding.name}: {finding.fix}")
    verdict = "can" if examination.ready else "cannot yet"
    click.echo(f"\nThis machine {verdict} defocus photos and videos.")
