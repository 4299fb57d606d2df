"""What the window looks like and what its mouse and keys mean, without any window system."""

from streamdefocus.sinks.viewer.actions import (
    Action,
    Centre,
    ChangeBlur,
    ChangeHighlights,
    ChangeSmoothing,
    Click,
    Follow,
    NextApertureShape,
    NextCatsEye,
    NextFocusMode,
    Pull,
    Quit,
    Snapshot,
    ToggleForeground,
    ToggleGrain,
    ToggleMirror,
    ToggleRecord,
)
from streamdefocus.sinks.viewer.status import FocusMark, Status

__all__ = [
    "Action",
    "Centre",
    "ChangeBlur",
    "ChangeHighlights",
    "ChangeSmoothing",
    "Click",
    "FocusMark",
    "Follow",
    "NextApertureShape",
    "NextCatsEye",
    "NextFocusMode",
    "Pull",
    "Quit",
    "Snapshot",
    "Status",
    "ToggleForeground",
    "ToggleGrain",
    "ToggleMirror",
    "ToggleRecord",
]
