"""What accompanies the pictures of a video file: sound, subtitles, chapters, metadata."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from streamdefocus.media.containers import MediaTraits, open_media

SoundPacket: TypeAlias = "Packet[Stream]"

_log = logging.getLogger(__name__)


class Companions:
    """Carries everything but the pictures from one container to another, as time goes by.

    The file is opened a second time, so that nothing ties the thread that encodes to the one that
    decodes, and no sound waits in memory.

    Args:
        traits: The file that the frames came from.
        output: Where to; its header must not be written yet.
        shift_s: Seconds by which everything moves.
    """

    def __init__(self, traits: MediaTraits, output: OutputContainer, shift_s: Fraction) -> None:
        self._output = output
        self._input = open_media(traits.path)
        self._shift_s = shift_s
        output.metadata.update(self._input.metadata)
        self._targets: dict[int, Stream] = {}
        for stream in self._input.streams:
            target = self._target(stream)
            if target is not None:
                self._targets[stream.index] = target
        sources = [self._input.streams[index] for index in self._targets]
        self._packets: Iterator[SoundPacket] = iter(())
        if sources:
            self._packets = self._input.demux(*sources)
        self._waiting: SoundPacket | None = None

    def write_until(self, time_s: Fraction) -> None:
        """Write what is to be decoded up to a time, in seconds of the output."""
        while True:
            packet = self._waiting or self._read()
            self._waiting = None
            if packet is None:
                return
            if _decode_time_s(packet) + self._shift_s > time_s:
                self._waiting = packet
                return
            self._write(packet)

    def finish(self) -> None:
        """Write all that is left."""
        while (packet := self._waiting or self._read()) is not None:
            self._waiting = None
            self._write(packet)
        self.close()

    def close(self) -> None:
        """Close the input; idempotent."""
        self._input.close()

    def _target(self, stream: Stream) -> Stream | None:
        if not isinstance(stream, AudioStream):
            return None
        try:
            target = self._output.add_stream_from_template(stream)
        except ValueError as error:
            _log.warning("a sound track is left out: %s", error)
            return None
        target.metadata.update(stream.metadata)
        target.disposition = stream.disposition
        return target

    def _read(self) -> SoundPacket | None:
        try:
            packet = next(self._packets, None)
            while packet is not None and packet.dts is None:
                packet = next(self._packets, None)
        except FFmpegError:
            _log.warning("the sound ends early: the file is damaged")
            return None
        return packet

    def _write(self, packet: SoundPacket) -> None:
        shift = round(self._shift_s / packet.time_base)
        packet.dts = (packet.dts or 0) + shift
        packet.pts = packet.dts if packet.pts is None else packet.pts + shift
        packet.stream = self._targets[packet.stream_index]
        self._output.mux(packet)


def _decode_time_s(packet: SoundPacket) -> Fraction:
    return (packet.dts or 0) * packet.time_base
