"""A file that appears under its name when it is complete, and not before."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from streamdefocus.errors import OutputError


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
        self.path = folder / f".{final.stem}.part-{os.getpid()}{final.suffix}"
        try:
            self.path.write_bytes(b"")
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
