"""Presentation times that always move on."""

from __future__ import annotations

from fractions import Fraction

_LONGEST_STEP_BACK_S = 1


class Timeline:
    """Repairs the time stamps of one stream, and leaves sound ones alone.

    - A missing time is the previous one plus the previous duration (or ``step``).
    - A time that is not later than the previous one becomes one tick later than that.
    - A time that lies more than a second before the previous one starts a new count (recordings
      that were joined): it and all that follow move up to continue after the previous frame.

    Args:
        time_base: Seconds of one tick.
        step: Ticks that a frame of unknown duration is taken to last.

    Attributes:
        repaired: How many times were not what the file says.
    """

    def __init__(self, time_base: Fraction, step: int) -> None:
        self.repaired = 0
        self._start = 0
        self._longest_step_back = _LONGEST_STEP_BACK_S / time_base
        self._step = max(1, step)
        self._offset = 0
        self._last: int | None = None
        self._last_duration = 0

    def place(self, pts: int | None, duration: int) -> int:
        """The time of the next frame, in ticks.

        Args:
            pts: What the file says, or None.
            duration: What the file says, or 0; for the frame after this one.
        """
        placed = self._placed(pts)
        self.repaired += placed != pts
        if self._last is None:
            self._start = placed
        self._last, self._last_duration = placed, duration
        return placed

    @property
    def elapsed(self) -> int:
        """Ticks from the first time to the end of the last frame."""
        if self._last is None:
            return 0
        return self._last + (self._last_duration or self._step) - self._start

    def _placed(self, pts: int | None) -> int:
        if self._last is None:
            return pts or 0
        expected = self._last + (self._last_duration or self._step)
        if pts is None:
            return expected
        if self._last - (pts + self._offset) > self._longest_step_back:
            self._offset = expected - pts
        return max(pts + self._offset, self._last + 1)
