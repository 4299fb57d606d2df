"""Command line options made from the fields of the configuration: none is written twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from streamdefocus.config import Config, Section, load_config

_Function = TypeVar("_Function", bound=Callable[..., Any])


def config_options(*sections: str) -> Callable[[_Function], _Function]:
    """Add ``--config``, ``-v``, ``-q`` and every option of some sections to a command.

    The command receives all of them as keyword arguments; ``config_of`` turns those into a
    Config.

    Args:
        *sections: Names of fields of Config.
    """

    def decorate(function: _Function) -> _Function:
        for section in reversed(sections):
            options = Config.model_fields[section].annotation
            assert isinstance(options, type)
            assert issubclass(options, Section)
            for name, field in reversed(options.model_fields.items()):
                function = _option(name, field)(function)
        return _common(function)

    return decorate


def field_option(section: type[Section], name: str) -> Callable[[_Function], _Function]:
    """One option of a section, for a command that takes no more of it; None if not given.

    Args:
        section: Such as ``DefocusOptions``.
        name: Of its field.
    """
    return _option(name, section.model_fields[name])


def config_of(config: Path | None, verbose: int, quiet: bool, **overrides: Any) -> Config:
    """The configuration that the options of ``config_options`` describe.

    Raises:
        ConfigError: See load_config.
    """
    level = logging.ERROR if quiet else max(logging.DEBUG, logging.WARNING - 10 * verbose)
    logging.getLogger().setLevel(level)
    return load_config(config, overrides)


def _common(function: _Function) -> _Function:
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="errors only, no progress"),
        click.option("-v", "--verbose", count=True, help="say more; twice for all"),
        click.option(
            "--config", type=click.Path(path_type=Path), help="TOML file with any of these options"
        ),
    ):
        function = option(function)
    return function


def _option(name: str, field: FieldInfo) -> Callable[[_Function], _Function]:
    flag = f"--{name.replace('_', '-')}"
    # Nothing given is None, so that a value in a file is not overridden by the field's default.
    common: dict[str, Any] = {"default": None, "help": f"{field.description}{_default(field)}"}
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, **common)
    if get_origin(field.annotation) is tuple:
        return click.option(flag, name, multiple=True, callback=_none_if_empty, **common)
    return click.option(flag, name, type=_type(field), **common)


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is None or isinstance(default, bool):
        return ""
    return f"  [{', '.join(default) if isinstance(default, tuple) else default}]"


def _none_if_empty(_context: object, _option: object, values: tuple[str, ...]) -> Any:
    return values or None


def _type(field: FieldInfo) -> Any:
    choices = _choices(field.annotation)
    if choices:
        return click.Choice(choices)
    kinds = {int, float} & {field.annotation, *get_args(field.annotation)}
    if kinds:
        bounds = {
            key: getattr(limit, bound)
            for limit in field.metadata
            for key, bound in (("min", "ge"), ("min", "gt"), ("max", "le"))
            if hasattr(limit, bound)
        }
        return click.IntRange(**bounds) if kinds == {int} else click.FloatRange(**bounds)
    return str


def _choices(annotation: Any) -> list[str]:
    """The strings of a Literal, also of one that may be None."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [choice for part in get_args(annotation) for choice in _choices(part)]
