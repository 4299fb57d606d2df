"""What the window is told about the run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FocusMark:
    """Where in the image the focus is taken from.

    Attributes:
        x: 0..1, to the right.
        y: 0..1, downwards.
        following: It moves with a thing.
        lost: The thing it followed is out of sight.
    """

    x: float
    y: float
    following: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the run; what is None or empty is not shown.

    Attributes:
        fps: Frames a second that come out.
        latency_ms: From the camera to the output.
        dropped: Frames left out so far.
        model: Name of the depth network.
        engine: What runs it.
        blur: Largest blur radius, % of the image width.
        aperture_shape: Of out-of-focus lights.
        smoothing: 0 = lively, towards 1 = calm.
        focus_mode: In one or two words.
        mark: Where the focus is taken from, or None if nowhere in particular.
        recording: A file is being written because the user asked for it.
        message: What is wrong or awaited, as long as that is so: "waiting for the camera".
        f_number: The strength of the blur as that of a lens, where it was given so; shown
            instead of ``blur``.
    """

    fps: float | None = None
    latency_ms: float | None = None
    dropped: int | None = None
    model: str = ""
    engine: str = ""
    blur: float | None = None
    aperture_shape: str = ""
    smoothing: float | None = None
    focus_mode: str = ""
    mark: FocusMark | None = None
    recording: bool = False
    message: str = ""
    f_number: float | None = None
