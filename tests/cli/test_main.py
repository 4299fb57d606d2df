from __future__ import annotations

import logging
from importlib import import_module
from pkgutil import iter_modules

import pytest

import streamdefocus.cli
from streamdefocus.cli.main import program, run

COMMANDS = sorted(
    module.name
    for module in iter_modules(streamdefocus.cli.__path__)
    if hasattr(import_module(f"streamdefocus.cli.{module.name}"), "command")
)


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(program.list_commands(None)) == COMMANDS  # type: ignore[arg-type]
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert f"Usage: streamdefocus {command}" in capsys.readouterr().out


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["vidoe"]) == 2
    assert "No such command 'vidoe'" in capsys.readouterr().err


def test_models_list_and_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    assert "compact" in capsys.readouterr().out
    assert run(["models", "info", "compact"]) == 0
    shown = capsys.readouterr().out
    assert "intact" in shown
    assert "# compact" in shown


@pytest.mark.parametrize("arguments", [["train", "none.toml"], ["photo", "none.jpg", "-v"]])
def test_a_command_leaves_the_log_as_loud_as_it_was(arguments: list[str]) -> None:
    loggers = logging.getLogger(), logging.getLogger("streamdefocus")
    before = [logger.level for logger in loggers]
    assert run(arguments) in (1, 2)
    assert [logger.level for logger in loggers] == before
