"""What accompanies the pictures of a video file: sound, subtitles, chapters, metadata."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from fractions import Fraction

from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Discard

from streamdefocus.media.containers import MediaTraits, open_media
from streamdefocus.sinks.tracks import AnyPacket, Track, carry, describe

_log = logging.getLogger(__name__)

_MICROSECONDS = 1_000_000

_BELONGS_TO_THE_CONTAINER = ("major_brand", "minor_version", "compatible_brands", "encoder")


class Companions:
    """Carries everything but the pictures from one container to another, as time goes by.

    The file is opened a second time, so that nothing ties the thread that encodes to the one that
    decodes, and no sound waits in memory.

    Args:
        traits: The file that the frames came from.
        output: Where to; its header must not be written yet.
        shift_s: Seconds by which everything moves up; if negative, down, and what would begin
            before zero is left out.
    """

    def __init__(self, traits: MediaTraits, output: OutputContainer, shift_s: Fraction) -> None:
        self._shift_s = shift_s
        self._input = open_media(traits.path)
        self._packets: Iterator[AnyPacket] = iter(())
        self._waiting: AnyPacket | None = None
        self._tracks: dict[int, Track] = {}
        _copy_metadata(self._input, output, shift_s)
        describe(self._input.streams[traits.stream_index], output.streams.video[0])
        for stream in self._input.streams:
            track = carry(stream, output)
            if track is None:
                stream.discard = Discard.all  # saves reading it
            else:
                self._tracks[stream.index] = track
        if self._tracks:
            if shift_s < 0:
                with contextlib.suppress(FFmpegError):  # then it is read from its beginning
                    self._input.seek(round(-shift_s * _MICROSECONDS))
            self._packets = self._input.demux(
                *(self._input.streams[index] for index in self._tracks)
            )

    def write_until(self, time_s: Fraction) -> None:
        """Write what is to be decoded up to a time, in seconds of the output."""
        while (packet := self._waiting or self._read()) is not None:
            if (packet.dts or 0) * packet.time_base + self._shift_s > time_s:
                self._waiting = packet
                return
            self._write(packet)

    def finish(self, end_s: Fraction | None = None) -> None:
        """Write what is left.

        Args:
            end_s: Where to stop, in seconds of the output; by default at the end.
        """
        if end_s is not None:
            self.write_until(end_s)
        else:
            while (packet := self._waiting or self._read()) is not None:
                self._write(packet)
        for track in self._tracks.values():
            track.finish()
        self.close()

    def close(self) -> None:
        """Close the input; idempotent."""
        self._input.close()

    def _read(self) -> AnyPacket | None:
        try:
            # Empty packets mark the end of a track and carry nothing.
            return next((packet for packet in self._packets if packet.size), None)
        except FFmpegError:
            _log.warning("the sound ends early: the file is damaged there")
            return None

    def _write(self, packet: AnyPacket) -> None:
        self._waiting = None
        shift = round(self._shift_s / packet.time_base)
        begin = packet.dts if packet.pts is None else packet.pts
        if shift >= 0 or (begin or 0) + shift >= 0:
            self._tracks[packet.stream_index].write(packet, shift)


def _copy_metadata(source: InputContainer, target: OutputContainer, shift_s: Fraction) -> None:
    for key, value in source.metadata.items():
        if key.lower() not in _BELONGS_TO_THE_CONTAINER:
            target.metadata[key] = value
    chapters = source.chapters()
    for chapter in chapters:
        shift = round(shift_s / (chapter["time_base"] or 1))
        start = chapter["start"] + shift
        chapter["start"] = max(start, 0) if shift_s < 0 else start
        chapter["end"] += shift
    target.set_chapters([chapter for chapter in chapters if chapter["end"] > chapter["start"]])
