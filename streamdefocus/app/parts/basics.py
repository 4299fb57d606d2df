"""Small widgets, made alike everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from streamdefocus.app.theme import TIGHT


def label(text: str, role: str = "", wrap: bool = False) -> QLabel:
    """A text; ``role`` chooses how it looks, see the theme."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # names of files are shown as they are
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def button(
    text: str,
    clicked: Callable[[], object] | None = None,
    role: str = "",
    tip: str = "",
    checkable: bool = False,
) -> QPushButton:
    """A button with a name for screen readers; ``role`` chooses how it looks."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setAccessibleName(text)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    if clicked:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def rule() -> QFrame:
    """A thin line between two groups."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


class Choice(QComboBox):
    """A list to choose from, with a chevron that suits the theme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.WindowText if self.isEnabled() else QPalette.ColorRole.Mid
        painter.setPen(QPen(self.palette().color(role), 1.5))
        x, y = self.width() - 16.0, self.height() / 2
        ends = (QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2))
        painter.drawPolyline(QPolygonF(list(ends)))


class Segments(QWidget):
    """A row of buttons of which one is down."""

    chosen = Signal(str)
    """By the user."""

    def __init__(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        for value, text in choices:
            one = button(text, role="segment", checkable=True)
            one.setAccessibleName(f"{name}: {text}")
            one.clicked.connect(lambda _checked=False, value=value: self.chosen.emit(value))
            self._group.addButton(one)
            self._buttons[value] = one
            row.addWidget(one, 1)

    def choose(self, value: str) -> None:
        """Show a choice; nothing is emitted."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def button(self, value: str) -> QPushButton:
        """The button of a choice."""
        return self._buttons[value]


class NamedSlider(QWidget):
    """A slider with its name on the left and its value, in words, on the right.

    Args:
        name: What it changes.
        most: Its largest value; the least is 0.
        steps: How finely it can be set.
        words: A value for people.
        curve: Above 1, the lower values get more of the way.
    """

    moved = Signal(float, bool)
    """(value, whether it goes on moving), by the user."""

    def __init__(
        self,
        name: str,
        most: float,
        words: Callable[[float], str],
        steps: int = 200,
        curve: float = 1.0,
    ) -> None:
        super().__init__()
        self._most, self._steps, self._words, self._curve = most, steps, words, curve
        self._value = label("", "muted")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, steps)
        self.slider.setPageStep(max(1, steps // 20))
        self.slider.setAccessibleName(name)
        head = QHBoxLayout()
        head.addWidget(label(name))
        head.addStretch(1)
        head.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(head)
        column.addWidget(self.slider)
        self.slider.valueChanged.connect(self._moved)
        self.slider.sliderReleased.connect(lambda: self.moved.emit(self.value(), False))

    def value(self) -> float:
        """Where it is."""
        return self._most * float((self.slider.value() / self._steps) ** self._curve)

    def show_value(self, value: float) -> None:
        """Put it somewhere; nothing is emitted."""
        self.slider.blockSignals(True)
        share = min(max(value / self._most, 0.0), 1.0)
        self.slider.setValue(round(self._steps * share ** (1 / self._curve)))
        self.slider.blockSignals(False)
        self._value.setText(self._words(value))

    def _moved(self, _position: int) -> None:
        self._value.setText(self._words(self.value()))
        self.moved.emit(self.value(), self.slider.isSliderDown())
