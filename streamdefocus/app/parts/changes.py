"""Changes of looks that can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtGui import QUndoCommand
from typing_extensions import override

from streamdefocus.app.model.album import Document
from streamdefocus.app.model.look import Look

_SAME_MOVE_S = 0.7
"""Changes of one option that follow each other so quickly are undone together."""

_NAMES = {
    "focus": "focus",
    "focus_range": "focus range",
    "blur": "blur",
    "aperture_shape": "aperture",
    "renderer": "method",
    "blur_method": "classic blur",
}


class LookChange(QUndoCommand):
    """One change of a look.

    Args:
        apply: Gives a document a look and shows it.
        document: Which one.
        after: Its new look.
        option: What was changed.
        merges: It may be one with the change before it: a slider under the finger, a wheel.
    """

    def __init__(
        self,
        apply: Callable[[Document, Look], None],
        document: Document,
        after: Look,
        option: str,
        merges: bool,
    ) -> None:
        super().__init__(f"change of {_NAMES.get(option, option)}")
        self._apply, self._document, self._option = apply, document, option
        self._before, self._after = document.look, after
        self._merges, self._at_s = merges, time.monotonic()

    @override
    def id(self) -> int:
        return 1

    @override
    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, LookChange) or not other._merges:
            return False
        same = (self._document, self._option) == (other._document, other._option)
        if not same or other._at_s - self._at_s > _SAME_MOVE_S:
            return False
        self._after, self._at_s = other._after, other._at_s
        return True

    @override
    def redo(self) -> None:
        self._apply(self._document, self._after)

    @override
    def undo(self) -> None:
        self._apply(self._document, self._before)
