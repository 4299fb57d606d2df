"""A camera that does what a test tells it to, in the place of a device."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from streamdefocus.frames import BgrImage
from streamdefocus.sources.camera import CameraSystem
from streamdefocus.sources.devices import CameraDevice
from streamdefocus.sources.watchdog import Patience

DEVICE = CameraDevice("/dev/video0", "Toy Cam", bus="usb-1")

QUICK = Patience(
    open_s=0.8, first_s=0.8, silence_s=0.8, repeat_s=0.6, back_off_s=(0.01, 0.02), leave_s=0.05
)

LONG_S = 10.0
"""More than any wait here takes; a test that needs it has failed."""


class ToyCamera:
    """A device that does what a test tells it to, and the captures that are opened on it.

    ``mode``: "run", "repeat", "block", "fail" (read gives False), "raise", "empty".
    """

    def __init__(self) -> None:
        self.plugged = True
        self.mode = "run"
        self.size_px = (16, 8)
        self.rate = 25.0
        self.opened = 0
        self.released = 0
        self.asked: list[tuple[int, float]] = []
        self.unblock = threading.Event()
        self.pictures = 0
        self.found: list[CameraDevice] = []

    @property
    def system(self) -> CameraSystem:
        return CameraSystem(
            find=lambda _wanted: DEVICE,
            find_again=self._find_again,
            why_not=lambda _camera: "it is full of sand; shake it",
            open=lambda _camera: ToyCapture(self),
        )

    def picture(self) -> BgrImage:
        if self.mode != "repeat":
            self.pictures += 1
        width, height = self.size_px
        return np.full((height, width, 3), self.pictures % 251, np.uint8)

    def _find_again(self, lost: CameraDevice) -> CameraDevice:
        self.found.append(lost)
        return replace(lost, address="/dev/video1")


class ToyCapture:
    def __init__(self, camera: ToyCamera) -> None:
        self._camera = camera
        self._open = camera.plugged
        camera.opened += 1

    def isOpened(self) -> bool:  # noqa: N802
        return self._open

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.001)
        mode = self._camera.mode
        if mode == "block":
            self._camera.unblock.wait(LONG_S)
        if mode == "raise":
            raise cv2.error("the driver\nis upset")
        if mode == "empty":
            return True, np.empty((0, 0, 3), np.uint8)
        if mode == "fail" or not self._camera.plugged:
            return False, None
        return True, self._camera.picture()

    def get(self, property_: int, /) -> float:
        values = dict(self._camera.asked)
        values[cv2.CAP_PROP_FRAME_WIDTH], values[cv2.CAP_PROP_FRAME_HEIGHT] = self._camera.size_px
        values[cv2.CAP_PROP_FPS] = self._camera.rate
        return values.get(property_, 0.0)

    def set(self, property_: int, value: float, /) -> bool:
        self._camera.asked.append((property_, value))
        return True

    def release(self) -> None:
        self._camera.released += 1
