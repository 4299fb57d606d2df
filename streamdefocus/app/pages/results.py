"""Results of photos: saved, copied, and given up."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from streamdefocus.app.model.album import Album
from streamdefocus.app.pages.photo_panel import PhotoPanel
from streamdefocus.app.parts.outgoing import ask_folder, ask_result
from streamdefocus.app.parts.pictures import qt_image
from streamdefocus.app.parts.surround import Foot
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.darkroom import Darkroom, Saved
from streamdefocus.app.work.desk import Job
from streamdefocus.pipeline import PhotoResult


class Results(QObject):
    """What becomes of the photos of an album.

    Args:
        page: Below its dialogs.
        album: The photos.
        darkroom: Makes the results.
        panel: Has the buttons, and shows how far it is.
        foot: Says what was done.
        settings: Know the folder of the last time.
    """

    def __init__(
        self,
        page: QWidget,
        album: Album,
        darkroom: Darkroom,
        panel: PhotoPanel,
        foot: Foot,
        settings: Settings,
    ) -> None:
        super().__init__(page)
        self._page, self._album, self._darkroom = page, album, darkroom
        self._panel, self._foot, self._settings = panel, foot, settings
        self._jobs: list[Job] = []
        panel.save_asked.connect(self.save)
        panel.copy_asked.connect(self.copy)
        panel.all_asked.connect(self.save_all)
        panel.cancel.clicked.connect(lambda _on: self.cancel())
        darkroom.saving.progressed.connect(self._progressed)
        darkroom.saving.failed.connect(self._failed)
        darkroom.saving.done.connect(self._done)

    @property
    def under_way(self) -> bool:
        """Whether something is being saved or copied."""
        return bool(self._jobs)

    def save(self, kind: str, target: Path | None = None) -> None:
        """Save a "result", "depth" or "disparity"; asks where if no file is given."""
        document = self._album.current
        if document is None or document.disparity is None:
            return
        target = target or ask_result(self._page, document, kind, self._settings.folder)
        if target:
            self._jobs.append(self._darkroom.save(document, target, kind))

    def save_all(self, folder: Path | None = None) -> None:
        """Save all results of all photos into a folder; asks where if none is given."""
        folder = folder or ask_folder(self._page, self._settings.folder)
        good = [document for document in self._album.documents if not document.trouble]
        if folder and good:
            self._jobs.append(self._darkroom.save_all(good, folder))

    def copy(self) -> None:
        """Put the result, at full size, on the clipboard."""
        document = self._album.current
        if document and document.disparity is not None:
            self._foot.say("Copying\N{HORIZONTAL ELLIPSIS}")
            self._jobs.append(self._darkroom.copy(document))

    def cancel(self) -> None:
        """Give up what is being saved; files that are complete stay."""
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self._panel.show_saving(None)
        self._foot.say("Saving was cancelled")

    def _progressed(self, job: Job, sentence: str, share: float) -> None:
        if job in self._jobs:
            self._foot.say(sentence)
            self._panel.show_saving(share)

    def _failed(self, job: Job, sentence: str) -> None:
        if self._ends(job):
            self._foot.say(sentence)

    def _done(self, job: Job, result: Saved | PhotoResult) -> None:
        if not self._ends(job):
            return
        if isinstance(result, PhotoResult):
            QGuiApplication.clipboard().setImage(qt_image(result.defocused.bgr).copy())
            self._foot.say("Copied at full size")
            return
        left_out = ", ".join(result.left_out)
        if not result.files:
            self._foot.say(f"Nothing was saved; these cannot be read: {left_out}")
            return
        first, *others = result.files
        self._settings.folder = str(first.parent)
        more = f" and {len(others)} more" if others else ""
        but = f"; left out, because damaged: {left_out}" if left_out else ""
        self._foot.say(f"Saved {first.name}{more} in {first.parent}{but}")

    def _ends(self, job: Job) -> bool:
        """Take a job off the list; whether it was still wanted."""
        if job not in self._jobs:
            return False
        self._jobs.remove(job)
        if not self._jobs:
            self._panel.show_saving(None)
        return True
