"""A thread that does jobs for the window, and tells it by signals what came out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread, current_thread
from typing import Any

from PySide6.QtCore import QObject, Signal

from streamdefocus.errors import StreamDefocusError
from streamdefocus.pipeline.channels import Bounded, Channel, ChannelEndedError, Latest

_LOG = logging.getLogger(__name__)

_MOST_WAITING = 10_000
_JOIN_S = 20.0


class CancelledError(Exception):
    """The user does not want this job any more. A signal between threads, never shown."""


@dataclass(eq=False)
class Job:
    """Something to do, and whether it is still wanted.

    Attributes:
        about: What it is about, for whoever gets the result.
        work: Does it; gets the job itself, to ask and to tell.
    """

    about: object
    work: Callable[[Job], Any]
    _cancelled: Event = field(default_factory=Event)
    _tell: Callable[[Job, str, float], None] | None = None

    def cancel(self) -> None:
        """Give it up; from any thread. Nothing is heard of it any more."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._cancelled.is_set()

    def step(self, sentence: str, share: float) -> None:
        """Say what comes next; for ``work``.

        Args:
            sentence: For people.
            share: Of the job that is done, 0..1.

        Raises:
            CancelledError: The job was given up.
        """
        if self.cancelled:
            raise CancelledError
        if self._tell:
            self._tell(self, sentence, share)


class Desk(QObject):
    """Does one job after another in a thread of its own.

    Signals arrive in the thread of whoever connected to them, in order; none comes from a job
    that was cancelled, nor after ``close()``.

    Args:
        name: Of the thread, behind "streamdefocus-".
        newest_only: A job that waits is dropped when another one comes.
    """

    done = Signal(object, object)
    """(job, result)"""
    failed = Signal(object, str)
    """(job, one sentence for people)"""
    progressed = Signal(object, str, float)
    """(job, sentence, share)"""

    def __init__(self, name: str, newest_only: bool = False) -> None:
        super().__init__()
        self._name = name
        self._jobs: Channel[Job] = Latest() if newest_only else Bounded(_MOST_WAITING)
        self._thread: Thread | None = None
        self._closed = False
        self._current: Job | None = None

    def submit(self, about: object, work: Callable[[Job], Any]) -> Job:
        """Have something done as soon as there is time."""
        job = Job(about, work, _tell=self._tell)
        if self._closed:
            job.cancel()
            return job
        if self._thread is None:
            self._thread = Thread(target=self._run, name=f"streamdefocus-{self._name}", daemon=True)
            self._thread.start()
        self._jobs.put(job)
        return job

    def stop(self) -> None:
        """Take no more jobs and give up the current one, without waiting for it."""
        self._closed = True
        if self._current:
            self._current.cancel()
        self._jobs.abort()

    def close(self) -> None:
        """Stop and wait for the thread; idempotent."""
        self.stop()
        if self._thread and self._thread is not current_thread():
            self._thread.join(_JOIN_S)

    def _tell(self, job: Job, sentence: str, share: float) -> None:
        if not self._closed:
            self.progressed.emit(job, sentence, share)

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get()
            except ChannelEndedError:
                return
            self._current = job
            if not job.cancelled:
                self._do(job)
            self._current = None

    def _do(self, job: Job) -> None:
        try:
            result = job.work(job)
        except CancelledError:
            return
        except Exception as error:  # a bug must not end the thread, or the window would be dead
            if not isinstance(error, StreamDefocusError):
                _LOG.exception("%s failed", self._name)
            if not (job.cancelled or self._closed):
                self.failed.emit(job, friendly(error))
            return
        if not (job.cancelled or self._closed):
            self.done.emit(job, result)


def friendly(error: Exception) -> str:
    """An error in one sentence for people."""
    if isinstance(error, StreamDefocusError):
        return sentence(str(error))
    if isinstance(error, MemoryError):
        return "There is not enough memory for a picture of this size"
    return f"Something unexpected happened ({type(error).__name__}: {error})"


def sentence(text: str) -> str:
    """A message that begins as sentences do, unless it begins with a name."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text
