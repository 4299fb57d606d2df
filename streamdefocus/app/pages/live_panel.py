"""What stands beside the camera and a video."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar

from streamdefocus.app.parts.basics import Choice, Segments, button, check, label, rule
from streamdefocus.app.parts.look_panel import LookPanel
from streamdefocus.app.parts.surround import SidePanel, row
from streamdefocus.app.parts.timeline import NEAR_S
from streamdefocus.pipeline import Edit

VIEWS = [("result", "Result"), ("depth", "Depth"), ("focus", "In focus")]
_HINT = (
    "Pause, then click: the focus goes there from this moment on. Double click follows. "
    "Drag the diamonds to move them."
)
_SILENT = "The preview is silent; the exported file keeps its sound."


class CameraPanel(SidePanel):
    """Which camera, what it looks like, where it goes to."""

    def __init__(self, looks: LookPanel) -> None:
        super().__init__()
        self.devices, self.sizes = Choice("Camera"), Choice("Size")
        self.mirror = check("Mirror")
        self.views = Segments("View", VIEWS)
        self.views.choose("result")
        self.virtual = button("Virtual camera: off", checkable=True)
        self.virtual.setToolTip("Other programs can choose it as their camera (V)")
        self.fault = label("", "bad", wrap=True)
        self.fault.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.record = button("Record", role="record", tip="R", checkable=True)
        self.snap = button("Snapshot", tip="Ctrl+S")
        self.off = button("Stop camera")
        upper = [label("Camera", "section"), self.devices, self.sizes, self.mirror, rule()]
        upper += [label("View", "section"), self.views, rule(), looks]
        self.fill(upper, [self.virtual, self.fault, row(self.record, self.snap), self.off])

        self.show_outputs(False, False, False)

    def show_outputs(self, running: bool, virtual: bool, recording: bool, fault: str = "") -> None:
        """What runs, what is on, and why the virtual camera cannot be had."""
        for one in (self.virtual, self.record, self.snap, self.off):
            one.setEnabled(running)
        self.virtual.setChecked(virtual)
        state = "on" if virtual else "not available" if fault else "off"
        self.virtual.setText(f"Virtual camera: {state}")
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
        self.virtual.setAccessibleName(self.virtual.text())
        self.record.setChecked(recording)
        self.record.setText("Stop recording" if recording else "Record")
        self.record.setAccessibleName(self.record.text())


class VideoPanel(SidePanel):
    """What a video looks like, when the focus goes where, which part is kept, and its export."""

    def __init__(self, looks: LookPanel) -> None:
        super().__init__()
        self.views = Segments("View", VIEWS)
        self.views.choose("result")
        self.before = button("Previous", tip="The keyframe before (Ctrl+Left)")
        self.after = button("Next", tip="The keyframe after (Ctrl+Right)")
        self.remove = button("Remove", tip="The keyframe here (Delete, on the timeline)")
        self.start = button("Begin here", tip="What is before is left out of the export (I)")
        self.stop = button("End here", tip="What is after is left out of the export (O)")
        self.whole = button("Whole", tip="Export the whole video")
        for one in (self.before, self.after, self.remove, self.start, self.stop, self.whole):
            one.setProperty("role", "segment")
        self.part = label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Export")
        self.save = button("Export video", role="primary")
        self.save.setToolTip("Ctrl+S")
        self.cancel = button("Cancel export", tip="Esc")
        upper = [label("View", "section"), self.views, rule()]
        upper += [label("Keyframes", "section"), label(_HINT, "muted", wrap=True)]
        upper += [row(self.before, self.after, self.remove), rule()]
        upper += [label("Part to export", "section"), row(self.start, self.stop, self.whole)]
        upper += [self.part, label(_SILENT, "muted", wrap=True), rule(), looks]
        self.fill(upper, [self.bar, self.save, self.cancel])

    def show_export(self, possible: bool, running: bool) -> None:
        """Whether a file can be, or is being, written."""
        self.save.setEnabled(possible and not running)
        self.save.setVisible(not running)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)

    def show_edit(self, edit: Edit, position_s: float, duration_s: float) -> None:
        """What can be done at a moment of an edit."""
        self.before.setEnabled(edit.neighbour(position_s, -1) is not None)
        self.after.setEnabled(edit.neighbour(position_s, 1) is not None)
        self.remove.setEnabled(edit.nearest(position_s, NEAR_S) is not None)
        self.start.setEnabled(duration_s > 0)
        self.stop.setEnabled(duration_s > 0)
        is_part = edit.start_s is not None or edit.end_s is not None
        self.whole.setEnabled(is_part)
        end_s = duration_s if edit.end_s is None else edit.end_s
        self.part.setText(f"{clock(edit.start_s or 0.0)} to {clock(end_s)}")
        self.part.setVisible(is_part)


def clock(seconds: float) -> str:
    """A moment of a video for people: "1:02.5"."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
