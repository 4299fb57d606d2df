"""Tracks beside the pictures: copied as they are, or encoded anew where a container needs that."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias, cast

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from streamdefocus.media.timing import Timeline

_log = logging.getLogger(__name__)

AnyPacket: TypeAlias = "Packet[Stream]"

_AT_HOME: Mapping[str, frozenset[str]] = {
    "mp4": frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac", "mov_text"}),
    "mov": frozenset(
        {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "mov_text"}
    ),
    "webm": frozenset({"opus", "vorbis", "webvtt"}),
}
"""Codecs that players expect in a container; FFmpeg writes more, such as MP2 or Vorbis in MP4,
which hardly anything plays. A container that is not listed takes whatever FFmpeg can write."""

_SOUND_ENCODERS: Mapping[str, tuple[str, int]] = {
    "mp4": ("aac", 96_000),
    "mov": ("aac", 96_000),
    "matroska": ("aac", 96_000),
    "webm": ("libopus", 64_000),
}
"""Encoder and its bits a second and channel."""

_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""Layouts by the number of channels that every encoder takes; others become stereo."""

_KEPT_METADATA = ("language", "title", "handler_name", "creation_time", "comment")


class Track(ABC):
    """One track on its way from one container to another."""

    @abstractmethod
    def write(self, packet: AnyPacket, shift: int) -> None:
        """Carry a packet over.

        Args:
            packet: From the input; it may be changed.
            shift: Ticks by which it moves up.
        """

    def finish(self) -> None:  # noqa: B027  (copied tracks hold nothing back)
        """Write what is held back."""


class CopiedTrack(Track):
    """Packets as they are, to the bit."""

    def __init__(self, source: Stream, output: OutputContainer) -> None:
        self._output = output
        self._target = output.add_stream_from_template(source)
        describe(source, self._target)
        self._timeline = Timeline(source.time_base or Fraction(1, 1000), 1)
        self._samples = SampleClock(source) if isinstance(source, AudioStream) else None
        self._is_damaged = False

    def write(self, packet: AnyPacket, shift: int) -> None:
        """See Track."""
        said = packet.dts if packet.dts is not None else packet.pts
        dts = self._timeline.place(said, packet.duration or 0)
        lead = packet.pts - said if packet.pts is not None and said is not None else 0
        packet.dts, packet.pts = dts + shift, dts + max(0, lead) + shift
        if self._samples:
            self._samples.refine(packet)
        packet.stream = self._target
        try:
            self._output.mux(packet)
        except (InvalidDataError, ArgumentError):
            if not self._is_damaged:
                _log.warning("the sound is damaged: parts of it are left out")
            self._is_damaged = True


class SampleClock:
    """Tells the time of sound to the sample where the input rounded it, to milliseconds mostly.

    A packet that follows the one before within a tick follows it exactly; otherwise every packet
    would seem to last a little longer or shorter than it does, and some players click.
    """

    def __init__(self, source: AudioStream) -> None:
        self._rate = source.codec_context.sample_rate
        self._packet_samples = source.codec_context.frame_size
        self._expected: Fraction | None = None

    def refine(self, packet: AnyPacket) -> None:
        """Express the packet's times in samples, if those are finer and its length is known."""
        tick = packet.time_base
        if not (self._rate and self._packet_samples) or tick * self._rate <= 1:
            return
        time_s = (packet.dts or 0) * tick
        if self._expected is not None and abs(time_s - self._expected) <= tick:
            time_s = self._expected
        self._expected = time_s + Fraction(self._packet_samples, self._rate)
        packet.time_base = Fraction(1, self._rate)
        packet.dts = packet.pts = round(time_s * self._rate)
        packet.duration = self._packet_samples


class EncodedTrack(Track):
    """Sound that is decoded and encoded anew, at the times it had."""

    def __init__(self, source: AudioStream, output: OutputContainer) -> None:
        self._output = output
        name, bits_per_channel = _SOUND_ENCODERS[output.format.name]
        rates = Codec(name, "w").audio_rates or []
        context = source.codec_context
        rate = context.sample_rate if context.sample_rate in rates else max(rates)
        self._target = cast(AudioStream, output.add_stream(name, rate=rate))
        self._target.layout = _LAYOUTS.get(context.layout.nb_channels, "stereo")
        self._target.bit_rate = bits_per_channel * self._target.codec_context.channels
        self._resampler: AudioResampler | None = None
        self._resampled: tuple[str, str, int] | None = None
        self._end_s: Fraction | None = None
        describe(source, self._target)

    def write(self, packet: AnyPacket, shift: int) -> None:
        """See Track; a damaged packet is left out."""
        try:
            frames = cast("list[AudioFrame]", packet.decode())
        except FFmpegError:
            return
        for frame in frames:
            self._place(frame, shift)
            self._encode(self._resample(frame))

    def finish(self) -> None:
        """See Track."""
        if self._resampler:
            self._encode(self._resampler.resample(None))
        self._output.mux(self._target.encode(None))

    def _place(self, frame: AudioFrame, shift: int) -> None:
        """Move a frame up, and one that is not timed or overlaps the last behind that."""
        time_base = frame.time_base or Fraction(1, frame.sample_rate)
        end_s = self._end_s
        start_s = end_s or Fraction(0)
        if frame.pts is not None:
            start_s = (frame.pts + shift) * time_base
            start_s = start_s if end_s is None else max(start_s, end_s)
        frame.pts = round(start_s / time_base)
        self._end_s = frame.pts * time_base + Fraction(frame.samples, frame.sample_rate)

    def _resample(self, frame: AudioFrame) -> list[AudioFrame]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        held: list[AudioFrame] = []
        if kind != self._resampled:  # broadcasts change from stereo to surround and back
            if self._resampler:
                held = self._resampler.resample(None)
            context = self._target.codec_context
            self._resampler = AudioResampler(context.format, context.layout, context.sample_rate)
            self._resampled = kind
        assert self._resampler is not None
        return held + self._resampler.resample(frame)

    def _encode(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._output.mux(self._target.encode(frame))


def carry(source: Stream, output: OutputContainer) -> Track | None:
    """Prepare one track of the input for the output.

    Args:
        source: The track.
        output: Where it shall go.

    Returns:
        The track, or None where the output cannot hold it; a line in the log says so.
    """
    if not isinstance(source, AudioStream | SubtitleStream):
        return None
    if _is_at_home(source, output.format.name):
        try:
            return CopiedTrack(source, output)
        except ValueError:
            pass  # FFmpeg cannot write it there; sound can still be encoded
    if isinstance(source, AudioStream) and source.codec_context and source.codec_context.rate:
        track = EncodedTrack(source, output)
        _log.info("%s sound is encoded anew for %s", source.codec_context.name, output.format.name)
        return track
    codec = source.codec_context.name if source.codec_context else "unknown"
    level = logging.WARNING if isinstance(source, AudioStream) else logging.INFO
    kind = "sound" if isinstance(source, AudioStream) else "subtitles"
    _log.log(
        level, "%s in %s left out: %s cannot hold them; try .mkv", kind, codec, output.format.name
    )
    return None


def _is_at_home(source: Stream, container: str) -> bool:
    if source.codec_context is None:
        return False
    known = _AT_HOME.get(container)
    if known is None or source.codec_context.codec.canonical_name in known:
        return True
    return _container_of(source) == container  # what was there before may stay


def _container_of(source: Stream) -> str:
    """The output container that would be the same as the input's, or some other name."""
    name = source.container.format.name
    if "mp4" in name.split(","):
        return "mov" if source.container.metadata.get("major_brand") == "qt  " else "mp4"
    return name


def describe(source: Stream, target: Stream) -> None:
    """Copy language, title and what else a stream says of itself."""
    for key in _KEPT_METADATA:
        if key in source.metadata:
            target.metadata[key] = source.metadata[key]
    target.disposition = source.disposition
