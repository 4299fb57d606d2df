"""Video files: frames encoded with their times and colours, beside the sound they came with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from av.error import FFmpegError

from streamdefocus.config import VideoOptions
from streamdefocus.errors import OutputError
from streamdefocus.frames import Frame
from streamdefocus.media.containers import FromMedia
from streamdefocus.sinks.base import Sink
from streamdefocus.sinks.encoders import choose_encoder
from streamdefocus.sinks.journal import Journal
from streamdefocus.sinks.part import PartFile
from streamdefocus.sinks.recording import Recording

_OPEN_ENDED = (".mkv", ".webm")


class VideoSink(Sink):
    """Writes a video file, which appears when it is complete.

    What comes from a camera cannot be had again: if writing it fails (a full disk), an MKV or WebM
    appears as far as it goes.

    Args:
        path: The file; its extension chooses the container (mp4, m4v, mov, mkv, webm).
        like: Where the frames came from. If that is a VideoSource, its colours, pixel aspect,
            sound, subtitles, chapters and metadata are carried over.
        options: Codec, quality and speed.
        resume_as: Keep what is encoded when the sink is discarded, and go on from there when
            the file is written again under the same title: all that decides what comes out.

    Raises:
        OutputError: The extension or codec is unknown, the folder is missing or cannot be written
            to, or the file is the input itself.
    """

    name = "encode"

    def __init__(
        self,
        path: Path,
        like: object | None = None,
        options: VideoOptions | None = None,
        resume_as: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path
        self._origin = like if isinstance(like, FromMedia) else None
        traits = self._origin.traits if self._origin else None
        self._traits = traits
        self._lock = RLock()  # discard() may come while another thread writes
        self._encoder = choose_encoder(path, options or VideoOptions())
        self._part = PartFile(path, (traits.path,) if traits else ())
        try:
            self._journal = Journal(path, resume_as) if resume_as is not None else None
        except BaseException:
            self._part.remove()
            raise
        self._recording: Recording | None = None
        self._ended = False

    @property
    def done(self) -> int:
        """Frames at the beginning that an earlier run has encoded; they may come as they are."""
        return self._journal.done if self._journal else 0

    def write(self, frame: Frame) -> None:
        """See Sink."""
        with self._lock, self._errors():
            if self._ended:
                raise OutputError(f"{self.path} is closed and takes no more frames")
            if self._recording is None:
                self._recording = Recording(
                    self._part.path, self._encoder, self._traits, frame, self._journal
                )
            self._recording.write(frame)

    def close(self) -> None:
        """See Sink; where the source was not read to its end, the sound ends with the pictures."""
        with self._lock, self._errors():
            if self._ended:
                return
            if self._recording is None:
                raise OutputError(f"{self.path} was not written: there was no frame to write")
            is_whole = self._origin is None or self._origin.is_exhausted
            self._recording.finish(cut_sound=not is_whole)
            self._ended = True
            self._part.complete()
            if self._journal:
                self._journal.remove()
            else:
                Journal.forget(self.path)

    def discard(self) -> None:
        """See Sink; waits for the frame that is being written."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            if self._recording is not None:
                self._recording.abandon()
            if self._journal:
                self._journal.close()
            self._part.remove()

    def _salvage(self) -> bool:
        """Give up, but keep the beginning where there is no second chance: of what was live.

        Only of a container that can be played without its end.
        """
        is_live = self._origin is None and self._journal is None
        if not is_live or self._recording is None or self.path.suffix.lower() not in _OPEN_ENDED:
            self.discard()
            return False
        self._ended = True
        self._recording.abandon()
        with suppress(OutputError):
            self._part.complete()
            return True
        return False

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Give up after an error; the libraries' own become OutputError."""
        try:
            yield
        except (FFmpegError, OSError) as error:
            kept = self._salvage()
            reason = getattr(error, "strerror", None) or str(error)
            rest = "; what was recorded before is kept there" if kept else ""
            raise OutputError(f"cannot write {self.path}: {reason}{rest}") from error
        except BaseException:
            self.discard()
            raise
