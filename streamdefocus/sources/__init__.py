"""Where frames come from."""

from __future__ import annotations

from pathlib import Path

from streamdefocus.sources.base import Source, SourceInfo
from streamdefocus.sources.video import VideoSource

__all__ = ["Source", "SourceInfo", "VideoSource", "open_source"]


def open_source(what: str | Path, start_s: float = 0.0, end_s: float | None = None) -> VideoSource:
    """Open what frames shall come from, judged by its content.

    Args:
        what: A video file.
        start_s: See VideoSource.
        end_s: See VideoSource.

    Raises:
        InputError: It is missing, or is not a video that can be decoded.
    """
    return VideoSource(Path(what), start_s, end_s)
