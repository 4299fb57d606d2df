"""The ways to find what should be sharp; the focus then moves to what they find."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from streamdefocus.config import FocusMode
from streamdefocus.focus.planes import CENTRE, nearest_large_plane, plane_at, plane_in
from streamdefocus.focus.tracking import Tracker, tracking_picture
from streamdefocus.frames import BgrImage, DisparityMap

TOLERANCE = 0.08
"""A plane this close (share of the span) is the same thing, moving: the focus goes along."""

POINT_PATIENCE_S = 0.25
AREA_PATIENCE_S = 0.5
"""How long another plane must be there before it is believed: who crosses is let pass."""

LOST_HOLD_S = 2.0
"""How long the focus waits where a lost thing was; then it goes to the centre."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What the focus is taken from, for whoever shows it.

    Attributes:
        mode: "point", "centre", "track", "auto", or "disparity" (by hand too).
        x: Where in the picture, 0..1 to the right; None where it is no place in particular.
        y: 0..1 downwards, or None.
        lost: The thing that is followed is out of sight.
    """

    mode: FocusMode
    x: float | None = None
    y: float | None = None
    lost: bool = False


class Look(NamedTuple):
    """What a finder gets to see.

    Attributes:
        bgr: H x W x 3 uint8, the frame.
        disparity: Its disparity.
        step_s: Seconds since the last frame; 0 at the first.
        focus: Disparity that is in focus now, or None at the first frame.
    """

    bgr: BgrImage
    disparity: DisparityMap
    step_s: float
    focus: float | None


class Finder(ABC):
    """Finds the disparity that the focus should go to, frame by frame."""

    by_hand = False
    """Whether the focus should be as quick as a hand."""

    @property
    @abstractmethod
    def aim(self) -> Aim:
        """What the focus is taken from."""

    @abstractmethod
    def find(self, look: Look) -> float:
        """The disparity to go to."""

    @abstractmethod
    def cut(self) -> None:
        """Another shot begins with the next frame."""


class PlaneFinder(Finder):
    """Reads a plane off the map at every frame, and believes another one only when it stays.

    Args:
        aim: What is shown.
        read: From the map, and the plane believed in (None at first), to the plane.
        patience_s: How long another plane must be there.
    """

    def __init__(
        self,
        aim: Aim,
        read: Callable[[DisparityMap, float | None], float],
        patience_s: float = AREA_PATIENCE_S,
    ) -> None:
        self._aim = aim
        self._read = read
        self._patience_s = patience_s
        self._believed: float | None = None
        self._doubt_s = 0.0

    @property
    def aim(self) -> Aim:  # noqa: D102
        return self._aim

    def find(self, look: Look) -> float:  # noqa: D102
        plane, believed = self._read(look.disparity, self._believed), self._believed
        tolerance = TOLERANCE * look.disparity.span
        if believed is None or abs(plane - believed) <= tolerance:
            self._doubt_s = max(self._doubt_s - 2 * look.step_s, 0.0)
        else:
            self._doubt_s += look.step_s
            if self._doubt_s < self._patience_s:
                return believed
            self._doubt_s = 0.0
        self._believed = plane
        return plane

    def cut(self) -> None:  # noqa: D102
        self._believed = None
        self._doubt_s = 0.0


class ShareFinder(Finder):
    """A fixed share of the scene's depth, or one pulled by hand.

    Args:
        share: 0 = far end, 1 = near end; None = wherever the focus is at the next frame.
        by_hand: Pulled by hand.
    """

    def __init__(self, share: float | None, by_hand: bool = False) -> None:
        self._share = share
        self._pulled = 0.0
        self.by_hand = by_hand

    @property
    def aim(self) -> Aim:  # noqa: D102
        return Aim("disparity")

    def pull(self, delta: float) -> None:
        """Move on by a share of the scene's depth; above 0 is nearer."""
        self._pulled += delta

    def find(self, look: Look) -> float:  # noqa: D102
        far, span = look.disparity.far, look.disparity.span
        if self._share is None:
            focus = plane_in(look.disparity, CENTRE) if look.focus is None else look.focus
            self._share = (focus - far) / span
        if self._pulled:
            self._share = min(max(self._share + self._pulled, 0.0), 1.0)
            self._pulled = 0.0
        return far + self._share * span

    def cut(self) -> None:
        """The share is kept: what a hand has set stays."""


class TrackFinder(Finder):
    """Follows a thing; when it is lost, waits for it, and then falls back to the centre.

    Args:
        x: Where the thing is in the next frame, 0..1.
        y: See ``x``.
    """

    def __init__(self, x: float, y: float) -> None:
        self._start = (x, y)
        self._tracker: Tracker | None = None
        self._lost_s = 0.0
        self._fallback: Finder | None = None

    @property
    def aim(self) -> Aim:  # noqa: D102
        if self._fallback:
            return Aim("centre", 0.5, 0.5, lost=True)
        if self._tracker is None:
            return Aim("track", *self._start)
        return Aim("track", *self._tracker.place, lost=not self._tracker.visible)

    def find(self, look: Look) -> float:  # noqa: D102
        if self._fallback:
            return self._fallback.find(look)
        grey = tracking_picture(look.bgr)
        if self._tracker is None:
            self._tracker = Tracker(grey, look.disparity, *self._start)
        elif self._tracker.update(grey, look.disparity):
            self._lost_s = 0.0
        else:
            self._lost_s += look.step_s
            if self._lost_s >= LOST_HOLD_S:
                self.cut()
        return self._tracker.plane

    def cut(self) -> None:
        """What was followed is not expected in another shot."""
        if self._tracker:
            self._fallback = centre_finder()


def centre_finder() -> PlaneFinder:
    """The plane in the middle of the picture."""
    return PlaneFinder(Aim("centre", 0.5, 0.5), lambda seen, near: plane_in(seen, CENTRE, near))


def make_finder(mode: FocusMode, numbers: tuple[float, ...]) -> Finder:
    """The finder for a focus as ``parse_focus`` gives it."""
    match mode:
        case "centre":
            return centre_finder()
        case "auto":
            return PlaneFinder(Aim("auto"), nearest_large_plane)
        case "disparity":
            return ShareFinder(numbers[0])
        case "track":
            return TrackFinder(*numbers)
        case "point":
            x, y = numbers
            return PlaneFinder(
                Aim("point", x, y), lambda seen, near: plane_at(seen, x, y, near), POINT_PATIENCE_S
            )
