"""The stages of the pipeline, with a focus that follows keyframes and a range that may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamdefocus.config import Config
from streamdefocus.frames import DisparityMap, Frame
from streamdefocus.pipeline.defocuser import Defocuser, Shot
from streamdefocus.pipeline.edit import Edit, Keyframe
from streamdefocus.pipeline.stats import Stats


class KeyedDefocuser(Defocuser):
    """A Defocuser whose focus follows keyframes.

    Args:
        config: All options.
        edit: Where the focus goes when.
        position: Says at which moment of the edit a frame is, in seconds.
        stats: Where the stages' times go.

    Attributes:
        edit: As given; may be replaced at any time, by any thread.
        focus_range: See ``FocusOptions``; may be changed at any time.
    """

    def __init__(
        self,
        config: Config,
        edit: Edit,
        position: Callable[[Frame], float],
        stats: Stats | None = None,
    ) -> None:
        super().__init__(config, stats)
        self.edit = edit
        self.focus_range = config.focus.focus_range
        self._position = position
        self._active: Keyframe | None = None

    def aim(self, frame: Frame, disparity: DisparityMap) -> Shot:
        """See Defocuser."""
        active = self.edit.active(self._position(frame))
        if active is not None and active != self._active:
            self.focus.choose(active.focus)
        self._active = active
        shot = super().aim(frame, disparity)
        half_range = self.focus_range * disparity.span / 2
        return replace(shot, focus=replace(shot.focus, half_range=half_range))
