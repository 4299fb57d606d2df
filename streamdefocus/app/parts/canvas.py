"""The picture, large: zoom, pan, the ring of the focus, before and after."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from streamdefocus.app.model.viewport import Viewport
from streamdefocus.app.parts.marks import draw_notice, draw_ring, draw_split
from streamdefocus.app.theme import STAGE

_SLIP_PX = 5
_GRIP_PX = 14
ZOOM_STEP = 1.25
_NO_KEYS = Qt.KeyboardModifier.NoModifier
_ARROWS = {
    Qt.Key.Key_Left: (-0.02, 0.0),
    Qt.Key.Key_Right: (0.02, 0.0),
    Qt.Key.Key_Up: (0.0, -0.02),
    Qt.Key.Key_Down: (0.0, 0.02),
}
_PAN_PX = 48
_SPLITS = {Qt.Key.Key_Comma: -0.02, Qt.Key.Key_Period: 0.02}
_PAGES = {Qt.Key.Key_PageUp: -0.03, Qt.Key.Key_PageDown: 0.03}
"""What keys do to the focus: where it is in the picture, and how near."""


@dataclass(slots=True)
class Layer:
    """A picture at the screen's size and, if it is there, at full size."""

    screen: QImage
    full: QImage | None = None

    def best(self, shown_px: float) -> QImage:
        """The one to be drawn so many pixels wide."""
        return self.full if self.full and shown_px > self.screen.width() else self.screen


class Canvas(QWidget):
    """Shows a layer, with another one (``before``) on the left of a line or in its place.

    Attributes:
        viewport: Which part is seen.
        mark: Where the ring is, 0..1, or None.
        following: The ring follows something.
        caption: What is on the right of the split.
    """

    clicked = Signal(float, float)
    """Where in the picture, 0..1."""
    followed = Signal(float, float)
    """The same of a double click."""
    scrubbed = Signal(float, bool)
    """(share of the scene's depth to move the focus by, whether the drag goes on)"""
    turned = Signal(float)
    """The wheel, in clicks."""
    hovered = Signal(object)
    """(x, y), 0..1, or None"""

    def __init__(self, name: str = "Picture") -> None:
        super().__init__()
        self.viewport = Viewport(margin_px=16)
        self.mark: tuple[float, float] | None = None
        self.following = False
        self.caption = "After"
        self._shown: Layer | None = None
        self._before: Layer | None = None
        self._hold_before = False
        self._split: float | None = None
        self._notice = ""
        self._press: QPointF | None = None
        self._last = QPointF()
        self._drag = ""
        self._shows_focus = False
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_layers(self, shown: Layer | None, before: Layer | None = None) -> None:
        """Show a picture, and what it was before; they may be of different resolutions."""
        self._shown, self._before = shown, before
        layer = before or shown
        if layer:
            image = layer.full or layer.screen
            self.viewport.image_px = (image.width(), image.height())
        self.update()

    def set_mark(self, mark: tuple[float, float] | None, following: bool = False) -> None:
        """Move the ring."""
        self.mark, self.following = mark, following
        self.update()

    def hold_before(self, held: bool) -> None:
        """Show ``before`` in the place of the picture, as long as a key is down."""
        self._hold_before = held
        self.update()

    def set_notice(self, text: str) -> None:
        """Say something across the picture, as long as it is so; empty says nothing."""
        if text != self._notice:
            self._notice = text
            self.setAccessibleDescription(text)
            self.update()

    def set_split(self, on: bool) -> None:
        """Show ``before`` on the left of a line that can be dragged."""
        self._split = 0.5 if on else None
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to see."""
        return self._shown is not None

    @property
    def split(self) -> float | None:
        """Where the line is, 0..1 of the picture's width, or None."""
        return self._split

    def zoom(self, factor: float) -> None:
        """Come closer to the middle."""
        self.viewport.zoom_at(self.width() / 2, self.height() / 2, factor)
        self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        self.viewport.fit()
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.viewport.widget_px = (self.width(), self.height())
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), STAGE)
        if self._shown is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        target = QRectF(*self.viewport.rect())
        self._draw(painter, self._before if self._shows_before() else self._shown, target)
        if self._split is not None and self._before and not self._hold_before:
            self._draw_split(painter, target, self._before)
        if self.mark and not self._hold_before and not self._notice:
            centre = QPointF(*self.viewport.widget_point(*self.mark))
            draw_ring(painter, centre, min(self.height(), target.height()), self.following)
        if self._notice:
            draw_notice(painter, QRectF(self.rect()), self._notice)
        if self._shows_focus:
            painter.setPen(QPen(self.palette().accent().color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _shows_before(self) -> bool:
        return self._hold_before and self._before is not None

    def _draw(self, painter: QPainter, layer: Layer | None, target: QRectF) -> None:
        if layer:
            image = layer.best(target.width() * self.devicePixelRatioF())
            painter.drawImage(target, image)

    def _draw_split(self, painter: QPainter, target: QRectF, before: Layer) -> None:
        x = target.left() + (self._split or 0) * target.width()
        painter.save()
        painter.setClipRect(QRectF(target.left(), target.top(), x - target.left(), target.height()))
        self._draw(painter, before, target)
        painter.restore()
        draw_split(painter, x, target, QRectF(self.rect()), self.caption)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = self._last = event.position()
        self._shows_focus = False
        if event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            self._drag = "pan"
        elif self._split is not None and abs(event.position().x() - self._split_px()) < _GRIP_PX:
            self._drag = "split"
        else:
            self._drag = "" if event.button() == Qt.MouseButton.LeftButton else "none"

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._press is None:
            self.hovered.emit(self.viewport.image_point(at.x(), at.y()))
            return
        slipped = (at - self._press).manhattanLength() > _SLIP_PX
        if self._drag == "" and slipped and self._inside(self._press):
            self._drag = "scrub"
        step, self._last = at - self._last, at
        if self._drag == "pan":
            self.viewport.pan(step.x(), step.y())
        elif self._drag == "split":
            left, _, width, _ = self.viewport.rect()
            self._split = min(max((at.x() - left) / width, 0.0), 1.0)
        elif self._drag == "scrub":
            # In most pictures what is farther is higher up: the focus goes the way the hand goes.
            self.scrubbed.emit(step.y() / max(self.height(), 1), True)
        self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press, drag = self._press, self._drag
        self._press, self._drag = None, ""
        if drag == "scrub":
            self.scrubbed.emit(0.0, False)
        if press is None or drag or event.button() != Qt.MouseButton.LeftButton:
            return
        point = self.viewport.image_point(press.x(), press.y())
        if point and self._shown:
            self.clicked.emit(*point)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = self.viewport.image_point(event.position().x(), event.position().y())
        if point and self._shown and event.button() == Qt.MouseButton.LeftButton:
            self._drag = "none"  # its release is no click
            self._press = event.position()
            self.followed.emit(*point)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        clicks = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = event.position()
            self.viewport.zoom_at(at.x(), at.y(), ZOOM_STEP**clicks)
            self.update()
        elif clicks:
            self.turned.emit(clicks)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key in _ARROWS:
            dx, dy = _ARROWS[key]
            self.viewport.pan(-_sign(dx) * _PAN_PX, -_sign(dy) * _PAN_PX)
            self.update()
            return
        plain = event.modifiers() in (_NO_KEYS, Qt.KeyboardModifier.KeypadModifier)
        x, y = self.mark or (0.5, 0.5)
        if self._shown is None or not plain:
            super().keyPressEvent(event)
        elif key in _PAGES:
            self.scrubbed.emit(_PAGES[key], True)
        elif key in _ARROWS:
            dx, dy = _ARROWS[key]
            self.clicked.emit(min(max(x + dx, 0.0), 1.0), min(max(y + dy, 0.0), 1.0))
        elif key in _SPLITS and self._split is not None:
            self._split = min(max(self._split + _SPLITS[key], 0.0), 1.0)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit(x, y)
        elif key == Qt.Key.Key_T:
            self.followed.emit(x, y)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        # Who came by key must see where he is; who clicks sees it anyway.
        ways = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._shows_focus = event.reason() in ways
        super().focusInEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._shows_focus = False
        super().focusOutEvent(event)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.setCursor(Qt.CursorShape.CrossCursor if self._shown else Qt.CursorShape.ArrowCursor)
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def _split_px(self) -> float:
        left, _, width, _ = self.viewport.rect()
        return left + (self._split or 0) * width

    def _inside(self, at: QPointF) -> bool:
        return self.viewport.image_point(at.x(), at.y()) is not None


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
