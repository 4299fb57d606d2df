"""What is done with a picture, step by step, in pictures: for people who read the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from streamdefocus.app.model.look import Look
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.marks import draw_diamond, draw_ring, draw_split
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.theme import MEDIUM, SMALL, TIGHT
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.defocus import create_renderer
from streamdefocus.frames import BgrImage, DisparityMap, Frame
from streamdefocus.sinks.viewer.painter import disparity_picture
from streamdefocus.sources.synthetic import SyntheticSource

_DENSITY = 2
_SHOWN_PX = (232, 130)
_MADE_PX = (_DENSITY * _SHOWN_PX[0], _DENSITY * _SHOWN_PX[1])
_PERSON, _ROOM = (0.51, 0.42), (0.3, 0.2)
_COLUMNS = 3
_STRONG = 4.0


class Picture(QWidget):
    """A picture that fills its width, cut where it does not fit."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setAccessibleName(name)
        self.setMinimumHeight(_SHOWN_PX[1])
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def shown(self) -> bool:
        """Whether there is one."""
        return self._image is not None

    def show_image(self, image: QImage) -> None:
        """Show another picture."""
        self._image = image
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(*_SHOWN_PX)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        corners = QPainterPath()
        corners.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(corners)
        painter.fillRect(self.rect(), self.palette().alternateBase())
        if self._image is None:
            return
        sides = (self.width() / self._image.width(), self.height() / self._image.height())
        width, height = self._image.width() * max(sides), self._image.height() * max(sides)
        left, top = (self.width() - width) / 2, (self.height() - height) / 2
        painter.drawImage(QRectF(left, top, width, height), self._image)


class Story(QWidget):
    """Six steps, each with a picture that is made when it is first seen.

    Args:
        steps: Title and text of each.
    """

    def __init__(self, steps: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(MEDIUM)
        self.pictures = [Picture(title) for title, _ in steps]
        for number, ((title, text), picture) in enumerate(zip(steps, self.pictures, strict=True)):
            card = _card(f"{number + 1}  {title}", text, picture)
            grid.addWidget(card, number // _COLUMNS, number % _COLUMNS)
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)
        self._desk = Desk("story")
        self._desk.done.connect(self._arrived)
        self._job: Job | None = None

    @override
    def showEvent(self, event: QShowEvent) -> None:
        if self._job is None:
            self._job = self._desk.submit(self, lambda _job: make_pictures())
        super().showEvent(event)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._desk.close()

    def _arrived(self, _job: Job, images: list[QImage]) -> None:
        for picture, image in zip(self.pictures, images, strict=True):
            picture.show_image(image)


def make_pictures() -> list[QImage]:
    """The picture, its depth, a click, more blur, a rack focus, the results; in any thread."""
    with SyntheticSource(*_MADE_PX, frames=1) as scene:
        bgr, values = scene.picture(0.0), scene.disparity_at(0.0)
    disparity = DisparityMap(values, float(values.min()), float(values.max()))
    person, room = Look().at(*_PERSON), Look().at(*_ROOM)
    face, wall = _rendered(bgr, disparity, person), _rendered(bgr, disparity, room)
    strong = _rendered(bgr, disparity, person.with_defocus(blur=_STRONG))
    middle = _MADE_PX[0] // 2
    depth = disparity_picture(disparity, None, _MADE_PX)
    small = cv2.resize(depth, (_MADE_PX[0] // 3, _MADE_PX[1] // 3), interpolation=cv2.INTER_AREA)
    saved = face.copy()
    saved[-small.shape[0] - 12 : -12, -small.shape[1] - 12 : -12] = small
    return [
        qt_image(bgr),
        qt_image(depth),
        _marked(face, lambda p, area: draw_ring(p, _at(area, *_PERSON), area.height(), False)),
        _marked(
            np.hstack((bgr[:, :middle], strong[:, middle:])),
            lambda p, area: draw_split(p, area.center().x(), area, area),
        ),
        _marked(np.hstack((face[:, :middle], wall[:, middle:])), _draw_time),
        qt_image(saved),
    ]


def _rendered(bgr: BgrImage, disparity: DisparityMap, look: Look) -> BgrImage:
    plane = look.plane(Frame(bgr), disparity)
    return create_renderer(look.defocus).render(bgr, disparity, plane)


def _marked(bgr: BgrImage, draw: Callable[[QPainter, QRectF], None]) -> QImage:
    """A picture with something painted over it, in the units of the window."""
    image = qt_image(bgr).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_DENSITY, _DENSITY)
    draw(painter, QRectF(0, 0, *_SHOWN_PX))
    painter.end()
    return image


def _at(area: QRectF, x: float, y: float) -> QPointF:
    return QPointF(area.left() + x * area.width(), area.top() + y * area.height())


def _draw_time(painter: QPainter, area: QRectF) -> None:
    """Two keyframes, each below what is sharp from there on."""
    line = QRectF(area.left(), area.bottom() - 22, area.width(), 22)
    painter.fillRect(line, QColor(0, 0, 0, 190))
    painter.fillRect(QRectF(area.center().x() - 1, area.top(), 2, area.height()), QColor("white"))
    for x in (16.0, area.center().x()):
        draw_diamond(painter, QPointF(x, line.center().y()))


def _card(title: str, text: str, picture: Picture) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    column = QVBoxLayout(card)
    column.setContentsMargins(SMALL, SMALL, SMALL, MEDIUM)
    column.setSpacing(TIGHT)
    column.addWidget(picture)
    column.addSpacing(TIGHT)
    column.addWidget(label(title, "section"))
    words = label(text, "muted", wrap=True)
    words.setAlignment(Qt.AlignmentFlag.AlignTop)
    column.addWidget(words, 1)
    return card
