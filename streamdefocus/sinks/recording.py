"""A container that is being written: encoded frames, and what accompanies them."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
from av.packet import Packet
from av.video.stream import VideoStream

from streamdefocus.errors import OutputError
from streamdefocus.frames import BgrImage, Frame
from streamdefocus.media.colour import FromBgr, default_colour
from streamdefocus.media.containers import MediaTraits
from streamdefocus.sinks.companions import Companions
from streamdefocus.sinks.encoders import Encoder

_RATE_OF_STRANGERS = Fraction(30)
"""Frames a second where nobody says; only the spacing of key frames depends on it."""


class Recording:
    """An open output container; the first frame tells its size and its clock.

    Args:
        path: Where to write.
        encoder: How.
        traits: The file that the frames came from, or None.
        first: The first frame; it is not written yet.
    """

    def __init__(
        self, path: Path, encoder: Encoder, traits: MediaTraits | None, first: Frame
    ) -> None:
        self._size = first.size_px
        self._time_base = first.time_base
        # Time stamps before zero would be cut off by players: everything moves up together.
        self._shift = max(0, -first.pts)
        self._last_pts: int | None = None
        self._durations: dict[int, int] = {}
        colour = traits.colour if traits else default_colour(*self._size)
        self._rate = traits.frame_rate if traits else None
        self._even = encoder.even
        self._convert = FromBgr(colour, encoder.pixel_format)
        self._container = av.open(
            f"file:{path}", "w", format=encoder.container, container_options=self._muxing(encoder)
        )
        self._stream = self._video_stream(encoder, traits)
        self._stream.color_primaries, self._stream.color_trc = colour.primaries, colour.transfer
        self._stream.colorspace = colour.matrix
        self._stream.color_range = 2 if colour.full_range else 1
        shift_s = self._shift * self._time_base
        self._companions = Companions(traits, self._container, shift_s) if traits else None

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            OutputError: It has another size than the first, or is not later than the one before.
        """
        self._check(frame)
        picture = self._convert(_pad_to_even(frame.bgr) if self._even else frame.bgr)
        picture.pts = frame.pts + self._shift
        picture.time_base = self._time_base
        self._durations[picture.pts] = frame.duration or self._usual_duration()
        self._last_pts = frame.pts
        self._mux(self._stream.encode(picture))

    def finish(self) -> None:
        """Write what the encoder still holds, the rest of the sound, and the index."""
        self._mux(self._stream.encode(None))
        if self._companions:
            self._companions.finish()
        self._container.close()

    def abandon(self) -> None:
        """Close everything, whatever state it is in."""
        if self._companions:
            self._companions.close()
        with contextlib.suppress(av.FFmpegError, OSError, ValueError):
            self._container.close()

    def _video_stream(self, encoder: Encoder, traits: MediaTraits | None) -> VideoStream:
        stream = cast(
            VideoStream,
            self._container.add_stream(
                encoder.name,
                rate=self._rate or _RATE_OF_STRANGERS,
                options=dict(encoder.options),
                time_base=self._time_base,
            ),
        )
        width, height = self._size
        if encoder.even:
            width, height = width + width % 2, height + height % 2
        stream.width, stream.height = width, height
        stream.pix_fmt = encoder.pixel_format
        # PyAV's default is slices, with which x264 compresses worse.
        stream.codec_context.thread_type = "FRAME"
        stream.codec_context.thread_count = 0
        if traits:
            stream.codec_context.sample_aspect_ratio = traits.sample_aspect_ratio
        return stream

    def _muxing(self, encoder: Encoder) -> dict[str, str]:
        if encoder.container not in ("mp4", "mov"):
            return {}
        # The start of a track is counted in ticks of the movie, by default milliseconds.
        return {"movie_timescale": str(self._time_base.denominator)}

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
        if self._last_pts is not None and frame.pts <= self._last_pts:
            raise OutputError(
                "every frame of a video must be later than the one before. "
                f"Received: pts {frame.pts} after {self._last_pts}"
            )

    def _usual_duration(self) -> int:
        return max(1, round(1 / (self._rate or _RATE_OF_STRANGERS) / self._time_base))

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, 0)
            if self._companions and packet.dts is not None:
                self._companions.write_until(packet.dts * (packet.time_base or self._time_base))
            self._container.mux(packet)


def _pad_to_even(bgr: BgrImage) -> BgrImage:
    """The picture with its last column and row repeated where their number is odd."""
    height, width = bgr.shape[:2]
    if not (height % 2 or width % 2):
        return bgr
    padded = cv2.copyMakeBorder(bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return cast(BgrImage, padded)
