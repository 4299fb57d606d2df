"""What a container says of a video stream, where that can be believed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from av.video.stream import VideoStream

_FASTEST_RATE = 480
"""Frames a second above which a container's statement is taken for its tick, not its rate."""

_MICROSECONDS = 1_000_000


def frame_rate(stream: VideoStream, first_s: Fraction = Fraction(0)) -> Fraction | None:
    """Nominal frames a second, or None where nothing sensible is said.

    Args:
        stream: The stream.
        first_s: Seconds that its first frame lasts, or 0; for short files, whose average is
            nonsense, and H.264, which may state the rate of fields.
    """
    candidates: Iterable[Fraction | None] = (
        stream.average_rate,
        1 / first_s if first_s else None,
        stream.guessed_rate,
    )
    return next((rate for rate in candidates if rate and 0 < rate <= _FASTEST_RATE), None)


def frame_count(stream: VideoStream, rate: Fraction | None) -> int | None:
    """Frames that the container states, or an estimate from its duration, or None."""
    if stream.frames:
        return stream.frames
    seconds = duration_s(stream)
    if seconds is None and stream.container.duration:  # type: ignore[attr-defined]
        seconds = stream.container.duration / _MICROSECONDS  # type: ignore[attr-defined]
    return max(1, round(seconds * rate)) if rate and seconds else None


def duration_s(stream: VideoStream) -> float | None:
    """How long the pictures of a stream last, or None where only the whole file has a length.

    MP4 is left out, because what it states does not know of the parts that edit lists hide.
    """
    if stream.duration and stream.time_base and "mp4" not in stream.container.format.name:
        return float(stream.duration * stream.time_base)
    parts = stream.metadata.get("DURATION", "").split(":")  # Matroska: 00:01:02.345000000
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds


def is_cut_short(stream: VideoStream, path: Path) -> bool:
    """Whether the container's index points behind the end of the file."""
    entries = stream.index_entries
    if not len(entries):
        return False
    last = entries[len(entries) - 1]
    return bool(last.pos + last.size > path.stat().st_size)
