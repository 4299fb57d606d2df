"""What stands around a picture: a panel beside it, a line below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from streamdefocus.app.parts.basics import Line, rule
from streamdefocus.app.theme import LARGE, MEDIUM, SCROLL_BAR, SMALL, TIGHT

PANEL_PX = 288
_MESSAGE_MS = 8000


class SidePanel(QWidget):
    """A column that scrolls, above a few things that stay."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(PANEL_PX)
        self.inner = QWidget()

    def fill(self, upper: list[QWidget], lower: list[QWidget]) -> None:
        """Put widgets in; once."""
        column = _column(self.inner, MEDIUM, upper)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(self.inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        def make_room(_least: int, most: int) -> None:
            """The scroll bar takes its room from the margin, so that nothing moves."""
            right = LARGE - SCROLL_BAR if most else LARGE
            column.setContentsMargins(LARGE, LARGE, right, LARGE)

        area.verticalScrollBar().rangeChanged.connect(make_room)
        below = QWidget()
        _column(below, SMALL, lower).setContentsMargins(LARGE, MEDIUM, LARGE, LARGE)
        outer = _column(self, 0, [area, rule(), below])
        outer.setContentsMargins(1, 0, 0, 0)
        outer.setStretch(0, 1)


class Foot(QWidget):
    """A line below the picture: some widgets and a message.

    Args:
        left: Before the message.
        right: Behind it.
        fades: Messages give way to the hint after a while.
    """

    def __init__(self, left: list[QWidget], right: list[QWidget], fades: bool = False) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hint, self._fades = "", fades
        self.message = Line()
        line = QHBoxLayout(self)
        line.setContentsMargins(MEDIUM if left else LARGE, TIGHT, MEDIUM, TIGHT)
        line.setSpacing(MEDIUM)
        for widget in left:
            line.addWidget(widget)
        line.addWidget(self.message, 1)
        for widget in right:
            line.addWidget(widget)
        self._timer = QTimer(self, singleShot=True, interval=_MESSAGE_MS)
        self._timer.timeout.connect(lambda: self.message.setText(self._hint))

    def say(self, text: str) -> None:
        """Show a message."""
        self.message.setText(text)
        if self._fades:
            self._timer.start()

    def set_hint(self, hint: str) -> None:
        """Show what can be done, as long as nothing else is said."""
        self._hint = hint
        self._timer.stop()
        self.message.setText(hint)


def lay_out(page: QWidget, main: list[QWidget], panel: SidePanel) -> None:
    """Put a picture and what is below it on the left of a panel.

    Args:
        page: Gets the layout.
        main: From top to bottom; the first one takes the room there is.
        panel: On the right.
    """
    left = QVBoxLayout()
    left.setSpacing(0)
    for number, widget in enumerate(main):
        left.addWidget(widget, 0 if number else 1)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addLayout(left, 1)
    row.addWidget(panel)


def row(*widgets: QWidget) -> QWidget:
    """Widgets side by side, equally wide."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(SMALL)
    for widget in widgets:
        line.addWidget(widget, 1)
    return made


def _column(widget: QWidget, spacing: int, rows: list[QWidget]) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setSpacing(spacing)
    for one in rows:
        column.addWidget(one)
    return column
