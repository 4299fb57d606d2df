"""What stands beside and below a photo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from streamdefocus.app.parts.basics import Line, Segments, button, check, label, rule
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.parts.steps import Steps
from streamdefocus.app.theme import LARGE, MEDIUM, SMALL

PANEL_PX = 288
_MESSAGE_MS = 8000


class SidePanel(QWidget):
    """A column that scrolls, above a few things that stay."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(PANEL_PX)
        self.inner = QWidget()

    def fill(self, upper: list[QWidget], lower: list[QWidget]) -> None:
        """Put widgets in; once."""
        column = QVBoxLayout(self.inner)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        for widget in upper:
            column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(self.inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        below = QWidget()
        foot = QVBoxLayout(below)
        foot.setContentsMargins(LARGE, MEDIUM, LARGE, LARGE)
        foot.setSpacing(SMALL)
        for widget in lower:
            foot.addWidget(widget)
        outer.addWidget(below)


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
        self.save_result = button("Save result", self._asks("result"), "primary", "Ctrl+S")
        self.copy_result = button(
            "Copy", self.copy_asked.emit, tip="The result to the clipboard (Ctrl+C)"
        )
        self.depth_map = button("Depth map", self._asks("depth"), tip="Save as PNG, full size")
        self.disparity = button("Disparity", self._asks("disparity"), tip="Save as .npy, full size")
        self.save_all = button(
            "Save all photos", self.all_asked.emit, tip="All results, in a folder"
        )
        more = QWidget()
        row = QHBoxLayout(more)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for one in (self.copy_result, self.depth_map, self.disparity):
            one.setProperty("role", "segment")
            row.addWidget(one, 1)
        self.fill(
            [label("View", "section"), self.views, self.split, rule(), self.looks, self.shared],
            [self.save_result, more, self.save_all],
        )
        self.show_several(False)

    def show_several(self, several: bool) -> None:
        """Whether more than one photo is open."""
        self.shared.setVisible(several)
        self.save_all.setVisible(several)

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


class PhotoFoot(QWidget):
    """A line below the photo: what was done, what is under the cursor, undo, zoom.

    Args:
        steps: Undo and zoom.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hint = "Click what should be sharp"
        self.value = label("", "muted")
        self.message = Line(self._hint)
        self.steps = steps
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, SMALL // 2, SMALL, SMALL // 2)
        row.setSpacing(MEDIUM)
        row.addWidget(self.message, 1)
        row.addWidget(self.value)
        row.addWidget(steps)
        self._timer = QTimer(self, singleShot=True, interval=_MESSAGE_MS)
        self._timer.timeout.connect(lambda: self.message.setText(self._hint))

    def say(self, text: str) -> None:
        """Say for a while what happened."""
        self.message.setText(text)
        self._timer.start()

    def show_value(self, text: str) -> None:
        """Show what is under the cursor."""
        self.value.setText(text)

    def set_enabled(self, on: bool) -> None:
        """Whether there is a photo to work on."""
        self.steps.set_enabled(on)
        self.message.setText(self._hint if on else "")
