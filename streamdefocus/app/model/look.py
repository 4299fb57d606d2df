"""How a picture shall look: what is sharp, and what the blur is like."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from streamdefocus.config import Config, DefocusOptions, FocusOptions, parse_focus
from streamdefocus.defocus.lens import strengthened
from streamdefocus.focus import FocusController
from streamdefocus.frames import DisparityMap, FocusPlane, Frame

BLUR_STEP = 1.12
"""One click of a wheel changes the blur by this factor."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that the user can change about a picture; immutable, so that undo is a list of these.

    Attributes:
        focus: What is sharp and how deep it is.
        defocus: What the blur looks like.
    """

    focus: FocusOptions = field(default_factory=FocusOptions)
    defocus: DefocusOptions = field(default_factory=DefocusOptions)

    def at(self, x: float, y: float) -> Look:
        """The same, focused at a place in the picture (0..1, right and down)."""
        return self.focused(f"{_unit(x):.5f},{_unit(y):.5f}")

    def following(self, x: float, y: float) -> Look:
        """The same, focused on the thing at a place in the picture, wherever it goes."""
        return self.focused(f"track:{_unit(x):.5f},{_unit(y):.5f}")

    def at_share(self, share: float) -> Look:
        """The same, focused at a share of the scene's depth (0 = far end, 1 = near end)."""
        return self.focused(f"disparity:{_unit(share):.5f}")

    def focused(self, focus: str) -> Look:
        """The same with another focus; see ``parse_focus``."""
        return self.with_focus(focus=focus)

    def with_focus(self, **values: Any) -> Look:
        """The same with other focus options, which must be valid."""
        return replace(self, focus=self.focus.model_copy(update=values))

    def with_defocus(self, **values: Any) -> Look:
        """The same with other defocus options, which must be valid."""
        return replace(self, defocus=self.defocus.model_copy(update=values))

    def with_blur_steps(self, steps: float) -> Look:
        """The same with the blur turned by clicks of a wheel."""
        return replace(self, defocus=strengthened(self.defocus, BLUR_STEP**steps))

    def sharing(self, other: Look) -> Look:
        """What ``other`` is like, with the focus where this one has it."""
        return other.focused(self.focus.focus)

    @property
    def place(self) -> tuple[float, float] | None:
        """Where in the picture the focus is, or None where that is no place in particular."""
        mode, numbers = parse_focus(self.focus.focus)
        if mode in ("point", "track"):
            return numbers[0], numbers[1]
        return (0.5, 0.5) if mode == "centre" else None

    def plane(self, frame: Frame, disparity: DisparityMap) -> FocusPlane:
        """What is in focus in a still picture."""
        return FocusController(self.focus).update(frame, disparity)

    def in_config(self, config: Config) -> Config:
        """A configuration with this look."""
        return config.model_copy(update={"focus": self.focus, "defocus": self.defocus})


def share_of(plane: FocusPlane, disparity: DisparityMap) -> float:
    """Where a plane lies in the scene's depth: 0 = far end, 1 = near end."""
    return _unit((plane.disparity - disparity.far) / disparity.span)


def value_at(disparity: DisparityMap, x: float, y: float) -> tuple[float, float]:
    """What is at a place in the picture (0..1).

    Returns:
        Its share of the scene's depth (0 = far end, 1 = near end), and its disparity.
    """
    height, width = disparity.values.shape
    row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
    value = float(disparity.values[row, column])
    return _unit((value - disparity.far) / disparity.span), value


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
