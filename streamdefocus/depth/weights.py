"""Trained models: what there is, and whether its files are what they should be.

Some come with the package; others lie in the user's own folder, each in a folder of its name, put
there by depth.library. A folder's ``manifest.toml`` has one table a model::

    [compact]
    title = "..."                 # one line for `models list`
    encoder = "compact"           # arguments of depth.network.build_network; also
    width = 1.0                   # input_channels, disparities, head, projecting_shortcuts, sizes
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
    [compact.origin]              # of an imported model: what it was made of
    file = "model_kitti.zip"
    sha256 = "..."
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streamdefocus.errors import ModelError
from streamdefocus.resources import resource_dir

MANIFEST = "manifest.toml"
FOLDER_VARIABLE = "STREAMDEFOCUS_MODELS"

log = logging.getLogger(__name__)


class Origin(BaseModel):
    """What a model was imported from.

    Attributes:
        file: Its name.
        sha256: Of its bytes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: str


class ModelEntry(BaseModel):
    """One model of a manifest.

    Attributes:
        folder: Where its files lie.
        name: What ``--model`` calls it.
        encoder, width, input_channels, disparities, head, projecting_shortcuts, sizes: Arguments
            of depth.network.build_network; with 6 channels it looks at both views of a stereo pair.
        input_px: (width, height) of a landscape input.
        metric: Disparity is that of a stereo pair, as a fraction of the image width, from which
            focal length and baseline give metres; otherwise its scale and shift mean nothing.
        keras, openvino: sha256 by file name; the first file is the one to open.
        origin: What it was imported from, if it was.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    name: str
    title: str
    encoder: str
    width: float = 1.0
    input_channels: Literal[3, 6] = 3
    disparities: int | None = None
    head: Literal["disparity", "deep3d"] = "disparity"
    projecting_shortcuts: bool = False
    sizes: dict[str, Any] | None = None
    input_px: tuple[int, int] = (512, 256)
    metric: bool = False
    licence: str
    card: str
    keras: dict[str, str] = Field(default_factory=dict)
    openvino: dict[str, str] = Field(default_factory=dict)
    scores: dict[str, dict[str, float]] = Field(default_factory=dict)
    origin: Origin | None = None

    @property
    def files(self) -> list[Path]:
        """All files of its networks."""
        return [self.folder / file for file in (*self.keras, *self.openvino)]

    @property
    def is_users(self) -> bool:
        """Whether it lies in the user's folder, not in the package's."""
        return self.folder != resource_dir("models")

    def arguments(self) -> dict[str, Any]:
        """Arguments of depth.network.build_network but for the input's size."""
        return {
            "encoder": self.encoder,
            "width": self.width,
            "input_channels": self.input_channels,
            "disparities": self.disparities,
            "head": self.head,
            "projecting_shortcuts": self.projecting_shortcuts,
            "sizes": self.sizes,
        }

    def parameters(self) -> int | None:
        """How many numbers the network has learnt, or None where there are no Keras weights.

        Raises:
            ModelError: The file is damaged.
        """
        if not self.keras:
            return None
        import h5py  # type: ignore[import-untyped]

        sizes: list[int] = []

        def add(_name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                sizes.append(item.size)

        path = self.folder / next(iter(self.keras))
        try:
            with h5py.File(path) as file:
                file.visititems(add)
        except OSError as error:
            raise ModelError(
                f"model file {path} cannot be read: {error}; {self._remedy}"
            ) from error
        return sum(sizes)

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
            self._verify(self.folder / file, sha256)
        return self.folder / next(iter(files))

    def _verify(self, path: Path, sha256: str) -> None:
        try:
            found = sha256_of(path)
        except OSError as error:
            raise ModelError(
                f"model file {path} cannot be read: {error.strerror}; {self._remedy}"
            ) from error
        if found != sha256:
            raise ModelError(
                f"model file {path} is corrupted: sha256 is {found[:12]}..., expected "
                f"{sha256[:12]}...; {self._remedy}"
            )

    @property
    def _remedy(self) -> str:
        if self.is_users:
            return f"`streamdefocus models remove {self.name}`, and import it again"
        return "install streamdefocus again or restore models/ from the repository"


def user_models_dir() -> Path:
    """Folder of the user's own models; it need not exist.

    The environment variable STREAMDEFOCUS_MODELS names it; otherwise it is where the platform
    keeps a program's data.
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser().absolute()
    home = Path.home()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        given = Path(os.environ.get("XDG_DATA_HOME", ""))
        data = given if given.is_absolute() else home / ".local" / "share"
    return data / "streamdefocus" / "models"


def sha256_of(path: Path) -> str:
    """The hexadecimal sha256 of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def known_models() -> dict[str, ModelEntry]:
    """The package's models, then the user's own, by name.

    One of the user's that cannot be read is left out, with a warning: it must not keep the others
    from being used.

    Raises:
        ModelError: The package's own manifest is missing or not valid.
    """
    models = load_manifest()
    for path in sorted(user_models_dir().glob(f"[!.]*/{MANIFEST}")):
        try:
            found = load_manifest(path.parent)
        except ModelError as error:
            log.warning("%s", error)
            continue
        models = found | models  # no import ever replaces what comes with the package
    return dict(sorted(models.items(), key=lambda item: item[1].is_users))


def find_model(name: str, folder: Path | None = None) -> ModelEntry:
    """The model that ``--model`` names.

    Args:
        name: Its name.
        folder: Folder with a manifest, to look nowhere else.

    Raises:
        ModelError: There is no such model; the message lists those there are.
    """
    models = load_manifest(folder) if folder else known_models()
    if name not in models:
        known = ", ".join(models)
        raise ModelError(f"unknown model {name!r}. Known: {known}, or the path of a model file")
    return models[name]
