"""What was encoded so far, kept beside an unfinished video so that it can be gone on with."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import struct
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import cv2  # noqa: F401  (before av: the other way round, windows can hang on Linux)
from av.packet import Packet

from streamdefocus.errors import OutputError

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_LOG = logging.getLogger(__name__)

_LONGEST_NAME = 255  # bytes, on every file system in use

_RECORD = struct.Struct("<IqqqqqB")
"""Bytes of the packet; pts, dts and duration; time base as two numbers; whether a key frame."""


class Journal:
    """Encoded packets of a video, in a file that survives whatever ends the program.

    A video can be gone on with from a key frame only, so the packets since the last one are given
    up: at most some 250 frames.

    Args:
        final: The video that is being written; the journal lies hidden beside it.
        about: Everything that decides what comes out: the input, the options. A journal of
            anything else is thrown away.

    Attributes:
        done: Frames that need not be made again.

    Raises:
        OutputError: The journal cannot be written.
    """

    def __init__(self, final: Path, about: Mapping[str, Any]) -> None:
        self.path = _journal_of(final)
        self.done = 0
        self._title = json.dumps(about, sort_keys=True, default=str).encode() + b"\n"
        try:
            self._file = self._open()
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}") from error

    @staticmethod
    def forget(final: Path) -> None:
        """Remove what an earlier run left, now that the video is complete without it."""
        _journal_of(final).unlink(missing_ok=True)

    def replay(self, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        """The packets of the frames that are done, for a stream of the same codec and options."""
        self._file.seek(len(self._title))
        for _ in range(self.done):
            record, data = _read(self._file) or (None, b"")
            if record is None:
                raise OutputError(f"{self.path} was changed meanwhile; remove it and start anew")
            packet = cast("Packet[VideoStream]", Packet(data))
            _, packet.pts, packet.dts, packet.duration, numerator, denominator, key = record
            packet.time_base = Fraction(numerator, denominator)
            packet.is_keyframe = bool(key)
            packet.stream = stream
            yield packet

    def append(self, packet: Packet[VideoStream]) -> None:
        """Keep a packet that the encoder gave, before anything changes it."""
        data = bytes(packet)
        base = packet.time_base
        self._file.write(
            _RECORD.pack(
                len(data),
                packet.pts,
                packet.dts,
                packet.duration,
                base.numerator,
                base.denominator,
                packet.is_keyframe,
            )
        )
        self._file.write(data)
        self._file.flush()

    def close(self) -> None:
        """Keep the journal for later; idempotent."""
        self._file.close()

    def remove(self) -> None:
        """The video is complete."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _open(self) -> IO[bytes]:
        file = self.path.open("r+b" if self.path.exists() else "w+b")
        if file.read(len(self._title)) == self._title:
            self.done, end = _last_key_frame(file)
        else:
            if file.seek(0, 2):
                _LOG.warning("%s is of other input or options; starting anew", self.path)
            file.seek(0)
            file.write(self._title)
            end = len(self._title)
        file.seek(end)
        file.truncate()
        return file


def _journal_of(final: Path) -> Path:
    name = f".{final.name}.journal"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{hashlib.sha256(os.fsencode(final.name)).hexdigest()}.journal"
    return final.with_name(name)


def _last_key_frame(file: IO[bytes]) -> tuple[int, int]:
    """How many packets come before the last key frame, and where it begins."""
    count = before = 0
    begin = end = file.tell()
    while (item := _read(file)) is not None:
        if item[0][-1]:
            before, end = count, begin
        count += 1
        begin = file.tell()
    return before, end


def _read(file: IO[bytes]) -> tuple[tuple[int, ...], bytes] | None:
    """The next record, or None where the file ends, in the middle of one or not."""
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    record = _RECORD.unpack(head)
    data = file.read(record[0])
    return (record, data) if len(data) == record[0] else None
