"""A container that is being written: encoded frames, and what accompanies them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.media.colour import Colour
from streamdefocus.media.containers import MediaTraits
from streamdefocus.sinks.canvas import Canvas
from streamdefocus.sinks.companions import Companions
from streamdefocus.sinks.encoders import Encoder
from streamdefocus.sinks.journal import Journal

if TYPE_CHECKING:
    from av.packet import Packet

_log = logging.getLogger(__name__)

_RATE_OF_STRANGERS = Fraction(30)
"""Frames a second where nobody says; only the spacing of key frames depends on it."""

_FINEST_START = 90_000
"""Ticks a second in which the start of a track must at least be told: finer than a sample."""

_BITS_PER_PIXEL = 0.2
"""For encoders that know a bit rate only: about what H.264 needs to look like its source."""

_TOO_FEW_TO_REORDER = 2
"""Up to so many frames x265 returns decoding times that it never set."""


class Recording:
    """An open output container; the first frame tells its size and its clock.

    Times are the frames' own. Only where a file would start before zero, which players cut off,
    everything moves up; and frames that come from no file, or from within one, start at zero.

    Args:
        path: Where to write.
        encoder: How.
        traits: The file that the frames came from, or None.
        first: The first frame; it is not written yet.
        journal: What was encoded in earlier runs, and where to keep what is encoded now.
    """

    def __init__(
        self,
        path: Path,
        encoder: Encoder,
        traits: MediaTraits | None,
        first: Frame,
        journal: Journal | None = None,
    ) -> None:
        self._path = path
        self._encoder = encoder
        self._size = first.size_px
        self._time_base = first.time_base
        self._canvas = Canvas(self._size, encoder, traits)
        self._rate = (traits.frame_rate if traits else None) or _rate_of(first)
        keeps_times = traits and not traits.is_excerpt
        self._shift = max(0, -first.pts) if keeps_times else -first.pts
        self._count = 0
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._last_duration = max(1, round(1 / self._rate / self._time_base))
        self._durations: dict[int, int] = {}
        self._companions: Companions | None = None
        try:
            self._open(traits)
        except FFmpegError as error:
            if self._companions is None:
                raise
            self.abandon()
            _log.warning(
                "sound and subtitles are left out: the container refuses them (%s)", error.strerror
            )
            self._companions = None
            self._open(None)
        self._journal = journal
        if journal:
            self._count = journal.done
            self._mux(journal.replay(self._stream))

    def write(self, frame: Frame) -> None:
        """Encode one frame; one that is not later than the one before is moved on by a tick.

        Raises:
            OutputError: It has another size or time base than the first.
        """
        self._check(frame)
        pts = frame.pts + self._shift
        if self._last_pts is not None:
            self._last_duration = max(1, pts - self._last_pts)
            pts = self._last_pts + self._last_duration
        self._last_pts = pts
        if self._journal and frame.index < self._journal.done:
            return
        picture = self._canvas(frame.bgr)
        picture.pts, picture.time_base = pts, self._time_base
        self._durations[pts] = frame.duration or self._last_duration
        self._count += 1
        self._mux(self._encoded(picture))

    def finish(self, cut_sound: bool = False) -> None:
        """Write what the encoder still holds, the rest of the sound, and the index.

        Args:
            cut_sound: Leave out sound that begins after the last picture.
        """
        self._mux(self._encoded(None))
        if self._companions:
            end = (self._last_pts or 0) + self._last_duration
            self._companions.finish(end * self._time_base if cut_sound else None)
        self._container.close()

    def abandon(self) -> None:
        """Close everything, whatever state it is in."""
        if self._companions:
            self._companions.close()
        # The index of a file that is going to be removed may fail as it likes.
        with contextlib.suppress(FFmpegError, OSError, ValueError):
            self._container.close()

    def _open(self, traits: MediaTraits | None) -> None:
        """Open the container and write its header, with the tracks of ``traits``."""
        self._container = av.open(
            f"file:{self._path}",
            "w",
            format=self._encoder.container,
            container_options=self._muxing_options(),
        )
        self._stream = self._video_stream()
        if traits:
            shift_s = self._shift * self._time_base
            self._companions = Companions(traits, self._container, shift_s)
        self._container.start_encoding()

    def _muxing_options(self) -> dict[str, str]:
        if self._encoder.container not in ("mp4", "mov"):
            return {}
        # The start of a track is counted in ticks of the movie, which are milliseconds by default.
        ticks = self._time_base.denominator
        return {"movie_timescale": str(ticks * -(-_FINEST_START // ticks))}

    def _video_stream(self) -> VideoStream:
        stream = cast(
            VideoStream,
            self._container.add_stream(
                self._encoder.name,
                rate=self._rate,
                options=dict(self._encoder.options),
                time_base=self._time_base,
            ),
        )
        stream.width, stream.height = self._canvas.size
        stream.pix_fmt = self._encoder.pixel_format
        context = stream.codec_context
        if self._encoder.name == "libx265" and self._encoder.container in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # Apple plays no other
        # PyAV's default is slices: x264 compresses worse with them.
        context.thread_type, context.thread_count = "FRAME", 0
        context.sample_aspect_ratio = self._canvas.aspect
        if not self._encoder.options:
            width, height = self._canvas.size
            context.bit_rate = round(width * height * self._rate * _BITS_PER_PIXEL)
        _tag(stream, self._canvas.colour)
        return stream

    def _check(self, frame: Frame) -> None:
        if frame.size_px != self._size:
            raise OutputError(
                "all frames of a video must have one size. "
                f"Received: {frame.size_px} after {self._size}"
            )
        if frame.time_base != self._time_base:
            raise OutputError(
                "all frames of a video must have one time base. "
                f"Received: {frame.time_base} after {self._time_base}"
            )

    def _encoded(self, picture: VideoFrame | None) -> Iterator[Packet[VideoStream]]:
        for packet in self._stream.encode(picture):
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, 0)
            if self._count <= _TOO_FEW_TO_REORDER:
                packet.dts = packet.pts
            if self._journal:
                self._journal.append(packet)
            yield packet

    def _mux(self, packets: Iterable[Packet[VideoStream]]) -> None:
        for packet in packets:
            # An encoder that begins anew, behind what the journal holds, counts back from its first
            # frames how long it may hold them: too far, if the next gap is a long one.
            if packet.dts is not None and self._last_dts is not None:
                packet.dts = max(packet.dts, self._last_dts + 1)
            self._last_dts = packet.dts
            if self._companions and packet.dts is not None:
                self._companions.write_until(packet.dts * packet.time_base)
            self._container.mux(packet)


def _tag(stream: VideoStream, colour: Colour) -> None:
    stream.colorspace = colour.matrix
    stream.color_primaries = colour.primaries
    stream.color_trc = colour.transfer
    stream.color_range = ColorRange.JPEG if colour.full_range else ColorRange.MPEG


def _rate_of(frame: Frame) -> Fraction:
    return 1 / (frame.duration * frame.time_base) if frame.duration else _RATE_OF_STRANGERS
