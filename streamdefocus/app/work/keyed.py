"""The stages of the pipeline, with a focus that follows keyframes and a range that may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamdefocus.app.model.keyframes import Keyframe, Keyframes
from streamdefocus.config import Config
from streamdefocus.frames import DisparityMap, Frame
from streamdefocus.pipeline import Defocuser, Shot


class KeyedDefocuser(Defocuser):
    """A Defocuser for the app.

    Args:
        config: All options.
        keyframes: Where the focus goes when, or None.
        time_of: The moment of a frame in the keyframes' time, seconds.
    """

    def __init__(
        self,
        config: Config,
        keyframes: Keyframes | None = None,
        time_of: Callable[[Frame], float] = lambda frame: frame.time_s,
    ) -> None:
        super().__init__(config)
        self.focus_range = config.focus.focus_range
        self._keyframes, self._time_of = keyframes, time_of
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
