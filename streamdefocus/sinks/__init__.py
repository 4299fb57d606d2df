"""Where frames go to."""

from __future__ import annotations

from pathlib import Path

import cv2  # noqa: F401  (before anything imports av: the other way round, windows hang on Linux)

from streamdefocus.config import VideoOptions
from streamdefocus.sinks.base import Sink
from streamdefocus.sinks.memory import MemorySink, NullSink
from streamdefocus.sinks.video import VideoSink

__all__ = ["MemorySink", "NullSink", "Sink", "VideoSink", "open_sink"]


def open_sink(
    where: str | Path, like: object | None = None, options: VideoOptions | None = None
) -> Sink:
    """Open what frames shall go to.

    Args:
        where: A file, whose extension chooses the container, or "null", which only counts.
        like: Where the frames come from; its sound and colours are carried over if it is a file.
        options: How video files are written.

    Raises:
        OutputError: It cannot be written to.
    """
    if str(where) == "null":
        return NullSink()
    return VideoSink(Path(where), like, options)
