"""The time of a video: small pictures, where it is, and where the focus changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from streamdefocus.app.model.keyframes import Keyframes
from streamdefocus.app.parts.pictures import qt_image, thumbnail
from streamdefocus.app.theme import MARK, STAGE
from streamdefocus.app.work.desk import CancelledError, Desk, Job
from streamdefocus.app.work.player import SeekableVideo
from streamdefocus.frames import BgrImage

_PICTURES = 12
_PICTURE_PX = (96, 54)
_MARGIN = 12
_GRIP_PX = 7
_NEAR_S = 0.5
"""A keyframe this close is meant by the Delete key."""


class Timeline(QWidget):
    """Click or drag to wind; right click on a diamond removes it."""

    sought = Signal(float)
    """Seconds."""
    removed = Signal(object)
    """A Keyframe."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(76)
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Click to wind; diamonds are focus keyframes, right click removes one")
        self.keyframes = Keyframes()
        self._duration_s = self._position_s = 0.0
        self._pictures: list[QImage | None] = [None] * _PICTURES
        self._desk = Desk("timeline", newest_only=True)
        self._desk.progressed.connect(self._arrived)
        self._made: dict[int, BgrImage] = {}
        self._job: Job | None = None

    def show_video(self, path: Path | None, duration_s: float, keyframes: Keyframes) -> None:
        """Show another video."""
        if self._job:
            self._job.cancel()
        self._duration_s, self._position_s, self.keyframes = duration_s, 0.0, keyframes
        self._pictures = [None] * _PICTURES
        made: dict[int, BgrImage] = {}
        self._made = made
        if path:
            self._job = self._desk.submit(path, lambda job: _make(job, path, duration_s, made))
        self.update()

    def set_position(self, position_s: float) -> None:
        """Show where the video is."""
        self._position_s = position_s
        self.update()

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._desk.close()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), STAGE)
        track = self._track()
        each = track.width() / _PICTURES
        for number, picture in enumerate(self._pictures):
            box = QRectF(track.left() + number * each, track.top(), each - 1, track.height())
            if picture:
                painter.drawImage(box, picture, _cut(picture, box))
            else:
                painter.fillRect(box, QColor(50, 50, 54))
        if self._duration_s <= 0:
            return
        x = self._x(self._position_s)
        for colour, width in ((QColor(0, 0, 0, 160), 5), (QColor("white"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        for keyframe in self.keyframes.all:
            self._draw_diamond(painter, self._x(keyframe.time_s))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at_s = self._time(event.position().x())
        if event.button() == Qt.MouseButton.RightButton:
            reach_s = _GRIP_PX / max(self._track().width(), 1) * self._duration_s
            keyframe = self.keyframes.nearest(at_s, reach_s)
            if keyframe:
                self.removed.emit(keyframe)
        elif self._duration_s > 0:
            self.sought.emit(at_s)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._duration_s > 0:
            self.sought.emit(self._time(event.position().x()))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        step_s = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}.get(Qt.Key(event.key()))
        keyframe = self.keyframes.nearest(self._position_s, _NEAR_S)
        if event.key() == Qt.Key.Key_Delete and keyframe:
            self.removed.emit(keyframe)
        elif step_s is None:
            super().keyPressEvent(event)
        elif self._duration_s > 0:
            self.sought.emit(min(max(self._position_s + step_s, 0.0), self._duration_s))

    def _draw_diamond(self, painter: QPainter, x: float) -> None:
        y, size = self.height() - 12.0, 6.0
        corners = [QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size)]
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1.5))
        painter.setBrush(MARK)
        painter.drawPolygon(QPolygonF([*corners, QPointF(x - size, y)]))

    def _arrived(self, job: Job, _sentence: str, _share: float) -> None:
        if job is self._job:
            for number, bgr in list(self._made.items()):
                if self._pictures[number] is None:
                    self._pictures[number] = qt_image(bgr)
            self.update()

    def _track(self) -> QRectF:
        return QRectF(_MARGIN, 10, self.width() - 2 * _MARGIN, self.height() - 32)

    def _x(self, time_s: float) -> float:
        track = self._track()
        return track.left() + min(time_s / self._duration_s, 1.0) * track.width()

    def _time(self, x_px: float) -> float:
        track = self._track()
        return min(max((x_px - track.left()) / track.width(), 0.0), 1.0) * self._duration_s


def _cut(picture: QImage, box: QRectF) -> QRectF:
    """The middle of a picture, of the shape of a box."""
    scale = min(picture.width() / box.width(), picture.height() / box.height())
    width, height = box.width() * scale, box.height() * scale
    return QRectF((picture.width() - width) / 2, (picture.height() - height) / 2, width, height)


def _make(job: Job, path: Path, duration_s: float, made: dict[int, BgrImage]) -> None:
    with SeekableVideo(path) as video:
        for number in range(_PICTURES):
            if job.cancelled:
                raise CancelledError
            video.seek((number + 0.5) / _PICTURES * duration_s)
            frame = next(iter(video), None)
            if frame:
                made[number] = thumbnail(frame.bgr, *_PICTURE_PX)
            job.step("", number / _PICTURES)
