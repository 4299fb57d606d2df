"""Trained models: what there is, and whether its files are what they should be.

``models/manifest.toml`` has one table a model::

    [compact]
    title = "..."                 # one line for `models list`
    encoder = "compact"           # arguments of depth.network.build_network
    width = 1.0
    input_px = [512, 256]         # width, height
    metric = false                # whether disparity is a fraction of the width; default false
    licence = "..."
    card = "compact.md"
    [compact.keras]               # files by the engine that reads them: name = sha256
    "compact.weights.h5" = "..."
    [compact.openvino]
    "compact.xml" = "..."         # the first file is the one that is opened
    "compact.bin" = "..."
    [compact.scores.NAME]         # as `evaluate depth` printed them
    abs_rel = 0.1
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streamdefocus.errors import ModelError
from streamdefocus.resources import resource_dir

MANIFEST = "manifest.toml"


class ModelEntry(BaseModel):
    """One model of a manifest.

    Attributes:
        folder: Where its files lie.
        name: What ``--model`` calls it.
        input_px: (width, height) of a landscape input.
        metric: Disparity is that of a stereo pair, as a fraction of the image width, from which
            focal length and baseline give metres; otherwise its scale and shift mean nothing.
        keras, openvino: sha256 by file name; the first file is the one to open.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    name: str
    title: str
    encoder: str
    width: float = 1.0
    input_px: tuple[int, int] = (512, 256)
    metric: bool = False
    licence: str
    card: str
    keras: dict[str, str] = Field(default_factory=dict)
    openvino: dict[str, str] = Field(default_factory=dict)
    scores: dict[str, dict[str, float]] = Field(default_factory=dict)

    def verified(self, engine: str) -> Path:
        """The file that an engine opens, after all of its files were found intact.

        Raises:
            ModelError: The model has no files for this engine, or one is missing or altered.
        """
        files: dict[str, str] = getattr(self, engine)
        if not files:
            raise ModelError(
                f"model {self.name!r} has no files for the engine {engine!r}; try --engine auto"
            )
        for file, sha256 in files.items():
            _verify(self.folder / file, sha256)
        return self.folder / next(iter(files))


def load_manifest(folder: Path | None = None) -> dict[str, ModelEntry]:
    """Models by name.

    Args:
        folder: Folder with a manifest; the package's own by default.

    Raises:
        ModelError: The manifest is missing or not valid.
    """
    folder = folder or resource_dir("models")
    path = folder / MANIFEST
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            name: ModelEntry(folder=folder, name=name, **table) for name, table in tables.items()
        }
    except OSError as error:
        raise ModelError(
            f"cannot read the list of models {path}: {error.strerror}; install streamdefocus again"
        ) from error
    except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        first_line = str(error).splitlines()[0]
        raise ModelError(f"the list of models {path} is not valid: {first_line}") from error


def find_model(name: str, folder: Path | None = None) -> ModelEntry:
    """The model that ``--model`` names.

    Raises:
        ModelError: There is no such model; the message lists those there are.
    """
    models = load_manifest(folder)
    if name not in models:
        known = ", ".join(models)
        raise ModelError(f"unknown model {name!r}. Known: {known}, or the path of a model file")
    return models[name]


def _verify(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"model file {path} cannot be read: {error.strerror}; "
            "install streamdefocus again or restore models/ from the repository"
        ) from error
    if found != sha256:
        raise ModelError(
            f"model file {path} is corrupted: sha256 is {found[:12]}..., expected "
            f"{sha256[:12]}...; install streamdefocus again or restore models/ from the repository"
        )
