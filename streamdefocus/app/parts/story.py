"""What happens to a picture, in four pictures: for people who read the help."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget
from typing_extensions import override

from streamdefocus.app.model.look import Look
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.theme import MEDIUM, TIGHT
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.defocus import create_renderer
from streamdefocus.frames import BgrImage, DisparityMap, Frame
from streamdefocus.sinks.viewer.painter import disparity_picture
from streamdefocus.sources.synthetic import SyntheticSource

_MADE_PX, _SHOWN_PX = (640, 360), (176, 99)
_PERSON, _ROOM = (0.53, 0.45), (0.3, 0.2)
_CAPTIONS = ("The picture", "How near everything is", "A click on the face", "A click on the wall")


class Story(QWidget):
    """Four small pictures with captions, made when they are first seen."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(MEDIUM)
        grid.setVerticalSpacing(TIGHT)
        self._frames: list[QLabel] = []
        for column, caption in enumerate(_CAPTIONS):
            frame = QLabel()
            frame.setFixedSize(*_SHOWN_PX)
            frame.setScaledContents(True)
            frame.setAccessibleName(caption)
            self._frames.append(frame)
            grid.addWidget(frame, 0, column)
            grid.addWidget(label(caption, "muted"), 1, column, Qt.AlignmentFlag.AlignHCenter)
        grid.setColumnStretch(len(_CAPTIONS), 1)
        self._desk = Desk("story")
        self._desk.done.connect(self._arrived)
        self._job: Job | None = None

    @override
    def showEvent(self, event: QShowEvent) -> None:
        if self._job is None:
            self._job = self._desk.submit(self, lambda _job: _make())
        super().showEvent(event)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._desk.close()

    def _arrived(self, _job: Job, pictures: list[BgrImage]) -> None:
        for frame, picture in zip(self._frames, pictures, strict=True):
            frame.setPixmap(QPixmap.fromImage(qt_image(picture).copy()))


def _make() -> list[BgrImage]:
    with SyntheticSource(*_MADE_PX, frames=1) as scene:
        bgr, values = scene.picture(0.0), scene.disparity_at(0.0)
    disparity = DisparityMap(values, float(values.min()), float(values.max()))
    pictures = [bgr, disparity_picture(disparity, None, _MADE_PX)]
    for x, y in (_PERSON, _ROOM):
        look = Look().at(x, y)
        plane = look.plane(Frame(bgr), disparity)
        pictures.append(create_renderer(look.defocus).render(bgr, disparity, plane))
    return pictures
