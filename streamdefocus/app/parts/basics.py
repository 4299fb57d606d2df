"""Small widgets, made alike everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
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

from streamdefocus.app.theme import MEDIUM, TIGHT

_FEWEST_LETTERS = 8


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


def check(text: str, tip: str = "") -> QCheckBox:
    """Something that is on or off."""
    made = QCheckBox(text)
    made.setAccessibleName(text)
    made.setToolTip(tip)
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
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_FEWEST_LETTERS)

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


class Line(QLabel):
    """A text in one line that never asks for room: what does not fit is in its tool tip."""

    def __init__(self, text: str = "", role: str = "muted") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setText(text)

    @override
    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, room)


class NamedSlider(QWidget):
    """A slider with its name on the left and its value, in words, on the right.

    Args:
        name: What it changes.
        most: Its largest value.
        words: A value for people.
        steps: How finely it can be set.
        curve: Above 1, the lower values get more of the way.
        least: Its smallest value; above 0, the same way is the same factor everywhere.
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
        least: float = 0.0,
    ) -> None:
        super().__init__()
        self._most, self._steps, self._words, self._curve = most, steps, words, curve
        self._least = least
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
        share = self.slider.value() / self._steps
        if self._least > 0:
            return self._least * float((self._most / self._least) ** share)
        return self._most * float(share**self._curve)

    def show_value(self, value: float) -> None:
        """Put it somewhere; nothing is emitted."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(self._steps * self._share(value)))
        self.slider.blockSignals(False)
        self._show_words(value)

    def _share(self, value: float) -> float:
        value = min(max(value, self._least), self._most)
        if self._least > 0:
            return math.log(value / self._least) / math.log(self._most / self._least)
        return float((value / self._most) ** (1 / self._curve))

    def _show_words(self, value: float) -> None:
        words = self._words(value)
        self._value.setText(words)
        self.slider.setAccessibleDescription(words)

    def _moved(self, _position: int) -> None:
        self._show_words(self.value())
        self.moved.emit(self.value(), self.slider.isSliderDown())


class More(QWidget):
    """A button that unfolds what not everybody needs.

    Args:
        name: On the button.
        rows: What it unfolds, from top to bottom.
    """

    def __init__(self, name: str, rows: Sequence[QWidget]) -> None:
        super().__init__()
        self.button = button(name, role="fold", checkable=True)
        self._rows = QWidget()
        inner = QVBoxLayout(self._rows)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(MEDIUM)
        for row in rows:
            inner.addWidget(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(self.button)
        column.addWidget(self._rows)
        self._rows.hide()
        self._name = name
        self.button.toggled.connect(self._unfold)
        self._unfold(False)

    def _unfold(self, on: bool) -> None:
        sign = (
            "\N{BLACK DOWN-POINTING SMALL TRIANGLE}"
            if on
            else ("\N{BLACK RIGHT-POINTING SMALL TRIANGLE}")
        )
        self.button.setText(f"{sign}  {self._name}")
        self._rows.setVisible(on)
