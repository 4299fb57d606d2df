"""What a user can ask for with the mouse and the keys of the window.

Positions are normalised (x right, y down, 0..1) and lie in the image, however the window shows it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Click:
    """Focus on what is there."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Follow:
    """Keep the focus on the thing that is there now; a ``Click`` there came just before."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Centre:
    """Back to what is in the middle of the image."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Move the focus by hand.

    Attributes:
        delta: How far, as a share of the scene's depth; above 0 is nearer.
    """

    delta: float


@dataclass(frozen=True, slots=True)
class ChangeBlur:
    """More blur (above 0) or less, in steps of a wheel's click; a touchpad gives fractions."""

    steps: float


@dataclass(frozen=True, slots=True)
class ChangeSmoothing:
    """Calmer disparity (above 0) or livelier, in steps of one key press."""

    steps: float


@dataclass(frozen=True, slots=True)
class NextApertureShape:
    """Take the next shape of out-of-focus lights."""


@dataclass(frozen=True, slots=True)
class NextCatsEye:
    """Make lights narrower towards the corners: not at all, by half, as far as it goes."""


@dataclass(frozen=True, slots=True)
class ChangeHighlights:
    """Brighter out-of-focus lamps (above 0) or dimmer, in steps of one key press."""

    steps: float


@dataclass(frozen=True, slots=True)
class ToggleForeground:
    """Blur what is nearer than the focus, or not."""


@dataclass(frozen=True, slots=True)
class ToggleGrain:
    """Give blurred areas the picture's noise back, or not."""


@dataclass(frozen=True, slots=True)
class NextFocusMode:
    """Take the next way to find the focus."""


@dataclass(frozen=True, slots=True)
class ToggleRecord:
    """Begin or end a recording."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Save the picture and its disparity."""


@dataclass(frozen=True, slots=True)
class ToggleMirror:
    """Flip left and right, or back."""


@dataclass(frozen=True, slots=True)
class ToggleDisparity:
    """Show the disparity beside the image, or hide it. The window does that itself."""


@dataclass(frozen=True, slots=True)
class ToggleHud:
    """Show or hide the figures. The window does that itself."""


@dataclass(frozen=True, slots=True)
class ToggleHelp:
    """Show or hide the list of keys. The window does that itself."""


@dataclass(frozen=True, slots=True)
class Back:
    """Out of the help, or out of the program if the help is not shown. The window decides."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the program; also what closing the window means."""


Action = (
    Click
    | Follow
    | Centre
    | Pull
    | ChangeBlur
    | ChangeSmoothing
    | NextApertureShape
    | NextCatsEye
    | ChangeHighlights
    | ToggleForeground
    | ToggleGrain
    | NextFocusMode
    | ToggleRecord
    | Snapshot
    | ToggleMirror
    | ToggleDisparity
    | ToggleHud
    | ToggleHelp
    | Back
    | Quit
)
