"""Writing a file that is known to say what its network says."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamdefocus.depth.export.agreement import Agreement, compare
from streamdefocus.depth.export.formats import FORMATS, Batch, Format, at_size, predictor
from streamdefocus.errors import OutputError


def export_checked(
    network: Any,
    format: str,
    path: Path,
    pictures: Sequence[Batch],
    *,
    size_px: tuple[int, int] | None = None,
    calibration: Sequence[Batch] = (),
    inexact: bool = False,
    replace: bool = False,
) -> Agreement:
    """Export a network, run the file, and keep it if it agrees with the network.

    Args:
        network: Of build_network with an open size, or a saved one.
        format: A key of FORMATS.
        path: File or folder to write.
        pictures: What the network and the file are run on.
        size_px: (width, height) to fix the input at; None leaves it open.
        calibration: What the ranges of "litert-int8" are measured on.
        inexact: Keep the file in any case.
        replace: Whether what is at the path may be replaced.

    Returns:
        How much they agree.

    Raises:
        EngineError: The format's runtime is not installed.
        OutputError: The path is taken or does not suit the format, cannot be written, or the file
            does not agree with the network.
    """
    kind = FORMATS[format]
    _check_path(kind, format, path, replace)
    fixed = network if size_px is None else at_size(network, size_px)
    original = predictor(network)
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            kind.write(fixed, unfinished, calibration)
            exported = kind.open(unfinished)
            agreement = compare((original(image), exported(image)) for image in pictures)
            if not (inexact or kind.accepts(agreement)):
                raise OutputError(_inexact(kind, path, agreement))
            _place(Path(folder), path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    return agreement


def _check_path(kind: Format, name: str, path: Path, replace: bool) -> None:
    if path.suffix != kind.suffix:
        ending = f"must end in {kind.suffix}" if kind.suffix else "is a folder, without ending"
        raise OutputError(f"what is exported as {name} {ending}. Received: {path}")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: the folder {path.parent} does not exist")
    if not path.exists():
        return
    if not replace:
        raise OutputError(f"{path} exists; name another file, or replace it with --force")
    if path.is_dir() and not (kind.suffix == "" and (path / "saved_model.pb").is_file()):
        raise OutputError(f"{path} is a folder that was not exported; it is not replaced")


def _place(folder: Path, path: Path) -> None:
    """Move what was written to where it belongs, a model's own name last."""
    if path.is_dir():
        shutil.rmtree(path)
    for file in sorted(folder.iterdir(), key=lambda file: file.name == path.name):
        file.replace(path.with_name(file.name))


def _inexact(kind: Format, path: Path, agreement: Agreement) -> str:
    if kind.quantised:
        found = f"{agreement.gross:.1%} of a picture is off by a quarter of its span"
        instead = "export as litert (float), or calibrate with pictures like yours (--calibrate)"
    else:
        found = f"a pixel is off by {agreement.largest_of_span:.1%} of the picture's span"
        instead = "this should not happen; please report it"
    return (
        f"{path.name} does not say what the network says, and was not kept: {found}; {instead}. "
        "--allow-inexact keeps it"
    )
