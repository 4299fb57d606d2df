"""Video files: every frame once, in order, upright, with the colours and times it was made with."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from threading import Lock

import cv2
from av.error import FFmpegError
from av.video.frame import VideoFrame

from streamdefocus.errors import InputError
from streamdefocus.frames import BgrImage, Frame
from streamdefocus.media.colour import ToBgr, colour_of
from streamdefocus.media.containers import (
    MediaTraits,
    choose_video_stream,
    looks_encrypted,
    open_media,
)
from streamdefocus.media.orientation import orientation_of
from streamdefocus.media.timing import Timeline
from streamdefocus.sources.base import Source, SourceInfo

_log = logging.getLogger(__name__)

_FASTEST_RATE = 1000
"""Frames a second above which a container's statement is taken for its tick, not its rate."""

_SQUARE = Fraction(1)


class VideoSource(Source):
    """The frames of a video file.

    Pixels are upright (rotation and mirroring of the container are applied), 8 bits a channel,
    and converted with the matrix and range that the file names; where it names none, BT.709 for
    HD and BT.601 below. Times are the container's own, repaired as ``Timeline`` describes. A file
    that is damaged or cut short gives what can be decoded, then a warning. Frames that change
    their size are scaled to the first one's.

    Args:
        path: The file.

    Attributes:
        info: Size and rate; the number of frames is the container's word or an estimate.
        traits: What VideoSink needs to write a file like this one.

    Raises:
        InputError: The file is missing, holds no picture that can be decoded, or is encrypted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._container = open_media(path)
        try:
            self._stream = choose_video_stream(self._container, path)
            self._stream.thread_type = "AUTO"
            self._damage: FFmpegError | None = None
            self._pictures = self._decode()
            self._first = next(self._pictures, None)
            if self._first is None:
                raise InputError(self._no_picture())
        except BaseException:
            self._container.close()
            raise
        self._index = 0
        self._closed = False
        self._describe(self._first)

    def _describe(self, picture: VideoFrame) -> None:
        stream = self._stream
        colour = colour_of(picture)
        self._to_bgr = ToBgr(colour)
        if colour.is_hdr:
            _log.warning("%s is HDR; it becomes SDR, tone-mapped", self.path)
        self._orientation = orientation_of(picture)
        rate = _frame_rate(self._stream.guessed_rate, self._stream.average_rate)
        time_base = picture.time_base or stream.time_base or Fraction(1, 1000)
        self._time_base = time_base
        self._timeline = Timeline(time_base, round(1 / (rate or 25) / time_base))
        width, height = self._orientation.size_px(picture.width, picture.height)
        self.info = SourceInfo(width, height, rate, self._expected_frames(rate))
        aspect = stream.sample_aspect_ratio or _SQUARE
        self.traits = MediaTraits(
            self.path,
            stream.index,
            rate,
            1 / aspect if self._orientation.transpose else aspect,
            colour.shown,
        )

    def __iter__(self) -> Iterator[Frame]:
        while True:
            with self._lock:  # close() frees what decoding uses
                frame = None if self._closed else self._next()
            if frame is None:
                return
            yield frame

    def close(self) -> None:
        """See Source; waits for the frame that is being decoded."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._pictures.close()
                self._container.close()

    def _next(self) -> Frame | None:
        picture = self._first or next(self._pictures, None)
        self._first = None
        if picture is None:
            self._report()
            return None
        frame = Frame(
            self._pixels(picture),
            self._index,
            self._timeline.place(picture.pts, picture.duration or 0),
            self._time_base,
            picture.duration or 0,
        )
        self._index += 1
        return frame

    def _pixels(self, picture: VideoFrame) -> BgrImage:
        bgr = self._orientation.upright(self._to_bgr(picture))
        size = (self.info.width, self.info.height)
        if bgr.shape[1::-1] != size:
            bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        return bgr

    def _decode(self) -> Generator[VideoFrame]:
        """All pictures that can be decoded; notes the last error and never raises it."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError as error:
                self._damage = error
                packet = None
            try:
                yield from self._stream.decode(packet)
            except FFmpegError as error:
                if packet is not None:
                    self._damage = error
            if packet is None or packet.size == 0:
                return

    def _expected_frames(self, rate: Fraction | None) -> int | None:
        if self._stream.frames:
            return self._stream.frames
        if self._stream.duration and self._stream.time_base:
            seconds = self._stream.duration * self._stream.time_base
        elif self._container.duration:
            seconds = Fraction(self._container.duration, 1_000_000)
        else:
            return None
        return max(1, round(seconds * rate)) if rate else None

    def _report(self) -> None:
        if self._damage is not None:
            _log.warning("%s: parts could not be decoded and are missing", self.path)
        if self._timeline.repaired:
            _log.info("%s: %d time stamps were repaired", self.path, self._timeline.repaired)

    def _no_picture(self) -> str:
        codec = self._stream.codec_context.name
        if looks_encrypted(self.path):
            return f"{self.path} is encrypted (DRM) and cannot be decoded; give an unprotected copy"
        if self._damage is not None:
            return (
                f"no frame of {self.path} can be decoded: its {codec} video is damaged or encrypted"
            )
        return f"{self.path} announces {codec} video but holds no frame"


def _frame_rate(*candidates: Fraction | None) -> Fraction | None:
    return next((rate for rate in candidates if rate and 0 < rate < _FASTEST_RATE), None)
