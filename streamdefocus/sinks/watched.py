"""A sink whose end is told to whoever attached it."""

from __future__ import annotations

from collections.abc import Callable

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.sinks.base import Sink


class Watched(Sink):
    """Another sink, whose end is told.

    Args:
        sink: The other one.
        ended: Called when it is closed, with None, or fails, with the error; from the thread that
            writes.
    """

    def __init__(self, sink: Sink, ended: Callable[[OutputError | None], None]) -> None:
        self.name = sink.name
        self.sink = sink
        self._ended = ended

    def write(self, frame: Frame) -> None:
        """See Sink."""
        self._guarded(lambda: self.sink.write(frame))

    def readers(self) -> int | None:
        """See Sink."""
        return self.sink.readers()

    def close(self) -> None:
        """See Sink."""
        self._guarded(self.sink.close)
        self._ended(None)

    def discard(self) -> None:
        """See Sink."""
        self.sink.discard()

    def _guarded(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except OutputError as error:
            self._ended(error)
            raise
