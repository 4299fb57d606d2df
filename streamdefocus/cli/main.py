"""The program: finds the command, and turns errors into one line and an exit code.

Exit codes: 0 done, 1 something failed (the line on stderr says what), 2 the command line itself
is wrong, 130 interrupted.
"""

from __future__ import annotations

import logging
import signal
import sys
from importlib import import_module
from typing import Any

import click

from streamdefocus import __version__
from streamdefocus.errors import ConfigError, StreamDefocusError

_COMMANDS = {
    "live": "defocus what a camera sees; window, virtual camera and files out",
    "video": "defocus a video file; sound, timing, rotation and colour are kept",
    "photo": "defocus photos, with their disparity and depth maps",
    "app": "the desktop app: photos, videos and the camera in one window",
    "demo": "see what it does, with no camera and no file at hand",
    "doctor": "what this machine can do, and how to mend what it cannot",
    "models": "the depth networks that are there",
    "train": "train a depth network",
    "evaluate": "measure depth, bokeh or flicker",
    "benchmark": "measure how fast this machine is, and compare with before",
}


class _Commands(click.Group):
    """Imports a command's module when it is asked for, so that ``--help`` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"streamdefocus.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def program() -> None:
    """Real-lens depth of field for any webcam, video or photo, from one ordinary camera."""


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit.

    Args:
        arguments: Those of the command line by default.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    signal.signal(signal.SIGTERM, _interrupt)  # whoever ends us, nothing half-written stays
    sys.exit(run(arguments))


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> int:
    """Run the program; errors that a user can mend become one line on stderr.

    Returns:
        The exit code.
    """
    loggers = logging.getLogger(), logging.getLogger("streamdefocus")
    levels = [logger.level for logger in loggers]
    try:
        result: Any = program.main(arguments, prog_name="streamdefocus", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except StreamDefocusError as error:
        click.echo(f"error: {error}", err=True)
        return 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)  # what -v and -q changed
    return result if isinstance(result, int) else 0
