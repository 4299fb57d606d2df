"""The stages of the pipeline, with a focus that follows keyframes and a range that may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamdefocus.app.model.keyframes import Keyframe, Keyframes
from streamdefocus.config import Config
from streamdefocus.frames import DisparityMap, Frame
from streamdefocus.pipeline import Defocuser, Shot, Stats


class KeyedDefocuser(Defocuser):
    """A Defocuser whose focus follows keyframes.

    Args:
        config: All options.
        keyframes: Where the focus goes when, or None.
        position: Says at which moment of the keyframes the current frame is, seconds; by default
            it is the time since the first frame.
        stats: Where the stages' times go.

    Attributes:
        focus_range: See ``FocusOptions``; may be changed at any time.
    """

    def __init__(
        self,
        config: Config,
        keyframes: Keyframes | None = None,
        position: Callable[[], float] | None = None,
        stats: Stats | None = None,
    ) -> None:
        super().__init__(config, stats)
        self.focus_range = config.focus.focus_range
        self._keyframes, self._position = keyframes, position
        self._first_s: float | None = None
        self._active: Keyframe | None = None

    def aim(self, frame: Frame, disparity: DisparityMap) -> Shot:
        """See Defocuser."""
        if self._keyframes:
            active = self._keyframes.active(self._time_of(frame))
            if active is not None and active != self._active:
                self.focus.choose(active.focus)
            self._active = active
        shot = super().aim(frame, disparity)
        half_range = self.focus_range * disparity.span / 2
        return replace(shot, focus=replace(shot.focus, half_range=half_range))

    def _time_of(self, frame: Frame) -> float:
        if self._position:
            return self._position()
        if self._first_s is None:
            self._first_s = frame.time_s
        return frame.time_s - self._first_s
