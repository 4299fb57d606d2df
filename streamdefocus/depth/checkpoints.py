"""Checkpoints of the original implementation (github.com/mrharicot/monodepth), read into ours.

They are TensorFlow 1 checkpoints: ``NAME.index`` with ``NAME.data-00000-of-00001``, alone or in a
zip archive. Their variables are called ``model/encoder/Conv[_n]/{weights,biases}`` and
``model/decoder/Conv[_n]/...``, numbered in the order in which the layers were made; what else is in
them (Adam's moments, the step) is of no use here. The network that they belong to follows from
these names and their shapes.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from streamdefocus.depth.engines.keras import import_tensorflow
from streamdefocus.errors import ModelError

FIRST = "model/encoder/Conv/weights"
BEYOND_VGG = "model/encoder/Conv_14/weights"
"""The first variable that only the network with the encoder "resnet50" has."""

_PARTS = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
_MOST_BYTES = 4 << 30  # unpacked; the largest of the originals has 0.7 GB with Adam's moments


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as a network.

    Attributes:
        network: The Keras network with its weights, of any input size.
        arguments: Those of depth.network.build_network that make it, but for the size.
        file: Name of what it was read from.
        sha256: Of that file; of all data files, if there was no archive.
    """

    network: Any
    arguments: dict[str, Any]
    file: str
    sha256: str


def read_checkpoint(path: Path, width: float = 1.0) -> Checkpoint:
    """Read a checkpoint of the original implementation: either encoder, one view or two.

    Args:
        path: A zip archive, a folder, one of the checkpoint's files, or their common prefix.
        width: Multiplies the channels of every layer, as in build_network; the originals have 1.

    Raises:
        EngineError: TensorFlow, which reads it, is not installed.
        ModelError: There is no checkpoint or more than one, it is damaged, or a variable does not
            fit: the message names the first one, its shape, and the shape that it should have.
    """
    with _located(path) as prefix:
        shapes, tensors = _open(prefix, path)
        arguments = _architecture(shapes)
        network, variables = _network(arguments, width)
        _check(shapes, {name: tuple(v.shape) for name, v in variables.items()}, path)
        for name, variable in variables.items():
            variable.assign(_finite(tensors, name, path))
        files = [path] if path.is_file() and _is_zip(path) else _data_files(prefix)
        return Checkpoint(network, arguments, _shown(files[0], prefix), _digest(files))


# --- Where it is ------------------------------------------------------------------------------


@contextmanager
def _located(path: Path) -> Iterator[Path]:
    """The prefix of the checkpoint's files, which are unpacked for as long as this lasts."""
    if path.is_file() and _is_zip(path):
        with tempfile.TemporaryDirectory() as folder:
            yield _unpack(path, Path(folder))
        return
    prefix = path
    if path.name == "checkpoint" and path.is_file():
        prefix = _in_folder(path.parent)
    elif path.is_dir():
        prefix = _in_folder(path)
    elif path.is_file():
        prefix = path.with_name(_PARTS.sub("", path.name))
    if not _data_files(prefix):
        raise ModelError(
            f"there is no checkpoint at {path}. Expected: a .zip, a folder, or the common part of "
            "the names of a checkpoint's .index and .data files"
        )
    yield prefix


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)


def _in_folder(folder: Path) -> Path:
    """The checkpoint that TensorFlow's note names, or the only one."""
    try:
        note = (folder / "checkpoint").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        note = ""
    if named := re.search(r'^model_checkpoint_path: *"(.+)"', note, re.MULTILINE):
        latest = folder / PureWindowsPath(named[1]).name  # the folder was another once
        if _data_files(latest):
            return latest
    names = (file.relative_to(folder).as_posix() for file in folder.rglob("*.index"))
    return folder / _only(names, folder)


def _only(names: Iterable[str], path: Path) -> str:
    """The prefix of the one index among names of files."""
    found = sorted(
        name.removesuffix(".index")
        for name in names
        # Hidden files are the shadows that macOS puts into archives.
        if name.endswith(".index") and not PureWindowsPath(name).name.startswith(".")
    )
    if len(found) == 1:
        return found[0]
    if found:
        raise ModelError(f"{path} has {len(found)} checkpoints; name one: {', '.join(found)}")
    raise ModelError(f"{path} has no checkpoint: no file in it ends in .index")


def _unpack(path: Path, folder: Path) -> Path:
    """Unpack the archive's one checkpoint; returns its prefix.

    Only the name of a member is used, never the path before it, so none lands elsewhere.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            prefix = _only(archive.namelist(), path)
            members = [m for m in archive.infolist() if _PARTS.sub("", m.filename) == prefix]
            if sum(member.file_size for member in members) > _MOST_BYTES:
                raise ModelError(
                    f"{path} unpacks to more than {_MOST_BYTES >> 30} GB; is it a checkpoint?"
                )
            for member in members:
                target = folder / PureWindowsPath(member.filename).name
                with archive.open(member) as packed, target.open("wb") as file:
                    while chunk := packed.read(1 << 20):
                        file.write(chunk)
    # RuntimeError: a password is needed; NotImplementedError: an unknown compression.
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ModelError(f"cannot unpack {path}: {error}; download it again") from error
    return folder / PureWindowsPath(prefix).name


def _data_files(prefix: Path) -> list[Path]:
    """The files with the numbers; a file without ending is a checkpoint of the first format."""
    if prefix.is_file():
        return [prefix]
    found = sorted(prefix.parent.glob("*.data-*")) if prefix.parent.is_dir() else []
    return [file for file in found if _PARTS.sub("", file.name) == prefix.name]


def _shown(file: Path, prefix: Path) -> str:
    name = file.name if _is_zip(file) else prefix.name
    return name.encode("utf-8", "replace").decode("utf-8")  # it goes into a manifest


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


# --- What is in it ----------------------------------------------------------------------------


def _open(prefix: Path, path: Path) -> tuple[Mapping[str, tuple[int, ...]], Any]:
    """Shapes by variable, and TensorFlow's reader of their values."""
    tf, _ = import_tensorflow()

    try:
        reader = tf.train.load_checkpoint(str(prefix))
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} is not a TensorFlow checkpoint, or damaged: {_line(error)}"
        ) from error
    return {n: tuple(s) for n, s in reader.get_variable_to_shape_map().items()}, reader


def _architecture(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Arguments of build_network for the network that a checkpoint is of, if it is of one."""
    first = shapes.get(FIRST, ())
    arguments: dict[str, Any] = {"encoder": "vgg"}
    if BEYOND_VGG in shapes:
        arguments = {"encoder": "resnet50", "projecting_shortcuts": True}
    if len(first) == 4 and first[2] == 6:
        arguments["input_channels"] = 6
    return arguments


def _network(arguments: dict[str, Any], width: float) -> tuple[Any, dict[str, Any]]:
    """The network, and its variables by their names in a checkpoint, in the original's order."""
    from streamdefocus.depth.network import build_network, convolutions

    network = build_network(**arguments, width=width, height=None, width_px=None)
    variables = {}
    for part, layers in zip(("encoder", "decoder"), convolutions(network), strict=True):
        for number, layer in enumerate(layers):
            scope = f"model/{part}/Conv_{number}" if number else f"model/{part}/Conv"
            variables[f"{scope}/weights"] = layer.kernel
            variables[f"{scope}/biases"] = layer.bias
    return network, variables


def _check(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], path: Path
) -> None:
    for name, shape in expected.items():
        received = _times(found[name]) if name in found else "no such variable"
        if received != _times(shape):
            raise _unfit(path, f"{name} must be {_times(shape)}. Received: {received}")
    for name in sorted(found):
        if re.fullmatch(r"model/.*/(weights|biases)", name) and name not in expected:
            raise _unfit(path, f"{name} must not be there. Received: {_times(found[name])}")


def _unfit(path: Path, what: str) -> ModelError:
    return ModelError(f"{path} is not a checkpoint of the original implementation: {what}")


def _finite(tensors: Any, name: str, path: Path) -> Any:
    tf, _ = import_tensorflow()

    try:
        values = tensors.get_tensor(name)
    # IndexError: what TensorFlow makes of a file that ends too soon.
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        raise ModelError(
            f"{path} is damaged: cannot read {name}: {_line(error)}; download it again"
        ) from error
    if not np.isfinite(values).all():
        raise ModelError(f"{path} is of no use: {name} has values that are not finite numbers")
    return values


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"


def _line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
