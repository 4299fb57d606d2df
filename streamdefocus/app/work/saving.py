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
