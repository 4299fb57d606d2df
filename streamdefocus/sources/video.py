"""Video files: every frame once, in order, upright, with the colours and times it was made with."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Generator, Iterator
from dataclasses import replace
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
        start_s: Seconds from the file's first frame; only what comes from there on is handed out.
        end_s: The same of the end, which is left out itself. Both are rounded to whole frames.

    Attributes:
        path: As given.
        first_s: Time of the file's first frame, whether it is handed out or not.
        info: Size and rate; the number of frames is the container's word or an estimate.
        traits: What VideoSink needs to write a file like this one.
        is_exhausted: Whether the last frame was handed out.

    Raises:
        InputError: The file is missing, holds no picture that can be decoded, or is encrypted;
            or nothing of it lies between start and end.
    """

    def __init__(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> None:
        self.path = path
        self._start_s, self._end_s = start_s, end_s
        self._lock = Lock()
        self._index = 0
        self._closed = False
        self.is_exhausted = False
        self._is_damaged = False
        self._is_resized = False
        self._is_wound = False
        self._container = open_media(path)
        try:
            self._stream = choose_video_stream(self._container, path)
            self._stream.thread_type = "AUTO"
            self._pictures = self._decode()
            self._first = next(self._pictures, None)
            if self._first is None:
                raise InputError(self._no_picture())
            self._describe(self._first)
            if start_s or end_s is not None:
                self._cut()
        except BaseException:
            self._container.close()
            raise

    def _describe(self, picture: VideoFrame) -> None:
        stream = self._stream
        colour = colour_of(picture)
        if colour.is_hdr:
            _log.warning("%s is HDR; it becomes SDR, tone-mapped", self.path)
        elif (bits := picture.format.components[0].bits) > 8:
            _log.warning("%s has %d bits a colour; they become 8", self.path, bits)
        if picture.interlaced_frame:
            _log.warning("%s is interlaced; movement will show combs", self.path)
        self._to_bgr = ToBgr(colour)
        self._orientation = orientation_of(picture)
        self._time_base = picture.time_base or stream.time_base or Fraction(1, 1000)
        self.first_s = float((picture.pts or 0) * self._time_base)
        rate = frame_rate(stream, (picture.duration or 0) * self._time_base)
        self._usual_duration = round(1 / (rate or _USUAL_RATE) / self._time_base)
        self._timeline = Timeline(self._time_base, self._usual_duration)
        width, height = self._orientation.size_px(picture.width, picture.height)
        self.info = SourceInfo(width, height, rate, frame_count(stream, rate))
        aspect = stream.sample_aspect_ratio or _SQUARE
        self.traits = MediaTraits(
            self.path,
            stream.index,
            rate,
            1 / aspect if self._orientation.transpose else aspect,
            colour.shown,
            is_excerpt=self._start_s > 0,
        )

    def _cut(self) -> None:
        """Go to the start, and count what lies between it and the end."""
        rate, count = self.info.frame_rate, self.info.frame_count
        end_s = math.inf if self._end_s is None else self._end_s
        if not 0 <= self._start_s < end_s:
            raise InputError(
                "the start must lie before the end, and not before 0. "
                f"Received: {self._start_s:g} s to {end_s:g} s"
            )
        if rate and count:
            duration_s = float(count / rate)
            if self._start_s >= duration_s:
                raise InputError(
                    f"{self.path} lasts {duration_s:.1f} s; there is nothing from "
                    f"{self._start_s:g} s on"
                )
            kept_s = min(end_s, duration_s) - self._start_s
            self.info = replace(self.info, frame_count=max(1, round(kept_s * rate)))
        if self._start_s > 0:
            self.seek(self._start_s)
            self._first = next(self._pictures, None)
            landed = self._first.pts if self._first else None
            if landed is None or landed * self._time_base > self.first_s + self._start_s:
                self.seek(0.0)

    def seek(self, time_s: float) -> None:
        """Go on from the last key frame that is not after a moment; from any thread.

        Where the file cannot be wound, the frames come on from where they were.

        Args:
            time_s: Seconds from the file's first frame.
        """
        with self._lock:
            if self._closed:
                return
            tick = self._stream.time_base or self._time_base
            with contextlib.suppress(FFmpegError):  # raw streams have no times to find
                self._container.seek(round((self.first_s + time_s) / tick), stream=self._stream)
                self._pictures = self._decode()
                self._first = None
                self._is_wound = True
            self.is_exhausted = False
            self._timeline = Timeline(self._time_base, self._usual_duration)

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
        slack = self._usual_duration // 2
        start = (self.first_s + self._start_s) / self._time_base - slack
        end = None if self._end_s is None else (self.first_s + self._end_s) / self._time_base
        while True:
            picture = self._first or next(self._pictures, None)
            self._first = None
            if picture is None:
                self._finish()
                return None
            self._is_damaged |= picture.is_corrupt
            duration = picture.duration or 0
            pts = self._timeline.place(picture.pts, duration)
            if end is not None and pts >= end - slack:
                return None
            if pts >= start or not self._start_s:
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
        promised_s = None if self._is_wound else duration_s(self._stream)
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
