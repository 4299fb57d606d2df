"""One attempt at a camera: a thread that opens it and reads until it is told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread

import cv2

from streamdefocus.frames import BgrImage
from streamdefocus.sources.capture import Opener, Terms, Wish, as_bgr, negotiate
from streamdefocus.sources.devices import CameraDevice
from streamdefocus.sources.watchdog import Patience, Watchdog

_RETRY_S = 0.01
"""Pause after a picture that could not be read, so that a dead camera does not eat a core."""


class Reader:
    """Opens a camera, reads it, and releases it, all in one thread: drivers insist on that.

    Nobody else may touch the device, so a thread that is stuck in the driver can only be left
    behind; it releases the device when it gets out.

    Args:
        camera: What to open.
        wish: What to ask it for.
        opener: How to open it.
        patience: How long it may take.
        deliver: Called in the thread with every picture and the moment it came
            (``time.perf_counter()``); no more once ``stop`` was called.

    Attributes:
        terms: What the camera says that it gives, once it is open.
        delivered: How many pictures have come.
    """

    def __init__(
        self,
        camera: CameraDevice,
        wish: Wish,
        opener: Opener,
        patience: Patience,
        deliver: Callable[[Reader, BgrImage, float], None],
    ) -> None:
        self.terms: Terms | None = None
        self.delivered = 0
        self._camera, self._wish, self._opener = camera, wish, opener
        self._deliver = deliver
        self._watchdog = Watchdog(patience, time.perf_counter())
        self._lock = Lock()
        self._failure: str | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="streamdefocus-camera-reader", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still holds the device."""
        return self._thread.is_alive()

    def trouble(self, stood_still_s: float = 0) -> str | None:
        """What is wrong, as the end of a sentence that begins with the camera; or None.

        Args:
            stood_still_s: For how long this program did not run since it asked last.
        """
        with self._lock:
            self._watchdog.excuse(stood_still_s)
            return self._failure or self._watchdog.trouble(time.perf_counter())

    def stop(self, wait_s: float) -> bool:
        """Stop reading.

        Args:
            wait_s: How long to wait for the thread.

        Returns:
            Whether the thread has ended and the device is free.
        """
        self._stopping.set()
        self._thread.join(wait_s)
        return not self.alive

    def _run(self) -> None:
        try:
            capture = self._opener(self._camera)
            try:
                if not capture.isOpened():
                    self._fail("cannot be opened")
                    return
                self.terms = negotiate(capture, self._wish)
                with self._lock:
                    self._watchdog.opened(time.perf_counter())
                while not self._stopping.is_set():
                    self._take(*capture.read())
            finally:
                capture.release()
        except (cv2.error, OSError, RuntimeError, ValueError) as error:
            self._fail(f"failed ({' '.join(str(error).split())})")

    def _take(self, good: bool, picture: object) -> None:
        now_s = time.perf_counter()
        bgr = as_bgr(picture) if good else None
        if bgr is None:
            self._stopping.wait(_RETRY_S)
            return
        with self._lock:
            self._watchdog.saw(bgr, now_s)
        self.delivered += 1
        if not self._stopping.is_set():
            self._deliver(self, bgr, now_s)

    def _fail(self, failure: str) -> None:
        with self._lock:
            self._failure = failure
