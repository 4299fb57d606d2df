"""The user's own models: put into their folder whole or not at all, and taken out of it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamdefocus.depth.weights import (
    MANIFEST,
    ModelEntry,
    find_model,
    load_manifest,
    user_models_dir,
)
from streamdefocus.errors import ModelError, OutputError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")  # no dot: what has an ending is a file


def check_name(name: str) -> None:
    """See that a model may be called so.

    Raises:
        ModelError: It has other characters than a name has, or is that of one of the package's.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            "a model's name has small letters, digits, - and _, and begins with a letter or digit. "
            f"Received: {name!r}"
        )
    if name in load_manifest():
        raise ModelError(f"the model {name!r} comes with streamdefocus; choose another name")


@contextmanager
def new_model(name: str, library: Path) -> Iterator[Path]:
    """A folder to fill with a model's files, which becomes ``library/name`` at the end.

    Whatever was there before is replaced; on an error or interruption it stays as it was.

    Args:
        name: The model's.
        library: Folder of models, made if it is missing.

    Yields:
        An empty folder.

    Raises:
        OutputError: The library cannot be written to.
    """
    try:
        library.mkdir(parents=True, exist_ok=True)
        # Beside its destination, so that moving it there is one step; hidden from known_models.
        with tempfile.TemporaryDirectory(prefix=".new-", dir=library) as place:
            unfinished, destination = Path(place) / name, library / name
            unfinished.mkdir()
            yield unfinished
            _exchange(unfinished, destination, Path(place) / "old")
    except OSError as error:
        raise OutputError(f"cannot write the model {name!r} to {library}: {error}") from error


def write_manifest(entry: ModelEntry) -> None:
    """Write the manifest of a folder with one model, so that load_manifest reads this entry."""
    table = entry.model_dump(mode="json", exclude={"folder", "name"}, exclude_defaults=True)
    text = "\n".join(_toml(table, (entry.name,)))
    (entry.folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def remove_model(name: str) -> Path:
    """Delete one of the user's models.

    Returns:
        The folder that is gone.

    Raises:
        ModelError: There is no such model, or it comes with the package.
        OutputError: It cannot be deleted.
    """
    folder = user_models_dir() / name
    if not _NAME.fullmatch(name) or not (folder / MANIFEST).is_file():
        find_model(name)
        raise ModelError(f"the model {name!r} comes with streamdefocus; it cannot be removed")
    try:
        with tempfile.TemporaryDirectory(prefix=".old-", dir=folder.parent) as place:
            folder.rename(Path(place) / name)  # gone at once, whatever becomes of its files
    except OSError as error:
        raise OutputError(f"cannot remove {folder}: {error}") from error
    return folder


def _exchange(new: Path, destination: Path, old: Path) -> None:
    """Move a folder to its destination, and what was there to ``old``; both or neither."""
    if destination.exists():
        destination.rename(old)
    try:
        new.rename(destination)
    except BaseException:
        if old.exists():
            old.rename(destination)
        raise


def _toml(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Lines of a table and of the tables in it; JSON's strings, numbers and lists are TOML's too.

    But for characters beyond 16 bits, which JSON would write as surrogates, and for DEL.
    """
    yield f"[{'.'.join(_quoted(key) for key in path)}]"
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{_quoted(key)} = {_quoted(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield ""
            yield from _toml(value, (*path, key))


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
