"""Where a picture is, or what there is to say in its place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.canvas import Canvas
from streamdefocus.app.theme import LARGE, MEDIUM


class Stage(QWidget):
    """A canvas, or a notice in its place: nothing is open, work is under way, something is wrong.

    Args:
        canvas: Shown when there is a picture.
        empty: Title and text while there is none.
        actions: Text and deed of the buttons below that text.
        cancel: What the button beside the progress does.
    """

    def __init__(
        self,
        canvas: Canvas,
        empty: tuple[str, str],
        actions: list[tuple[str, Callable[[], object]]],
        cancel: Callable[[], object],
    ) -> None:
        super().__init__()
        self._title, self._text = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self.cancel = button("Cancel", cancel, tip="Give it up (Esc)")
        self._actions = [button(text, deed) for text, deed in actions]
        if self._actions:
            self._actions[0].setProperty("role", "primary")
        self._empty, self._canvas = empty, canvas
        self._stack = QStackedLayout(self)
        self._stack.addWidget(canvas)
        self._stack.addWidget(self._notice())
        self.show_empty()

    @property
    def text(self) -> str:
        """What is said in the place of the picture; empty while there is one."""
        if self._stack.currentIndex() == 0:
            return ""
        return f"{self._title.text()}\n{self._text.text()}"

    def show_canvas(self) -> None:
        """Show the picture."""
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackOne)
        self._stack.setCurrentIndex(0)

    def set_empty(self, title: str, text: str) -> None:
        """Say something else from now on while nothing is open."""
        was_shown = self.text == "\n".join(self._empty)
        self._empty = (title, text)
        if was_shown:
            self.show_empty()

    def show_empty(self) -> None:
        """Say that nothing is open, and what to do."""
        self._say(*self._empty, busy=False)

    def show_trouble(self, title: str, text: str) -> None:
        """Say what is wrong, where the picture would be."""
        self._say(title, text, busy=False)

    def focus_action(self) -> None:
        """Give the keys to what can be done about it."""
        if self._actions and self.isVisible():
            self._actions[0].setFocus()

    def show_progress(self, title: str, sentence: str, share: float) -> None:
        """Say what is being done: below the picture that is shown, or in the place of none."""
        self._say(title, sentence, busy=True)
        self._bar.setValue(round(100 * share))

    def _say(self, title: str, text: str, busy: bool) -> None:
        over = busy and self._canvas.has_picture
        side = Qt.AlignmentFlag.AlignBottom if over else Qt.AlignmentFlag.AlignVCenter
        self._page.setAlignment(self._card, side | Qt.AlignmentFlag.AlignHCenter)
        modes = QStackedLayout.StackingMode
        self._stack.setStackingMode(modes.StackAll if over else modes.StackOne)
        self._title.setText(title)
        self._text.setText(text)
        self._bar.setVisible(busy)
        self.cancel.setVisible(busy)
        for action in self._actions:
            action.setVisible(not busy)
        self._stack.setCurrentIndex(1)

    def _notice(self) -> QWidget:
        self._card = QFrame()
        self._card.setObjectName("card")
        self._card.setFixedWidth(420)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        row = QHBoxLayout()
        row.addStretch(1)
        for one in (*self._actions[::-1], self.cancel):
            row.addWidget(one)
        column.addLayout(row)
        page = QWidget()
        self._page = QVBoxLayout(page)
        self._page.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self._page.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)
        return page
