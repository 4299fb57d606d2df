"""Where results go to, and whether they are given up: what the dialogs offer."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from streamdefocus.app.model.album import Document

_PHOTOS = "PNG (*.png);;JPEG (*.jpg *.jpeg);;WebP (*.webp);;TIFF (*.tif *.tiff)"
_FILTERS = {"result": _PHOTOS, "depth": "PNG (*.png)", "disparity": "NumPy (*.npy)"}
_ENDINGS = {"result": "_defocus.png", "depth": "_depth.png", "disparity": "_disp.npy"}
_VIDEOS = "MP4 (*.mp4);;Matroska (*.mkv);;QuickTime (*.mov);;WebM (*.webm)"


def ask_result(parent: QWidget, document: Document, kind: str, folder: str) -> Path | None:
    """Where a "result", "depth" or "disparity" shall be saved."""
    beside = document.path.parent if document.path else Path()
    start = Path(folder or beside) / f"{document.stem}{_ENDINGS[kind]}"
    return _ask(parent, "Save", start, _FILTERS[kind])


def ask_export(parent: QWidget, video: Path) -> Path | None:
    """Where a video shall be written."""
    return _ask(parent, "Export", video.with_name(f"{video.stem}_defocus.mp4"), _VIDEOS)


def ask_folder(parent: QWidget, folder: str) -> Path | None:
    """Where the results of several photos shall be saved."""
    chosen = QFileDialog.getExistingDirectory(parent, "Save all results in", folder)
    return Path(chosen) if chosen else None


def ask_giving_up(parent: QWidget, unfinished: str) -> bool:
    """Whether to close although something is not finished; Escape and Enter go on.

    Args:
        parent: The window that would be closed.
        unfinished: What would be lost, a sentence.
    """
    box = QMessageBox(QMessageBox.Icon.Warning, "Close streamdefocus?", unfinished, parent=parent)
    box.setInformativeText("If you close now, it is given up; no half file stays.")
    go_on = box.addButton("Go on", QMessageBox.ButtonRole.RejectRole)
    give_up = box.addButton("Close anyway", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(go_on)
    box.setEscapeButton(go_on)
    box.exec()
    return box.clickedButton() is give_up


def _ask(parent: QWidget, title: str, start: Path, kinds: str) -> Path | None:
    chosen, kind = QFileDialog.getSaveFileName(parent, title, str(start), kinds)
    return completed(Path(chosen), kind) if chosen else None


def completed(file: Path, kind: str) -> Path:
    """A file with the first ending of the kind that was chosen, if it has been given none.

    Args:
        file: As it was typed.
        kind: Such as "JPEG (*.jpg *.jpeg)".
    """
    endings = re.findall(r"\*(\.\w+)", kind)
    if file.suffix or not endings:
        return file
    return file.with_name(file.name + endings[0])
