"""What stands beside a photo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar

from streamdefocus.app.parts.basics import Segments, button, check, label, rule
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.parts.surround import SidePanel, row


class PhotoPanel(SidePanel):
    """View, look, and what can be saved."""

    save_asked = Signal(str)
    copy_asked = Signal()
    all_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        views = [("result", "Result"), ("depth", "Depth"), ("focus", "In focus")]
        self.views = Segments("View", views)
        self.views.choose("result")
        self.split = button("Split before and after", checkable=True)
        self.split.setToolTip("Drag the line; or hold B to see the picture before (S)")
        self.looks = LookPanel()
        self.shared = check("Same blur for all photos")
        self.shared.setChecked(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Saving")
        self.cancel = button("Cancel saving", tip="Esc")
        self.save_result = button("Save result", self._asks("result"), "primary", "Ctrl+S")
        self.copy_result = button(
            "Copy", self.copy_asked.emit, "segment", "The result to the clipboard (Ctrl+C)"
        )
        self.depth_map = button(
            "Depth map", self._asks("depth"), "segment", "Save as PNG, full size"
        )
        self.disparity = button(
            "Disparity", self._asks("disparity"), "segment", "Save as .npy, full size"
        )
        self.save_all = button(
            "Save all photos", self.all_asked.emit, tip="All results, in a folder"
        )
        self.fill(
            [label("View", "section"), self.views, self.split, rule(), self.looks, self.shared],
            [
                self.bar,
                self.cancel,
                self.save_result,
                row(self.copy_result, self.depth_map, self.disparity),
                self.save_all,
            ],
        )
        self.show_several(False)
        self.show_saving(None)

    def show_several(self, several: bool) -> None:
        """Whether more than one photo is open."""
        self.shared.setVisible(several)
        self.save_all.setVisible(several)

    def show_saving(self, share: float | None) -> None:
        """How much of what is being saved is done; None if nothing is."""
        self.bar.setVisible(share is not None)
        self.cancel.setVisible(share is not None)
        self.bar.setValue(round(100 * (share or 0.0)))

    def set_enabled(self, on: bool) -> None:
        """Whether there is a photo to work on."""
        self.inner.setEnabled(on)
        for one in (
            self.save_result,
            self.copy_result,
            self.depth_map,
            self.disparity,
            self.save_all,
        ):
            one.setEnabled(on)

    def _asks(self, kind: str) -> Callable[[], None]:
        return lambda: self.save_asked.emit(kind)
