"""Back and forth, near and far: undo, redo and zoom, in a row."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QWidget

from streamdefocus.app.parts.basics import button
from streamdefocus.app.parts.canvas import ZOOM_STEP, Canvas

_GAP = 4


class Steps(QWidget):
    """Undo and redo of a stack, and the zoom of a canvas.

    Args:
        undo: The stack.
        canvas: The canvas.
    """

    def __init__(self, undo: QUndoStack, canvas: Canvas) -> None:
        super().__init__()
        self._stack = undo
        self.undo = button("Undo", undo.undo, "nav", "Ctrl+Z")
        self.redo = button("Redo", undo.redo, "nav", "Ctrl+Shift+Z")
        self._zoom = [
            button("\N{MINUS SIGN}", lambda: canvas.zoom(1 / ZOOM_STEP), "nav", "Zoom out (-)"),
            button("Fit", canvas.fit, "nav", "The whole picture (0)"),
            button("+", lambda: canvas.zoom(ZOOM_STEP), "nav", "Zoom in (+)"),
        ]
        for one, name in zip(self._zoom, ("Zoom out", "Fit", "Zoom in"), strict=True):
            one.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        for one in (self.undo, self.redo, *self._zoom):
            row.addWidget(one)
        undo.indexChanged.connect(self._show)
        self._show()

    def set_enabled(self, on: bool) -> None:
        """Whether there is a picture to zoom."""
        for one in self._zoom:
            one.setEnabled(on)

    def _show(self, _index: int = 0) -> None:
        stack = self._stack
        for one, can, text in (
            (self.undo, stack.canUndo(), stack.undoText()),
            (self.redo, stack.canRedo(), stack.redoText()),
        ):
            one.setEnabled(can)
            one.setAccessibleDescription(text)
