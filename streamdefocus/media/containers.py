"""Opening video files, and the errors of the library that does it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, runtime_checkable

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from streamdefocus.errors import InputError
from streamdefocus.media.colour import Colour

_PICTURE_FORMATS = ("image2", "_pipe")
_PICTURE_BRANDS = ("heic", "heix", "heim", "heis", "mif1", "avif")
_FORBIDDEN_FORMATS = ("tty", "concat", "hls", "dash", "ffmetadata", "imf")
_ENCRYPTION_MARKS = (b"encv", b"enca", b"pssh", b"tenc", b"sinf")
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class MediaTraits:
    """What a sink has to know of the file that the frames came from.

    Attributes:
        path: The file; sound, subtitles, chapters and metadata are read from it again.
        stream_index: The video stream that was decoded.
        frame_rate: Nominal frames a second, or None.
        sample_aspect_ratio: Width of a pixel by its height, of upright frames.
        colour: What the numbers of the frames stand for, and how to store them.
        is_excerpt: The frames begin somewhere within the file; what is made of them begins at 0.
    """

    path: Path
    stream_index: int
    frame_rate: Fraction | None
    sample_aspect_ratio: Fraction
    colour: Colour
    is_excerpt: bool = False


@runtime_checkable
class FromMedia(Protocol):
    """Anything whose frames were decoded from a media file."""

    @property
    def traits(self) -> MediaTraits:
        """The file and how it stores pictures."""

    @property
    def is_exhausted(self) -> bool:
        """Whether the last frame was handed out."""


def open_media(path: Path) -> InputContainer:
    """Open a media file by its content, whatever it is called.

    Raises:
        InputError: The file is missing, a folder, empty, not a media file, damaged or encrypted.
    """
    check_readable(path)
    try:
        # "file:" because a name like "12:30.mp4" would be taken for a protocol.
        container = av.open(f"file:{path}", "r", metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(_unreadable(path)) from error
    if any(name in _FORBIDDEN_FORMATS for name in container.format.name.split(",")):
        container.close()
        raise InputError(_unreadable(path))
    return container


def check_readable(path: Path) -> None:
    """See that there is a file with something in it.

    Raises:
        InputError: There is not.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path} is a device or a pipe; give a video file")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; give a video file") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if empty:
        raise InputError(f"{path} is empty (0 bytes)")


def choose_video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The video that a player would show: never a cover picture.

    Raises:
        InputError: There is no video, or nothing here can decode it.
    """
    if _is_photo(container):
        raise InputError(f"{path} is a photo, not a video; use `streamdefocus photo`")
    videos = [
        stream
        for stream in container.streams.video
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    ]
    if not videos:
        sound = "; it holds sound only" if container.streams.audio else ""
        raise InputError(f"{path} holds no video{sound}. Give a file with pictures")
    decodable = [stream for stream in videos if stream.codec_context is not None]
    if not decodable:
        raise InputError(
            f"nothing here can decode the video in {path} (its codec is unknown); "
            "convert it to H.264 first"
        )
    best = container.streams.best("video")
    if isinstance(best, VideoStream) and best in decodable:
        return best
    return next((s for s in decodable if s.disposition & Disposition.default), decodable[0])


def looks_encrypted(path: Path) -> bool:
    """Whether the beginning of a file carries the marks of an encrypted MP4."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return any(mark in head for mark in _ENCRYPTION_MARKS)


def _is_photo(container: InputContainer) -> bool:
    is_picture = any(mark in container.format.name for mark in _PICTURE_FORMATS)
    return is_picture or container.metadata.get("major_brand") in _PICTURE_BRANDS


def _unreadable(path: Path) -> str:
    if looks_encrypted(path):
        return f"{path} is encrypted (DRM) and cannot be decoded; give an unprotected copy"
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(8)[4:] == b"ftyp":
            return (
                f"{path} is an MP4 file without its index ({size} bytes): recording or copying it "
                "was cut short; give a complete copy"
            )
    return (
        f"{path} is not a video that can be read, or it is damaged ({size} bytes, "
        "no known container); if it plays elsewhere, convert it to MP4 with H.264 first"
    )
