"""One result of a photo on disk, complete or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from streamdefocus.errors import OutputError
from streamdefocus.photos import SUFFIXES, Photo, encode_photo
from streamdefocus.pipeline import PhotoResult
from streamdefocus.sinks.part import PartFile


def write_result(
    result: PhotoResult, kind: str, target: Path, inputs: tuple[Path, ...] = ()
) -> None:
    """Write a result at full size.

    Args:
        result: Of a photo.
        kind: "result", "depth" or "disparity".
        target: The file; of a result, its extension chooses the format.
        inputs: Files that must not be overwritten.

    Raises:
        OutputError: The extension is unknown, the file is an input, or the file cannot be written.
    """
    content = _content(result, kind, target)
    try:
        part = PartFile(target, inputs)
        try:
            part.path.write_bytes(content)
        except BaseException:
            part.remove()
            raise
        part.complete()
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}") from error


def stems_of(names: list[str], folder: Path, inputs: set[Path]) -> list[Path]:
    """First parts of the names of several photos' results, so that none overwrites anything.

    Args:
        names: File names of the photos.
        folder: Of the results.
        inputs: Files that must not be overwritten.
    """
    stems: list[Path] = []
    for name in names:
        stem = Path(name).stem
        candidates = [stem, name.replace(".", "_"), *(f"{stem}-{n}" for n in range(2, 10_000))]
        stems.append(
            next(
                folder / candidate
                for candidate in candidates
                if folder / candidate not in stems
                and not any(i.parent == folder and i.stem in _results(candidate) for i in inputs)
            )
        )
    return stems


def _results(stem: str) -> tuple[str, ...]:
    return f"{stem}_disp", f"{stem}_depth", f"{stem}_defocus"


def _content(result: PhotoResult, kind: str, target: Path) -> bytes:
    if kind == "disparity":
        buffer = io.BytesIO()
        np.save(buffer, result.disparity)
        return buffer.getvalue()
    if kind == "depth":
        return encode_photo(Photo(result.depth_map), "png")
    format = SUFFIXES.get(target.suffix.lower())
    if format is None:
        known = ", ".join(SUFFIXES)
        raise OutputError(
            f"{target.name}: no photo format is called {target.suffix!r}; use {known}"
        )
    return encode_photo(result.defocused, format)
