"""The time of a video: small pictures, where it is, where the focus changes, which part is kept."""

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
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from streamdefocus.app.parts.marks import draw_diamond
from streamdefocus.app.parts.pictures import qt_image, thumbnail
from streamdefocus.app.theme import MARK, STAGE
from streamdefocus.app.work.desk import CancelledError, Desk, Job
from streamdefocus.frames import BgrImage
from streamdefocus.pipeline import Edit, Keyframe
from streamdefocus.sources import VideoSource

NEAR_S = 0.5
"""A keyframe this close is meant by the keys."""

_PICTURES = 12
_PICTURE_PX = (192, 108)
_MARGIN = 16
_GRIP_PX = 8
_BRACKET_PX = 8
_OUTSIDE = QColor(0, 0, 0, 170)
_NO_KEYS = Qt.KeyboardModifier.NoModifier
_ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class Timeline(QWidget):
    """Click or drag to wind; diamonds and brackets can be dragged.

    Attributes:
        edit: The one that is shown.
        frame_s: Of a frame, for steps by key.
    """

    sought = Signal(float)
    """Seconds."""
    edited = Signal(object, str, bool)
    """(Edit, what was changed, whether it goes on changing), by the user."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(76)
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            "Click to wind; drag diamonds (focus) and brackets (what is exported); "
            "right click or Delete removes a diamond"
        )
        self.edit = Edit()
        self.frame_s = 1 / 30
        self._duration_s = self._position_s = 0.0
        self._grip: tuple[str, Edit, Keyframe | None] | None = None
        self._pictures: list[QImage | None] = [None] * _PICTURES
        self._desk = Desk("timeline", newest_only=True)
        self._desk.progressed.connect(self._arrived)
        self._made: dict[int, BgrImage] = {}
        self._job: Job | None = None

    def show_video(self, path: Path | None, duration_s: float) -> None:
        """Show another video."""
        if self._job:
            self._job.cancel()
        self._duration_s, self._position_s = duration_s, 0.0
        self._pictures = [None] * _PICTURES
        made: dict[int, BgrImage] = {}
        self._made = made
        if path:
            self._job = self._desk.submit(path, lambda job: _make(job, path, duration_s, made))
        self.update()

    def show_edit(self, edit: Edit) -> None:
        """Show other keyframes and another part."""
        self.edit = edit
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
        self._draw_part(painter, track)
        x = self._x(self._position_s)
        for colour, width in ((QColor(0, 0, 0, 160), 5), (QColor("white"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        for keyframe in self.edit.keyframes:
            draw_diamond(painter, QPointF(self._x(keyframe.time_s), self.height() - 12.0))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().accent().color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._duration_s <= 0:
            return
        keyframe = self._diamond_at(at)
        bracket = self._bracket_at(at)
        if event.button() == Qt.MouseButton.RightButton:
            if keyframe:
                self.edited.emit(self.edit.without(keyframe), "keyframe", False)
        elif keyframe:
            self._grip = ("keyframe", self.edit, keyframe)
            self.sought.emit(keyframe.time_s)
        elif bracket:
            self._grip = (bracket, self.edit, None)
        else:
            self.sought.emit(self._time(at.x()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if not event.buttons() & Qt.MouseButton.LeftButton or self._duration_s <= 0:
            return
        time_s = self._time(at.x())
        if self._grip is None:
            self.sought.emit(time_s)
            return
        kind, before, keyframe = self._grip
        moved = before.moved(keyframe, time_s) if keyframe else None
        edit = moved or self._bounded(before, kind, time_s)
        self.edited.emit(edit, kind, True)
        self.sought.emit(time_s)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, keys = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        keyframe = self.edit.nearest(self._position_s, NEAR_S)
        way = _ARROWS.get(key, 0)
        if self._duration_s <= 0:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Delete and keyframe:
            self.edited.emit(self.edit.without(keyframe), "keyframe", False)
        elif way and keys == Qt.KeyboardModifier.AltModifier and keyframe:
            time_s = self._within(keyframe.time_s + way * self.frame_s)
            self.edited.emit(self.edit.moved(keyframe, time_s), "keyframe", True)
            self.sought.emit(time_s)
        elif way and keys in (_NO_KEYS, Qt.KeyboardModifier.ShiftModifier):
            step_s = self.frame_s if keys else 1.0
            self.sought.emit(self._within(self._position_s + way * step_s))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.sought.emit(0.0 if key == Qt.Key.Key_Home else self._duration_s)
        else:
            super().keyPressEvent(event)

    def _bounded(self, edit: Edit, side: str, time_s: float) -> Edit:
        """An edit with its start or its end elsewhere; they cannot pass each other."""
        if side == "start":
            most_s = (self._duration_s if edit.end_s is None else edit.end_s) - self.frame_s
            start_s = min(time_s, most_s)
            return edit.from_s(start_s if start_s > self.frame_s / 2 else None)
        least_s = (edit.start_s or 0.0) + self.frame_s
        end_s = max(time_s, least_s)
        return edit.until_s(end_s if end_s < self._duration_s - self.frame_s / 2 else None)

    def _diamond_at(self, at: QPointF) -> Keyframe | None:
        if at.y() < self._track().bottom():
            return None
        reach_s = _GRIP_PX / max(self._track().width(), 1) * self._duration_s
        return self.edit.nearest(self._time(at.x()), reach_s)

    def _bracket_at(self, at: QPointF) -> str:
        """Name of the bracket under the mouse: "start", "end", or empty."""
        start, end = self._brackets()
        if start.adjusted(-2, -2, 0, 2).contains(at):
            return "start"
        return "end" if end.adjusted(0, -2, 2, 2).contains(at) else ""

    def _brackets(self) -> tuple[QRectF, QRectF]:
        track = self._track()
        start = self._x(self.edit.start_s or 0.0)
        end = self._x(self._duration_s if self.edit.end_s is None else self.edit.end_s)
        return (
            QRectF(start - _BRACKET_PX, track.top(), _BRACKET_PX, track.height()),
            QRectF(end, track.top(), _BRACKET_PX, track.height()),
        )

    def _draw_part(self, painter: QPainter, track: QRectF) -> None:
        """Dim what is not kept, and draw brackets around what is."""
        brackets = self._brackets()
        left, right = brackets[0].right(), brackets[1].left()
        painter.fillRect(
            QRectF(track.left(), track.top(), left - track.left(), track.height()), _OUTSIDE
        )
        painter.fillRect(
            QRectF(right, track.top(), track.right() - right, track.height()), _OUTSIDE
        )
        is_part = self.edit.start_s is not None or self.edit.end_s is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(MARK if is_part else QColor(110, 110, 118))
        for bracket in brackets:
            painter.drawRoundedRect(bracket, 3, 3)

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

    def _within(self, time_s: float) -> float:
        return min(max(time_s, 0.0), self._duration_s)


def _cut(picture: QImage, box: QRectF) -> QRectF:
    """The middle of a picture, of the shape of a box."""
    scale = min(picture.width() / box.width(), picture.height() / box.height())
    width, height = box.width() * scale, box.height() * scale
    return QRectF((picture.width() - width) / 2, (picture.height() - height) / 2, width, height)


def _make(job: Job, path: Path, duration_s: float, made: dict[int, BgrImage]) -> None:
    with VideoSource(path) as video:
        for number in range(_PICTURES):
            if job.cancelled:
                raise CancelledError
            video.seek((number + 0.5) / _PICTURES * duration_s)
            frame = next(iter(video), None)
            if frame:
                made[number] = thumbnail(frame.bgr, *_PICTURE_PX)
            job.step("", number / _PICTURES)
