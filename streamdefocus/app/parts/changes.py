"""Changes that can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any

from PySide6.QtGui import QUndoCommand
from typing_extensions import override

_SAME_MOVE_S = 0.7
"""Changes of one thing that follow each other so quickly are undone together."""

_NAMES = {
    "aperture_shape": "aperture",
    "blur_method": "classic blur",
    "cats_eye": "cat's eyes",
    "far_blur_method": "far classic blur",
    "focal_length_mm": "focal length",
    "foreground_blur": "foreground blur",
    "focus_range": "focus range",
    "f_number": "f-number",
    "renderer": "method",
    "sensor_width_mm": "sensor",
    "subject_distance_m": "distance",
}


class Change(QUndoCommand):
    """One change of what is shown.

    Args:
        what: Name of what was changed, for people; options have words of their own.
        apply: Shows a state.
        before: The state it was in.
        after: The new one.
        about: What the states belong to; only changes of the same thing are one.
        merges: It may be one with the change before it: a slider under the finger, a wheel.
    """

    def __init__(
        self,
        what: str,
        apply: Callable[[Any], object],
        before: object,
        after: object,
        about: Hashable = None,
        merges: bool = False,
    ) -> None:
        super().__init__(f"change of {_NAMES.get(what, what)}")
        self._apply, self._before, self._after = apply, before, after
        self._key = (what, about)
        self._merges, self._at_s = merges, time.monotonic()

    @override
    def id(self) -> int:
        return 1

    @override
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Change) or not other._merges or self._key != other._key:
            return False
        if other._at_s - self._at_s > _SAME_MOVE_S:
            return False
        self._after, self._at_s = other._after, other._at_s
        return True

    @override
    def redo(self) -> None:
        self._apply(self._after)

    @override
    def undo(self) -> None:
        self._apply(self._before)
