"""Where everything begins: drop something, open something, go on with something."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from streamdefocus.app.model.recent import is_video
from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.emblem import Emblem
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.theme import HUGE, LARGE, MEDIUM, SCROLL_BAR, SMALL
from streamdefocus.app.work.desk import Job
from streamdefocus.app.work.thumbnails import DENSITY, HEIGHT, WIDTH, Thumbnails
from streamdefocus.frames import BgrImage

_COLUMNS = 4
_INVITATION, _DROP = "Drop photos or a video here", "Drop to open"


class HomePage(QWidget):
    """Drop area, buttons, recent files."""

    photo_asked = Signal()
    video_asked = Signal()
    camera_asked = Signal()
    example_asked = Signal()
    forget_asked = Signal()
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
        self._forget = button("Clear list", self.forget_asked.emit, "nav", "Files stay as they are")
        self._lay_out()

    def show_recent(self, paths: list[Path]) -> None:
        """List the files that were open lately."""
        for card in self._cards.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        for path in paths:
            self._cards[path] = self._card(path)
            if path not in self._pictures:
                self._thumbnails.ask(path)
        self._arrange()
        self._nothing.setVisible(not paths)
        self._forget.setVisible(bool(paths))

    def show_trouble(self, text: str) -> None:
        """Say in place what could not be opened; empty says nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    def set_hot(self, hot: bool) -> None:
        """Something is being dragged over the window."""
        self._title.setText(_DROP if hot else _INVITATION)
        self._drop.setProperty("hot", hot)
        self._drop.style().polish(self._drop)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._thumbnails.close()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        """Put as many cards side by side as there is room for."""
        room = self.width() - 2 * HUGE - SCROLL_BAR
        columns = max(1, min(_COLUMNS, (room + MEDIUM) // (WIDTH + MEDIUM)))
        for number, card in enumerate(self._cards.values()):
            self._grid.addWidget(card, number // columns, number % columns)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_COLUMNS * WIDTH + (_COLUMNS - 1) * MEDIUM + 2 * HUGE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        column.setSpacing(MEDIUM)
        column.addWidget(self._drop_area())
        column.addSpacing(LARGE)
        head = QHBoxLayout()
        head.addWidget(self._recent_title)
        head.addStretch(1)
        head.addWidget(self._forget)
        column.addLayout(head)
        column.addWidget(self._nothing)
        column.addWidget(self._recent, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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
        self._title = label(_INVITATION, "title")
        column.addWidget(self._title, 0, middle)
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
        kind = "video" if is_video(path) else "photo"
        card.setAccessibleName(f"Open {kind} {path.name}")
        card.setIcon(self._pictures.get(path, _blank()))
        card.clicked.connect(lambda _checked=False: self.file_asked.emit(path))
        return card

    def _arrived(self, job: Job, picture: BgrImage) -> None:
        path = job.about
        assert isinstance(path, Path)
        self._pictures[path] = _icon(picture, is_video(path))
        if path in self._cards:
            self._cards[path].setIcon(self._pictures[path])


def _blank() -> QIcon:
    picture = QPixmap(WIDTH, HEIGHT)
    picture.fill(QColor(128, 128, 128, 50))
    return QIcon(picture)


def _icon(bgr: BgrImage, video: bool) -> QIcon:
    """A picture; that of a video with a sign on it."""
    picture = QPixmap.fromImage(qt_image(bgr).copy())
    picture.setDevicePixelRatio(DENSITY)
    if video:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        x, y = 20.0, HEIGHT - 20.0
        painter.drawEllipse(QPointF(x, y), 12, 12)
        painter.setBrush(QColor("white"))
        corners = (QPointF(x - 4, y - 6), QPointF(x + 7, y), QPointF(x - 4, y + 6))
        painter.drawPolygon(QPolygonF(list(corners)))
        painter.end()
    return QIcon(picture)
