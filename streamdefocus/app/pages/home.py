"""Where everything begins: drop something, open something, go on with something."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.emblem import Emblem
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.theme import HUGE, LARGE, MEDIUM, SMALL
from streamdefocus.app.work.desk import Job
from streamdefocus.app.work.thumbnails import HEIGHT, WIDTH, Thumbnails
from streamdefocus.frames import BgrImage

_COLUMNS = 4


class HomePage(QWidget):
    """Drop area, buttons, recent files."""

    photo_asked = Signal()
    video_asked = Signal()
    camera_asked = Signal()
    example_asked = Signal()
    file_asked = Signal(object)
    """A recent file: its path."""

    def __init__(self) -> None:
        super().__init__()
        self._thumbnails = Thumbnails()
        self._thumbnails.done.connect(self._arrived)
        self._pictures: dict[Path, QIcon] = {}
        self._cards: dict[Path, QToolButton] = {}
        self.trouble = label("", "bad", wrap=True)
        self.trouble.hide()
        self.trouble.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._recent = QWidget()
        self._grid = QGridLayout(self._recent)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(MEDIUM)
        self._recent_title = label("Recent", "heading")
        self._nothing = label("What you open will be listed here.", "muted")
        self._lay_out()

    def show_recent(self, paths: list[Path]) -> None:
        """List the files that were open lately."""
        for card in self._cards.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for number, path in enumerate(paths):
            card = self._card(path)
            self._cards[path] = card
            self._grid.addWidget(card, number // _COLUMNS, number % _COLUMNS)
            if path not in self._pictures:
                self._thumbnails.ask(path)
        self._nothing.setVisible(not paths)

    def show_trouble(self, text: str) -> None:
        """Say in place what could not be opened; empty says nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    def set_hot(self, hot: bool) -> None:
        """Something is being dragged over the window."""
        self._drop.setProperty("hot", hot)
        self._drop.style().polish(self._drop)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._thumbnails.close()

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(4 * WIDTH + 6 * MEDIUM + 2 * HUGE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        column.setSpacing(MEDIUM)
        column.addWidget(self._drop_area())
        column.addSpacing(LARGE)
        column.addWidget(self._recent_title)
        column.addWidget(self._nothing)
        column.addWidget(self._recent, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _drop_area(self) -> QFrame:
        self._drop = QFrame()
        self._drop.setObjectName("drop")
        self._drop.setAccessibleName("Drop area")
        self._drop.setMinimumHeight(300)
        column = QVBoxLayout(self._drop)
        column.setContentsMargins(LARGE, HUGE, LARGE, HUGE)
        column.setSpacing(SMALL)
        middle = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(1)
        column.addWidget(Emblem(64), 0, middle)
        column.addSpacing(SMALL)
        column.addWidget(label("Drop photos or a video here", "title"), 0, middle)
        column.addWidget(
            label("Click what should be sharp. The rest melts away.", "muted"), 0, middle
        )
        column.addWidget(self.trouble)
        column.addSpacing(MEDIUM)
        column.addLayout(self._buttons())
        column.addStretch(1)
        return self._drop

    def _buttons(self) -> QHBoxLayout:
        self.photo = button("Open photo", self.photo_asked.emit, "primary", "Ctrl+O")
        self.video = button("Open video", self.video_asked.emit, tip="Ctrl+Shift+O")
        self.camera = button("Use camera", self.camera_asked.emit, tip="Ctrl+K")
        self.example = button("Try an example", self.example_asked.emit, tip="Ctrl+E")
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addStretch(1)
        for one in (self.photo, self.video, self.camera, self.example):
            one.setMinimumHeight(34)
            row.addWidget(one)
        row.addStretch(1)
        return row

    def _card(self, path: Path) -> QToolButton:
        card = QToolButton()
        card.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        card.setIconSize(QSize(WIDTH, HEIGHT))
        card.setFixedSize(WIDTH, HEIGHT + 36)
        card.setAutoRaise(True)
        room = card.fontMetrics()
        text = room.elidedText(path.name, Qt.TextElideMode.ElideMiddle, WIDTH)
        card.setText(text.replace("&", "&&"))
        card.setToolTip(str(path))
        card.setAccessibleName(f"Open {path.name}")
        card.setIcon(self._pictures.get(path, _blank()))
        card.clicked.connect(lambda _checked=False: self.file_asked.emit(path))
        return card

    def _arrived(self, job: Job, picture: BgrImage) -> None:
        path = job.about
        assert isinstance(path, Path)
        self._pictures[path] = QIcon(QPixmap.fromImage(qt_image(picture).copy()))
        if path in self._cards:
            self._cards[path].setIcon(self._pictures[path])


def _blank() -> QIcon:
    picture = QPixmap(WIDTH, HEIGHT)
    picture.fill(QColor(128, 128, 128, 50))
    return QIcon(picture)
