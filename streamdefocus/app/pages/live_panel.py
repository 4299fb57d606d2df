"""What stands beside and below the camera and a video."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from streamdefocus.app.pages.photo_panel import SidePanel
from streamdefocus.app.parts.basics import Choice, Segments, button, label, rule
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.theme import LARGE, MEDIUM, SMALL

_VIEWS = [("result", "Result"), ("depth", "Depth")]
_HINT = "Pause, then click: the focus goes there from this moment on. Double click follows."


class CameraPanel(SidePanel):
    """Which camera, what it looks like, where it goes to."""

    def __init__(self, looks: LookPanel) -> None:
        super().__init__()
        self.devices, self.sizes = Choice("Camera"), Choice("Size")
        self.mirror = button("Mirror", checkable=True)
        self.views = Segments("View", _VIEWS)
        self.views.choose("result")
        self.virtual = button("Virtual camera: off", checkable=True)
        self.virtual.setToolTip("Other programs can choose it as their camera")
        self.record = button("Record", checkable=True)
        self.snap = button("Snapshot")
        self.off = button("Stop camera")
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.record, 1)
        row.addWidget(self.snap, 1)
        upper = [label("Camera", "section"), self.devices, self.sizes, self.mirror, rule()]
        upper += [label("View", "section"), self.views, rule(), looks]
        self.fill(upper, [self.virtual, both, self.off])

    def show_outputs(self, running: bool, virtual: bool, recording: bool) -> None:
        """What runs, what is on."""
        for one in (self.virtual, self.record, self.snap, self.off):
            one.setEnabled(running)
        self.virtual.setChecked(virtual)
        self.virtual.setText(f"Virtual camera: {'on' if virtual else 'off'}")
        self.virtual.setAccessibleName(self.virtual.text())
        self.record.setChecked(recording)
        self.record.setText("Stop recording" if recording else "Record")
        self.record.setAccessibleName(self.record.text())


class VideoPanel(SidePanel):
    """What a video looks like, and its export."""

    def __init__(self, looks: LookPanel) -> None:
        super().__init__()
        self.views = Segments("View", _VIEWS)
        self.views.choose("result")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Export")
        self.save = button("Export video", role="primary")
        self.cancel = button("Cancel export")
        upper = [label("View", "section"), self.views, rule(), looks, rule()]
        upper += [label("Keyframes", "section"), label(_HINT, "muted", wrap=True)]
        self.fill(upper, [self.bar, self.save, self.cancel])

    def show_export(self, possible: bool, running: bool) -> None:
        """Whether a file can be, or is being, written."""
        self.save.setEnabled(possible and not running)
        self.save.setVisible(not running)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)


class LiveFoot(QWidget):
    """A line below the picture: some widgets and a message.

    Args:
        left: Before the message.
        right: Behind it.
    """

    def __init__(self, left: list[QWidget], right: list[QWidget]) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.message = label("", "muted")
        line = QHBoxLayout(self)
        line.setContentsMargins(MEDIUM if left else LARGE, SMALL, LARGE, SMALL)
        line.setSpacing(MEDIUM)
        for widget in left:
            line.addWidget(widget)
        line.addWidget(self.message, 1)
        for widget in right:
            line.addWidget(widget)

    def say(self, text: str) -> None:
        """Show a message until the next one."""
        self.message.setText(text)
        self.message.setToolTip(text)


def lay_out(page: QWidget, main: list[QWidget], panel: SidePanel) -> None:
    """Put a picture and what is below it on the left of a panel.

    Args:
        page: Gets the layout.
        main: From top to bottom; the first one takes the room there is.
        panel: On the right.
    """
    left = QVBoxLayout()
    left.setSpacing(0)
    for number, widget in enumerate(main):
        left.addWidget(widget, 0 if number else 1)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addLayout(left, 1)
    row.addWidget(panel)
