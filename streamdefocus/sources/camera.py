"""A webcam as a source: the newest frame wins, and a camera that fails is waited for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from threading import Condition, Event, Thread

from streamdefocus.errors import CameraError
from streamdefocus.frames import MICROSECONDS, BgrImage, Frame
from streamdefocus.sources.base import Source, SourceInfo
from streamdefocus.sources.capture import Opener, Wish, fitted, open_capture
from streamdefocus.sources.devices import CameraDevice, find_again, find_camera, why_not
from streamdefocus.sources.reader import Reader
from streamdefocus.sources.watchdog import Patience

_LOG = logging.getLogger(__name__)

_TICK_S = 0.05
"""Pause between two looks at a camera; short, because a click on "quit" waits for it."""

_OVERSLEPT_S = 0.5
"""A longer sleep than this was not ours: something else had the interpreter or the processor."""

_MOST_STUCK = 3
"""Threads that may be stuck in a driver at once before no further one is risked."""


class Phase(Enum):
    """What a camera is doing."""

    STARTING = "starting"
    RUNNING = "running"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CameraState:
    """What a camera is doing, in a word and in a sentence for people."""

    phase: Phase
    sentence: str


@dataclass(frozen=True, slots=True)
class CameraSystem:
    """How cameras are found and opened on this machine; tests bring their own."""

    find: Callable[[int | str], CameraDevice] = find_camera
    find_again: Callable[[CameraDevice], CameraDevice] = find_again
    why_not: Callable[[CameraDevice], str] = why_not
    open: Opener = open_capture


class CameraSource(Source):
    """The newest frame of a camera, again and again.

    A thread reads all that the camera gives and keeps the newest; another one watches it. When
    the camera stops, repeats itself or blocks (see ``Watchdog``), the iteration waits, ``state``
    says so, and the camera is opened again with growing pauses, wherever it was plugged in, until
    it is back. From then on frames come again in the size of the first one: scaled, and cut to
    its aspect ratio, if the camera came back with another.

    Args:
        device: Number, path such as /dev/video0, or a part of the name.
        size: (width, height) to ask for; None asks for 1280x720.
        frame_rate: Frames a second to ask for; None asks for 30.
        mirror: Flip left and right; the attribute may be changed at any time.
        patience: How long the camera may take.
        system: How cameras are found and opened.

    Attributes:
        info: The size of the frames and the rate that the camera really gives.
        dropped: Frames that were replaced by newer ones before anyone took them, counted from
            when the first was taken.
        started_s: ``time.perf_counter()`` at ``pts`` 0, so that latency can be told.

    Raises:
        CameraError: It is missing, busy, not permitted, or gives no picture; the message says
            which and what to try. Later troubles raise nothing.
    """

    def __init__(
        self,
        device: int | str = 0,
        size: tuple[int, int] | None = None,
        frame_rate: float | None = None,
        mirror: bool = False,
        *,
        patience: Patience | None = None,
        system: CameraSystem | None = None,
    ) -> None:
        self.dropped = 0
        self.mirror = mirror
        self.started_s = 0.0
        self._wish = Wish(size, frame_rate)
        self._patience = patience or Patience()
        self._system = system or CameraSystem()
        self._camera = self._system.find(device)
        self._changed = Condition()
        self._closing = Event()
        self._state = CameraState(Phase.STARTING, f"camera {self._camera} is starting")
        self._lost_s = 0.0
        self._error: BaseException | None = None
        self._reader: Reader | None = None
        self._newest: tuple[BgrImage, float] | None = None
        self._index = 0
        self._keeper = Thread(target=self._keep, name="streamdefocus-camera", daemon=True)
        self._keeper.start()
        try:
            self.info = self._await_start()
        except BaseException:
            self.close()
            raise

    @property
    def state(self) -> CameraState:
        """What the camera is doing; from any thread."""
        return self._state

    @property
    def name(self) -> str:
        """The camera's name, for people."""
        return self._camera.name

    def __iter__(self) -> Iterator[Frame]:
        while (taken := self._await_picture()) is not None:
            bgr, taken_s = taken
            bgr = fitted(bgr, (self.info.width, self.info.height))
            if self.mirror:
                bgr = bgr[:, ::-1].copy()
            rate = self.info.frame_rate
            pts = round((taken_s - self.started_s) / MICROSECONDS)
            duration = round(1 / rate / MICROSECONDS) if rate else 0
            index, self._index = self._index, self._index + 1
            yield Frame(bgr, index, pts, MICROSECONDS, duration)

    def close(self) -> None:
        """End the iteration and release the camera; idempotent, from any thread.

        A thread that is stuck in the camera's driver is not waited for.
        """
        self._closing.set()
        with self._changed:
            self._state = CameraState(Phase.CLOSED, f"camera {self._camera} is closed")
            self._newest = None
            self._changed.notify_all()
        self._keeper.join(self._patience.leave_s + 1)

    def _await_picture(self) -> tuple[BgrImage, float] | None:
        with self._changed:
            while self._newest is None:
                if self._error:
                    raise self._error
                if self._closing.is_set():
                    return None
                self._changed.wait(_TICK_S)  # never for ever: Windows would not see Ctrl-C
            newest, self._newest = self._newest, None
            return newest

    def _await_start(self) -> SourceInfo:
        taken = self._await_picture()
        if taken is None or self._reader is None:
            raise CameraError(f"camera {self._camera} was closed before its first picture")
        bgr, self.started_s = taken
        width, height = bgr.shape[1], bgr.shape[0]
        terms = self._reader.terms
        told = f"camera {self._camera}: asked for {self._wish}, got {terms}"
        if terms and terms.size_px != (width, height):
            told += f", but its pictures are {width}x{height}"
        refused = self._wish.size_px not in (None, (width, height))
        _LOG.log(logging.WARNING if refused else logging.INFO, told)
        with self._changed:
            self._newest = self._newest or taken
        return SourceInfo(width, height, terms.rate if terms else None, live=True)

    # What follows runs in the thread that watches; `_take` in the one that reads.

    def _keep(self) -> None:
        try:
            self._keep_reading()
        except BaseException as error:  # raised again by the constructor or the iteration
            self._error = error

    def _keep_reading(self) -> None:
        stuck: list[Reader] = []
        fruitless = 0
        while True:
            reader, trouble = self._read_until_trouble()
            if not reader.stop(self._patience.leave_s):
                _LOG.debug("camera %s: left a thread behind that is stuck in it", self._camera)
                stuck.append(reader)
            if trouble is None:
                return
            if self._state.phase is Phase.STARTING:
                reason = self._system.why_not(self._camera)
                raise CameraError(f"camera {self._camera} {trouble}: {reason}")
            fruitless = 0 if reader.delivered else fruitless + 1
            pauses = self._patience.back_off_s
            pause_s = pauses[min(fruitless, len(pauses) - 1)]
            self._lose(trouble, pause_s)
            if self._rest(pause_s, stuck):
                return
            self._camera = self._system.find_again(self._camera)

    def _read_until_trouble(self) -> tuple[Reader, str | None]:
        """One attempt; the trouble is None when the source was closed."""
        self._reader = reader = Reader(
            self._camera, self._wish, self._system.open, self._patience, self._take
        )
        reader.start()
        slept_s = time.perf_counter()
        while not self._closing.wait(_TICK_S):
            woke_s = time.perf_counter()
            stood_still_s = max(woke_s - slept_s - _OVERSLEPT_S, 0.0)
            if trouble := reader.trouble(stood_still_s):
                return reader, trouble
            slept_s = woke_s
        return reader, None

    def _lose(self, trouble: str, pause_s: float) -> None:
        """Say that the camera is lost: once aloud, and softly for every further attempt."""
        sentence = f"camera {self._camera} {trouble}; trying again in {pause_s:g} s"
        with self._changed:
            if self._closing.is_set():
                return
            first = self._state.phase is Phase.RUNNING
            self._state = CameraState(Phase.LOST, sentence)
        if first:
            self._lost_s = time.perf_counter()
        _LOG.log(logging.WARNING if first else logging.DEBUG, sentence)

    def _rest(self, pause_s: float, stuck: list[Reader]) -> bool:
        """Wait before the next attempt; returns whether the source was closed meanwhile."""
        closed = self._closing.wait(pause_s)
        while not closed and sum(reader.alive for reader in stuck) >= _MOST_STUCK:
            closed = self._closing.wait(_TICK_S)
        stuck[:] = [reader for reader in stuck if reader.alive]
        return closed

    def _take(self, reader: Reader, bgr: BgrImage, taken_s: float) -> None:
        with self._changed:
            if reader is not self._reader or self._closing.is_set():
                return
            if self._newest is not None and self._index:
                self.dropped += 1
            self._newest = bgr, taken_s
            if self._state.phase is not Phase.RUNNING:
                if self._state.phase is Phase.LOST:
                    away_s = taken_s - self._lost_s
                    _LOG.warning("camera %s is back after %.1f s", self._camera, away_s)
                self._state = CameraState(Phase.RUNNING, f"camera {self._camera} is running")
            self._changed.notify_all()
