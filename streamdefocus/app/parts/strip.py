"""The photos that are open, small, side by side."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem

from streamdefocus.app.model.album import Document
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.work.desk import Job
from streamdefocus.app.work.thumbnails import Thumbnails
from streamdefocus.frames import BgrImage

_ICON = QSize(96, 60)


class Strip(QListWidget):
    """Thumbnails of documents, one of which is chosen."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Open photos")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setWrapping(False)
        self.setIconSize(_ICON)
        self.setFixedHeight(112)
        self.setSpacing(4)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._thumbnails = Thumbnails()
        self._thumbnails.done.connect(self._arrived)
        self._paths: list[Path | None] = []
        self.currentRowChanged.connect(self._chose)
        self.hide()

    def show_documents(self, documents: list[Document]) -> None:
        """Show others; none is chosen by that."""
        self.blockSignals(True)
        self.clear()
        self._paths = [document.path for document in documents]
        blank = QPixmap(_ICON)
        blank.fill(QColor(128, 128, 128, 60))
        for document in documents:
            item = QListWidgetItem(QIcon(blank), document.name)
            item.setSizeHint(QSize(112, 88))
            item.setToolTip(str(document.path or document.name))
            self.addItem(item)
            if document.path and len(documents) > 1:
                self._thumbnails.ask(document.path)
        if documents:
            self.setCurrentRow(0)
        self.blockSignals(False)

    def choose(self, index: int) -> None:
        """Choose one, as the user does."""
        self.setCurrentRow(index)

    def mark_trouble(self, index: int) -> None:
        """Show that one cannot be opened."""
        item = self.item(index)
        if item:
            item.setText(f"\N{WARNING SIGN} {item.text()}")

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self._thumbnails.close()

    def _chose(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)

    def _arrived(self, job: Job, picture: BgrImage) -> None:
        for row, path in enumerate(self._paths):
            item = self.item(row)
            if path == job.about and item:
                item.setIcon(QIcon(QPixmap.fromImage(qt_image(picture).copy())))
