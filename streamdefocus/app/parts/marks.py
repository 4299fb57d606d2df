"""What is painted over a picture: the ring of the focus, the line of the split, a notice.

All of it is dark below light, to be seen on white and on black.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from streamdefocus.app.theme import MARK

_LEAST_RING_PX = 10.0
_RING = 0.035
_SHADOW = QColor(0, 0, 0, 120)


def draw_ring(painter: QPainter, centre: QPointF, size_px: float, following: bool) -> None:
    """Where the focus is.

    Args:
        painter: Paints it.
        centre: Of the ring.
        size_px: Of the picture, which the size of the ring suits.
        following: It follows something.
    """
    radius = max(_LEAST_RING_PX, _RING * size_px)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 170), 5.0), (MARK, 2.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(centre, radius, radius)
        if following:
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                way = QPointF(x * radius, y * radius)
                painter.drawLine(centre + way * 0.75, centre + way * 1.35)


def draw_split(
    painter: QPainter, x: float, target: QRectF, seen: QRectF, right: str = "After"
) -> None:
    """A line between before and after, with a handle and captions.

    Args:
        painter: Paints it.
        x: Where.
        target: Of the picture.
        seen: The part of the widget that can be seen, which the handle does not leave.
        right: What is on the right of the line.
    """
    for colour, width in ((_SHADOW, 4), (QColor("white"), 2)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, target.top()), QPointF(x, target.bottom()))
    middle = min(max(target.center().y(), seen.top() + 20.0), seen.bottom() - 20.0)
    painter.setBrush(QColor("white"))
    painter.setPen(QPen(_SHADOW, 1))
    painter.drawEllipse(QPointF(x, middle), 9, 9)
    top = max(target.top(), seen.top()) + 12
    for text, way in (("Before", -1), (right, 1)):
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        left = x + 12 if way > 0 else x - 12 - width
        box = QRectF(left, top, width, painter.fontMetrics().height() + 6)
        _draw_box(painter, box, 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def draw_diamond(painter: QPainter, centre: QPointF) -> None:
    """A keyframe."""
    x, y, size = centre.x(), centre.y(), 6.0
    corners = [QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size)]
    painter.setPen(QPen(QColor(0, 0, 0, 180), 1.5))
    painter.setBrush(MARK)
    painter.drawPolygon(QPolygonF([*corners, QPointF(x - size, y)]))


def draw_notice(painter: QPainter, area: QRectF, text: str) -> None:
    """Say something in the middle of an area."""
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    room = area.adjusted(40, 40, -40, -40)
    _draw_box(painter, painter.boundingRect(room, flags, text).adjusted(-16, -12, 16, 12), 8)
    painter.drawText(room, flags, text)


def _draw_box(painter: QPainter, box: QRectF, radius: float) -> None:
    """A dark box for text in white."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 180))
    painter.drawRoundedRect(box, radius, radius)
    painter.setPen(QColor("white"))
