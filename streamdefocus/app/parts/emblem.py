"""The sign of the app: an aperture of six blades, painted, so that it is sharp at any size."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget
from typing_extensions import override

_BLADES = 6


def paint_emblem(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """Paint it into a square."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = area.width() * 0.44
    centre = area.center()
    painter.setPen(QPen(colour, max(1.5, area.width() * 0.045)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(centre, radius, radius)
    corners = [_on_circle(centre, radius * 0.5, i / _BLADES) for i in range(_BLADES)]
    for i, corner in enumerate(corners):
        # Each blade's edge runs on from a side of the hexagon to the rim.
        step = corners[(i + 1) % _BLADES] - corner
        end = QPointF(corner)
        while math.hypot(end.x() - centre.x(), end.y() - centre.y()) < radius:
            end += step * 0.02
        painter.drawLine(corner, end)
    painter.drawPolygon(QPolygonF(corners))


def app_icon() -> QIcon:
    """The icon of the window."""
    icon = QIcon()
    for size in (16, 32, 64, 128):
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_emblem(painter, QRectF(0, 0, size, size), QColor("#5b8fe0"))
        painter.end()
        icon.addPixmap(picture)
    return icon


class Emblem(QWidget):
    """The sign in the colour of the accent."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.setFixedSize(size, size)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_emblem(painter, QRectF(self.rect()), self.palette().accent().color())


def _on_circle(centre: QPointF, radius: float, turn: float) -> QPointF:
    angle = 2 * math.pi * turn
    return centre + QPointF(radius * math.cos(angle), radius * math.sin(angle))
