"""Keeping the frame rate: not waiting for depth, looking at it less often, rendering smaller."""

from __future__ import annotations

_PERIOD_S = 1.0
"""Between two looks at the rates; shorter ones would chase noise."""

_TOO_SLOW = 0.93
"""Share of the goal below which depth gets less time."""

_CALM_PERIODS = 3
"""Good periods in a row before depth gets more time again."""

_RESTS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""How long depth rests after each look, as a multiple of how long the look took."""

_SCALES = (0.9, 0.8, 0.7, 0.6)
"""Share of the frame's size that is rendered once depth rests as long as it may: in steps that are
too small to be seen as jumps.
"""


_WINDOW_S = 2.0
_TOO_FEW = 0.85
"""Share of the frames that depth must manage; below it, frames no longer wait for depth."""

_ENOUGH = 0.97
"""Share from which on, a few times in a row, they wait again."""


class Coupling:
    """Decides whether frames wait for their own depth or take the newest there is.

    Attributes:
        decoupled: Take the newest.
    """

    def __init__(self) -> None:
        self.decoupled = False
        self._calm = 0
        self._mark: tuple[float, int, int] | None = None

    def update(self, now_s: float, frames_in: int, frames_measured: int) -> None:
        """Look at the counters; to be called often, acts every two seconds.

        Args:
            now_s: Of a steady clock.
            frames_in: Frames of the source so far.
            frames_measured: Frames so far whose depth was looked at.
        """
        if self._mark is None:
            self._mark = (now_s, frames_in, frames_measured)
        mark_s, mark_in, mark_measured = self._mark
        if now_s - mark_s < _WINDOW_S or frames_in == mark_in:
            return
        self._mark = (now_s, frames_in, frames_measured)
        share = (frames_measured - mark_measured) / (frames_in - mark_in)
        self._calm = self._calm + 1 if share >= _ENOUGH else 0
        if share < _TOO_FEW:
            self.decoupled = True
        elif self._calm >= _CALM_PERIODS:
            self.decoupled = False


class Governor:
    """Trades the rate of depth, then resolution, for the rate of the output; nothing jumps.

    Between two looks disparity is carried along with what moves, so a lower rate of depth shows
    only in what has just come into view. Only if that is not enough are frames rendered smaller,
    and enlarged again.

    Args:
        target_fps: Frames a second that should come out, if that many go in.

    Attributes:
        level: 0 while depth may use all the time it wants, then up.
    """

    def __init__(self, target_fps: float) -> None:
        self.level = 0
        self._target_fps = target_fps
        self._calm = 0
        self._mark: tuple[float, int, int] | None = None

    def update(self, now_s: float, frames_in: int, frames_out: int) -> None:
        """Look at the counters; to be called often, acts about once a second.

        Args:
            now_s: Of a steady clock.
            frames_in: Frames of the source so far.
            frames_out: Frames that came out so far.
        """
        if self._mark is None:
            self._mark = (now_s, frames_in, frames_out)
        mark_s, mark_in, mark_out = self._mark
        if now_s - mark_s < _PERIOD_S:
            return
        seconds = now_s - mark_s
        goal_fps = min(self._target_fps, (frames_in - mark_in) / seconds)
        self._mark = (now_s, frames_in, frames_out)
        if (frames_out - mark_out) / seconds < _TOO_SLOW * goal_fps:
            self._calm = 0
            self.level = min(self.level + 1, len(_RESTS) + len(_SCALES) - 1)
            return
        self._calm += 1
        if self._calm >= _CALM_PERIODS:
            self._calm = 0
            self.level = max(self.level - 1, 0)

    def pause(self) -> None:
        """Judge nothing of the time until the next update: fewer frames come out on purpose."""
        self._mark = None

    def rest_s(self, look_s: float) -> float:
        """How long depth should rest after a look.

        Args:
            look_s: How long the look took.
        """
        return _RESTS[min(self.level, len(_RESTS) - 1)] * look_s

    @property
    def scale(self) -> float:
        """Share of the frame's size that should be rendered, up to 1."""
        smaller = self.level - len(_RESTS)
        return _SCALES[smaller] if smaller >= 0 else 1.0
