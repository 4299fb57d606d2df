"""The contract of everything that frames go to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from streamdefocus.frames import Frame, View


class Sink(ABC):
    """Takes frames, in order, until it is closed or discarded.

    Guarantees, checked for every sink by one test suite:

    - ``write`` neither keeps nor changes the frame's pixels after it returned, unless the sink's
      docstring says that it keeps them.
    - ``close()`` completes the result: every frame written is in it. It raises OutputError if that
      failed. ``discard()`` gives it up and leaves nothing behind under the final name. Each is
      idempotent, and after either of them the other does nothing.
    - Leaving the ``with`` block closes after success and discards after an exception.
    - What cannot be written raises OutputError, from the constructor where it can be known there,
      and then no file was touched.

    Attributes:
        name: What the report calls the time spent in ``write``.
    """

    name = "sink"

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take one frame."""

    def show(self, view: View) -> None:
        """Take one frame with what is known of it; sinks of frames alone need not care."""
        self.write(view.frame)

    def readers(self) -> int | None:
        """How many programs or people are looking, or None where nobody can tell."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Complete the result; idempotent."""

    @abstractmethod
    def discard(self) -> None:
        """Give the result up and leave nothing under the final name; idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> None:
        if exc_type is None:
            self.close()
        else:
            self.discard()
