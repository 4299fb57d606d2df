"""The folder of a run: who may write into it, and what tells others how to use the result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from streamdefocus.errors import OutputError
from streamdefocus.training.config import TrainOptions

LOCK = "lock"
NETWORK = "network.toml"
OPTIONS = "options.json"


HARMLESS = frozenset(("steps", "epochs", "log_every", "save_every", "picture_every"))
"""Options that may be others when a run goes on: the results up to there would be the same."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if need be, and keep other processes out of it.

    Raises:
        OutputError: It cannot be made, or another process trains in it.
    """
    lock = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _take(lock)
    except OSError as error:
        raise OutputError(f"cannot use the run's folder {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        owner = lock.read_text(encoding="ascii").strip()
        if owner.isdigit() and int(owner) != os.getpid() and psutil.pid_exists(int(owner)):
            raise OutputError(
                f"the process {owner} trains in {lock.parent}; wait for it, or rename the "
                f"configuration. If it is another program, delete {lock}"
            ) from None
        lock.unlink(missing_ok=True)  # of a run that was killed
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))


def describe(options: TrainOptions) -> str:
    """``network.toml``: what the weights are of, as build_network's arguments and input size.

    A TOML table with the keys of NetworkOptions that differ from their defaults, ``input_px``
    (width, height of a landscape input) and ``metric`` (whether disparity is a fraction of the
    image width).
    """
    batches = options.batches
    table = {
        **options.network.arguments(),
        # Trained at several sizes, a network is best at the largest.
        "input_px": list(batches.large_px if batches.large else batches.size_px),
        "metric": options.objective.kind != "labels",
    }
    return as_toml(table)


def changed_options(folder: Path, options: TrainOptions) -> list[str]:
    """What differs from the options that a run was last saved with, "table.key: before -> now".

    But for those that are ``HARMLESS``; nothing if nobody knows what it was saved with.
    """
    try:
        before = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(_differences(before, options.model_dump(mode="json"), ""))


def _differences(before: object, now: object, name: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now} - HARMLESS):
            yield from _differences(before.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif before != now:
        yield f"{name}: {json.dumps(before)} -> {json.dumps(now)}"


def as_toml(table: Mapping[str, object]) -> str:
    """A TOML file, a line for each key; its values are what JSON has, but nothing is null."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    """As JSON writes it, but for tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(v)}" for key, v in value.items()) + " }"
    return json.dumps(value)
