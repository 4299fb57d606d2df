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
from streamdefocus.media.statistics import duration_s, frame_count, frame_rate, is_cut_short
from streamdefocus.media.timing import Timeline
from streamdefocus.sources.base import Source, SourceInfo

_log = logging.getLogger(__name__)

_MISSING_S = 1.0
_USUAL_RATE = 25
_SQUARE = Fraction(1)


class VideoSource(Source):
    """The frames of a video file.

    Pixels are upright (rotation and mirroring of the container are applied), 8 bits a channel,
    and converted with the matrix and range that the file names; where it names none, BT.709 for
    HD and BT.601 below. HDR is tone-mapped. Alpha is ignored. Times are the container's own,
    repaired as ``Timeline`` describes. A file that is damaged or cut short gives what can be
    decoded, then a warning in the log. Frames that change their size are scaled to the first
    one's.

    Args:
        path: The file; what it is is judged by its content.

    Attributes:
        path: As given.
        info: Size and rate; the number of frames is the container's word or an estimate.
        traits: What VideoSink needs to write a file like this one.
        is_exhausted: Whether the last frame was handed out.

    Raises:
        InputError: The file is missing, holds no picture that can be decoded, or is encrypted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._index = 0
        self._closed = False
        self.is_exhausted = False
        self._is_damaged = False
        self._is_resized = False
        self._container = open_media(path)
        try:
            self._stream = choose_video_stream(self._container, path)
            self._stream.thread_type = "AUTO"
            self._pictures = self._decode()
            self._first = next(self._pictures, None)
            if self._first is None:
                raise InputError(self._no_picture())
            self._describe(self._first)
        except BaseException:
            self._container.close()
            raise

    def _describe(self, picture: VideoFrame) -> None:
        stream = self._stream
        colour = colour_of(picture)
        if colour.is_hdr:
            _log.warning("%s is HDR; it becomes SDR, tone-mapped", self.path)
        if picture.interlaced_frame:
            _log.warning("%s is interlaced; movement will show combs", self.path)
        self._to_bgr = ToBgr(colour)
        self._orientation = orientation_of(picture)
        self._time_base = picture.time_base or stream.time_base or Fraction(1, 1000)
        rate = frame_rate(stream, (picture.duration or 0) * self._time_base)
        usual_duration = round(1 / (rate or _USUAL_RATE) / self._time_base)
        self._timeline = Timeline(self._time_base, usual_duration)
        width, height = self._orientation.size_px(picture.width, picture.height)
        self.info = SourceInfo(width, height, rate, frame_count(stream, rate))
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
            self._finish()
            return None
        self._is_damaged |= picture.is_corrupt
        duration = picture.duration or 0
        pts = self._timeline.place(picture.pts, duration)
        frame = Frame(self._pixels(picture), self._index, pts, self._time_base, duration)
        self._index += 1
        return frame

    def _pixels(self, picture: VideoFrame) -> BgrImage:
        bgr = self._orientation.upright(self._to_bgr(picture))
        size = (self.info.width, self.info.height)
        if bgr.shape[1::-1] != size:
            if not self._is_resized:
                self._is_resized = True
                _log.warning(
                    "%s changes its size from %dx%d to %dx%d in the middle; scaled to the first",
                    *(self.path, *size, bgr.shape[1], bgr.shape[0]),
                )
            bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        return bgr

    def _decode(self) -> Generator[VideoFrame]:
        """All pictures that can be decoded; errors are noted, never raised."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                self._is_damaged = True
                packet = None  # empties the decoder
            try:
                yield from self._stream.decode(packet)
            except FFmpegError:
                self._is_damaged |= packet is not None
            if packet is None or packet.size == 0:
                return

    def _finish(self) -> None:
        """Say what was wrong with the file, once."""
        if self.is_exhausted:
            return
        self.is_exhausted = True
        promised_s = duration_s(self._stream)
        shown_s = self._timeline.elapsed * float(self._time_base)
        if is_cut_short(self._stream, self.path) or (
            promised_s is not None and shown_s < promised_s - max(_MISSING_S, 0.02 * promised_s)
        ):
            _log.warning(
                "%s is cut short: it ended after %.1f s; all that is there was used",
                self.path,
                shown_s,
            )
        elif self._is_damaged:
            _log.warning("%s is damaged: some frames are missing or marred", self.path)
        if self._timeline.repaired:
            _log.info("%s: %d time stamps were repaired", self.path, self._timeline.repaired)

    def _no_picture(self) -> str:
        codec = self._stream.codec_context.name
        if looks_encrypted(self.path):
            return f"{self.path} is encrypted (DRM) and cannot be decoded; give an unprotected copy"
        if self._is_damaged:
            return (
                f"no frame of {self.path} can be decoded: its {codec} video is damaged or "
                "encrypted; give another copy"
            )
        return (
            f"{self.path} announces {codec} video but holds no frame; "
            "it is one part of a stream, or it was cut short"
        )
