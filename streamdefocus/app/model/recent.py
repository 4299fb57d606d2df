"""The files that were open lately, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamdefocus.photos import SUFFIXES

MOST = 8

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mts", ".m2ts", ".mpg", ".3gp")


def with_recent(paths: Sequence[Path], path: Path) -> list[Path]:
    """A list of recent files with one more at its head."""
    path = path.absolute()
    return [path, *(other for other in paths if other != path)][:MOST]


def is_video(path: Path) -> bool:
    """Whether a file is called as videos are."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def photos_in(paths: Sequence[Path]) -> list[Path]:
    """The files of a drop that should be opened as photos; a folder stands for the photos in it."""
    return [path for path in _files_in(paths, tuple(SUFFIXES)) if not is_video(path)]


def videos_in(paths: Sequence[Path]) -> list[Path]:
    """The videos of a drop; a folder stands for the videos in it."""
    return [path for path in _files_in(paths, VIDEO_SUFFIXES) if is_video(path)]


def _files_in(paths: Sequence[Path], suffixes: tuple[str, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in suffixes)
        else:
            found.append(path)
    return found
