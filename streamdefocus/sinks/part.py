"""A file that appears under its name when it is complete, and not before."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path

from streamdefocus.errors import OutputError

_LONGEST_STEM = 60
"""Characters: file names end at 255 bytes, and a character may take four."""


class PartFile:
    """A hidden file beside the final one, which takes its place in one step.

    Args:
        final: Where the complete file shall be; one that is there is replaced by ``complete()``.
        inputs: Files that must not be overwritten, under whatever name or link.

    Attributes:
        final: As given.
        path: Where to write meanwhile; it exists and is empty.

    Raises:
        OutputError: The folder is missing or cannot be written to, ``final`` is a folder, or it
            is one of the inputs.
    """

    def __init__(self, final: Path, inputs: tuple[Path, ...] = ()) -> None:
        self.final = final
        if final.is_dir():
            raise OutputError(f"{final} is a folder; give the name of a file")
        for source in inputs:
            if final.exists() and source.exists() and final.samefile(source):
                raise OutputError(
                    f"{final} is the input itself ({source}); give the result another name"
                )
        folder = final.parent
        if not folder.is_dir():
            raise OutputError(f"the folder {folder} does not exist; create it first")
        try:
            self.path = _new_file(folder, final)
        except OSError as error:
            raise OutputError(
                f"cannot write to the folder {folder}: {error.strerror}; choose another"
            ) from error

    def complete(self) -> None:
        """Put the file under its final name.

        Raises:
            OutputError: That failed; the part is gone and an earlier final file is untouched.
        """
        try:
            self.path.replace(self.final)
        except OSError as error:
            self.remove()
            raise OutputError(f"cannot write {self.final}: {error.strerror}") from error

    def remove(self) -> None:
        """Give up; idempotent."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def _new_file(folder: Path, final: Path) -> Path:
    """An empty file that nobody else uses; with the final suffix, by which formats are chosen."""
    for number in itertools.count():
        name = f".{final.stem[:_LONGEST_STEM]}.part-{os.getpid()}-{number}{final.suffix}"
        with contextlib.suppress(FileExistsError):
            (folder / name).touch(exist_ok=False)
            return folder / name
    raise AssertionError
