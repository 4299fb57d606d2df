"""What the window looks like and what its mouse and keys mean, without any window system."""

from streamdefocus.sinks.viewer.actions import (
    Action,
    Centre,
    ChangeBlur,
    ChangeSmoothing,
    Click,
    Follow,
    NextApertureShape,
    NextFocusMode,
    Pull,
    Quit,
    Snapshot,
    ToggleMirror,
    ToggleRecord,
)
from streamdefocus.sinks.viewer.status import FocusMark, Status

__all__ = [
    "Action",
    "Centre",
    "ChangeBlur",
    "ChangeSmoothing",
    "Click",
    "FocusMark",
    "Follow",
    "NextApertureShape",
    "NextFocusMode",
    "Pull",
    "Quit",
    "Snapshot",
    "Status",
    "ToggleMirror",
    "ToggleRecord",
]
