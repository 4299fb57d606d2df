"""A folder that `streamdefocus train` made, as a model."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from streamdefocus.depth.weights import ModelEntry, find_model, sha256_of
from streamdefocus.errors import ModelError

NETWORK = "network.toml"


def find_entry(name: str) -> ModelEntry:
    """What ``--model`` names: a model by its name, or a training run by its folder.

    Raises:
        ModelError: There is neither, or the run has saved no network.
    """
    path = Path(name)
    return read_run(path) if path.is_dir() else find_model(name)


def read_run(folder: Path) -> ModelEntry:
    """The network that a run has trained so far.

    Args:
        folder: ``runs/NAME``, with ``network.toml`` (what the network is) and ``NAME.weights.h5``.

    Raises:
        ModelError: It is not the folder of a run, or nothing was saved yet.
    """
    description, weights = folder / NETWORK, folder / f"{folder.resolve().name}.weights.h5"
    for file in (description, weights):
        if not file.is_file():
            raise ModelError(
                f"{folder} is not the folder of a training run that saved a network: "
                f"{file.name} is missing"
            )
    try:
        table = tomllib.loads(description.read_text(encoding="utf-8"))
        return ModelEntry(
            folder=folder,
            name=folder.name,
            title=f"trained in {folder}",
            licence="",
            card="",
            keras={weights.name: sha256_of(weights)},
            **table,
        )
    except OSError as error:
        raise ModelError(f"cannot read the training run {folder}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError, TypeError) as error:
        first_line = str(error).splitlines()[0]
        raise ModelError(f"{description} does not describe a network: {first_line}") from error
