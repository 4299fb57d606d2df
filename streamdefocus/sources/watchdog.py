"""Notices a camera that gives no pictures any more, or the same one again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage

_STEP_PX = 11
"""Every 11th pixel is compared: odd, so that it does not fall in step with a regular pattern."""

_MOVED = 10
"""Changes of the picture after which it is known to move."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a camera may take. All in seconds.

    Attributes:
        open_s: To be opened (Windows' Media Foundation was seen to take 20 s).
        first_s: To its first picture, once opened.
        silence_s: Between two pictures.
        repeat_s: With one and the same picture.
        back_off_s: Pauses before it is opened again; the last one is kept.
        leave_s: For its thread to end; after that the thread is left to itself.
    """

    open_s: float = 30.0
    first_s: float = 10.0
    silence_s: float = 2.0
    repeat_s: float = 5.0
    back_off_s: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    leave_s: float = 0.5


class Watchdog:
    """Judges one camera from when it begins to be opened until it is closed.

    A picture that does not change is suspicious, because a sensor always has noise: some drivers
    repeat the last picture when the camera is gone. But a still picture can also be true: behind
    a lens cap, from a virtual camera. So it counts as frozen only after it has moved before. A
    camera that is opened again and shows a still picture from the start is believed, and not
    opened again and again.

    Args:
        patience: How long the camera may take.
        now_s: The time, on any clock that the caller keeps to.
    """

    def __init__(self, patience: Patience, now_s: float) -> None:
        self._patience = patience
        self._since_s = now_s
        self._opened = False
        self._seen = False
        self._changes = 0
        self._changed_s = now_s
        self._sample: NDArray[np.uint8] | None = None

    def opened(self, now_s: float) -> None:
        """The device is open; pictures are expected from now on."""
        self._opened = True
        self._since_s = now_s

    def saw(self, bgr: BgrImage, now_s: float) -> None:
        """A picture has come."""
        self._seen = True
        self._since_s = now_s
        sample = bgr[::_STEP_PX, ::_STEP_PX]
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample = sample.copy()
            self._changed_s = now_s
            self._changes += 1

    def excuse(self, seconds: float) -> None:
        """Not the camera's fault: this program stood still, or the whole machine slept."""
        self._since_s += seconds
        self._changed_s += seconds

    def trouble(self, now_s: float) -> str | None:
        """What is wrong, as the end of a sentence that begins with the camera; or None."""
        waited_s = now_s - self._since_s
        if not self._opened:
            limit_s, trouble = self._patience.open_s, "does not open"
        elif not self._seen:
            limit_s, trouble = self._patience.first_s, "gives no picture"
        else:
            limit_s, trouble = self._patience.silence_s, "gives no pictures any more"
        if waited_s > limit_s:
            return trouble
        still_s = now_s - self._changed_s
        if self._changes > _MOVED and still_s > self._patience.repeat_s:
            return f"repeats one picture since {still_s:.0f} s"
        return None
