"""What becomes of every file in a folder: decoded, encoded again, and compared.

    python benchmarks/formats.py ../shared/data/formats [--frames N] [--suffix .mp4] > table.md

Each row is one file: the result ("ok" or the one line that a user reads), frames expected
(``probe.tsv`` in the folder, if there is one), decoded, and found in the copy, its size, how much
the first picture of the copy is like that of the file, and the sound of both. The exit code is 1
where a copy is wrong.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from streamdefocus.config import VideoOptions
from streamdefocus.errors import StreamDefocusError
from streamdefocus.frames import BgrImage, Frame
from streamdefocus.sinks import open_sink
from streamdefocus.sources import open_source

_TICK_S = {".mkv": 0.0005, ".webm": 0.0005}
"""Rounding of containers that count in milliseconds; others must be exact."""

_ALIKE_DB = 26.0


@dataclass
class Sound:
    """A sound track: how much there is of it and when it begins."""

    codec: str
    packets: int = 0
    size: int = 0
    start_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.codec} {self.packets} packets, {self.size} bytes, from {self.start_s:.3f} s"


@dataclass
class Row:
    """What became of one file."""

    path: str
    expected: str = ""
    error: str = ""
    notes: list[str] = field(default_factory=list)
    times: list[Fraction] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    copied_times: list[Fraction] = field(default_factory=list)
    copied_size: tuple[int, int] = (0, 0)
    psnr_db: float = 0.0
    sound: list[Sound] = field(default_factory=list)
    copied_sound: list[Sound] = field(default_factory=list)
    is_partial: bool = False
    seconds: float = 0.0

    def problem(self, suffix: str) -> str:
        """What is wrong with the copy, or nothing."""
        if self.error:
            return ""
        if len(self.copied_times) != len(self.times):
            return f"{len(self.times)} frames became {len(self.copied_times)}"
        # Matroska cannot start before zero: then everything moves up, sound and pictures alike.
        shift = self.copied_times[0] - self.times[0] if suffix in _TICK_S else 0
        pairs = zip(self.times, self.copied_times, strict=True)
        drift_s = max(abs(float(after - before - shift)) for before, after in pairs)
        if drift_s > 2 * _TICK_S.get(suffix, 0):
            return f"time stamps differ by up to {drift_s:.6f} s"
        return self._picture_problem(suffix) or self._sound_problem()

    def _picture_problem(self, suffix: str) -> str:
        width, height = self.size
        padded = (width + width % 2, height + height % 2)
        if self.copied_size not in (self.size, padded) and suffix not in _TICK_S:
            return f"{self.size} became {self.copied_size}"
        if self.psnr_db < _ALIKE_DB:
            return f"the picture changed ({self.psnr_db:.1f} dB)"
        return ""

    def _sound_problem(self) -> str:
        if len(self.copied_sound) != len(self.sound):
            return f"{len(self.sound)} sound tracks became {len(self.copied_sound)}"
        for before, after in zip(self.sound, self.copied_sound, strict=True):
            is_whole = not self.is_partial
            if is_whole and before.codec == after.codec and before.size != after.size:
                return f"sound: {before} became {after}"
        return ""


def examine(
    path: Path, name: str, folder: Path, suffix: str = ".mp4", frames: int | None = None
) -> Row:
    """Copy one file and look at the result.

    Args:
        path: The file.
        name: What to call it.
        folder: Where to write the copy, which is removed again.
        suffix: Container of the copy.
        frames: Frames to read at most.
    """
    row = Row(name)
    target = folder / f"copy{suffix}"
    started_s = time.perf_counter()
    with _notes(row.notes):
        try:
            first = _copy(path, target, frames, row)
            with open_source(target) as copied:
                row.copied_size = (copied.info.width, copied.info.height)
                row.psnr_db = _psnr_db(first, next(iter(copied)).bgr)
            row.copied_times = _times(target)
            row.sound, row.copied_sound = _sound(path), _sound(target)
        except StreamDefocusError as error:
            row.error = str(error)
    row.error = row.error.replace(str(path), path.name)
    row.notes = [note.replace(str(path), path.name) for note in row.notes]
    row.seconds = time.perf_counter() - started_s
    target.unlink(missing_ok=True)
    return row


def media_in(folder: Path) -> dict[str, str]:
    """Paths within the folder, with the number of frames that ``probe.tsv`` expects, or ""."""
    probe = folder / "probe.tsv"
    expected: dict[str, str] = {}
    if probe.is_file():
        with probe.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                expected[row["path"]] = row["decoded_frames"] or ""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    media = [path for path in found if path.suffix.lower() not in (".tsv", ".txt", ".md")]
    names = [path.relative_to(folder).as_posix() for path in media]
    return {name: expected.get(name, "") for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, help="read at most so many frames of a file")
    parser.add_argument("--suffix", default=".mp4", help="container to write (default .mp4)")
    arguments = parser.parse_args()
    print("| file | result | expected | in | out | size | PSNR | sound in | sound out | s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    problems = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, expected in media_in(arguments.folder).items():
            path = arguments.folder / name
            row = examine(path, name, Path(scratch), arguments.suffix, arguments.frames)
            row.expected = expected
            problems += bool(row.problem(arguments.suffix))
            print(_as_markdown(row, arguments.suffix), flush=True)
    return 1 if problems else 0


def _copy(path: Path, target: Path, frames: int | None, row: Row) -> BgrImage:
    """Decode and encode; notes times and size in the row, and gives the first picture back."""
    first: Frame | None = None
    options = VideoOptions(preset="ultrafast")
    with open_source(path) as reader, open_sink(target, reader, options) as writer:
        row.size = (reader.info.width, reader.info.height)
        for frame in itertools.islice(reader, frames):
            first = first or frame
            writer.write(frame)
            row.times.append(frame.pts * frame.time_base)
        row.is_partial = frames is not None and next(iter(reader), None) is not None
    assert first is not None
    return first.bgr


def _times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [
            frame.pts * frame.time_base
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def _sound(path: Path) -> list[Sound]:
    with av.open(str(path)) as container:
        streams = container.streams.audio
        tracks = {stream.index: Sound(_codec(stream)) for stream in streams}
        for packet in container.demux(*streams) if streams else ():
            track = tracks[packet.stream.index]
            if packet.size and not track.packets:
                track.start_s = float((packet.pts or 0) * packet.time_base)
            track.packets += bool(packet.size)
            track.size += packet.size
    return list(tracks.values())


def _codec(stream: av.AudioStream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def _psnr_db(before: BgrImage, after: BgrImage) -> float:
    """Likeness of two pictures; the second may be padded, or stretched to square pixels."""
    height, width = before.shape[:2]
    if abs(after.shape[1] - width) > 1:
        before = cast(BgrImage, cv2.resize(before, after.shape[1::-1]))
        height, width = before.shape[:2]
    if after.shape[0] < height or after.shape[1] < width:
        return 0.0
    error = float(np.mean((before.astype(float) - after[:height, :width]) ** 2))
    return float(10 * np.log10(255**2 / max(error, 0.01)))


@contextmanager
def _notes(lines: list[str]) -> Iterator[None]:
    """Collect what the package logs."""
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("streamdefocus")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _as_markdown(row: Row, suffix: str) -> str:
    result = row.error or row.problem(suffix) or "ok"
    cells = [
        row.path,
        "; ".join([result, *(f"note: {note}" for note in row.notes)]),
        row.expected,
        str(len(row.times)),
        str(len(row.copied_times)),
        "" if row.error else "x".join(map(str, row.copied_size)),
        "" if row.error else f"{row.psnr_db:.1f}",
        "; ".join(map(str, row.sound)),
        "; ".join(map(str, row.copied_sound)),
        f"{row.seconds:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
