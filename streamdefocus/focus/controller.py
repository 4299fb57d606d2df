"""The focus of a shot over time: it takes what a finder finds, and moves there like an operator."""

from __future__ import annotations

import threading

from streamdefocus.config import FocusOptions, parse_focus
from streamdefocus.focus.finders import Aim, Finder, Look, ShareFinder, make_finder
from streamdefocus.focus.spring import Motion, move
from streamdefocus.frames import DisparityMap, FloatMap, FocusPlane, Frame
from streamdefocus.scene_cuts import is_cut, thumbnail

HAND_RACK_S = 0.1
"""Pulled by hand, the focus is as quick as the hand."""


class FocusController:
    """Decides frame by frame what is sharp.

    ``update`` belongs to one thread; ``click``, ``follow``, ``centre``, ``pull``, ``choose`` and
    ``aim`` may be called from any other, at any time. They take effect with the next frame.

    Args:
        options: Where the focus is at first, how deep it is, how long it takes to move.
    """

    def __init__(self, options: FocusOptions) -> None:
        self._options = options
        self._finder = make_finder(*parse_focus(options.focus))
        self._motion: Motion | None = None
        self._time_s = 0.0
        self._thumbnail: FloatMap | None = None
        self._lock = threading.Lock()
        self._wanted: Finder | None = None
        self._pulled = 0.0
        self._aim = self._finder.aim

    def update(self, frame: Frame, disparity: DisparityMap) -> FocusPlane:
        """The plane in focus at a frame.

        Args:
            frame: The picture and its time.
            disparity: Of the frame, from the temporal smoother.

        Returns:
            The plane, in the map's units. ``half_range`` is half of ``focus_range`` times the
            map's span. At the first frame and at a scene cut the focus is on its target at once;
            otherwise it is on its way there.
        """
        step_s = max(frame.time_s - self._time_s, 0.0) if self._motion else 0.0
        self._time_s = frame.time_s
        if self._is_cut(frame):
            self._motion = None
            self._finder.cut()
        self._fulfil_wish()
        target = self._finder.find(
            Look(frame.bgr, disparity, step_s, self._motion.position if self._motion else None)
        )
        rack_s = self._options.rack
        if self._finder.by_hand:
            rack_s = min(rack_s, HAND_RACK_S)
        moved = move(self._motion, target, step_s, rack_s) if self._motion else Motion(target)
        self._motion = moved
        with self._lock:
            self._aim = self._finder.aim
        return FocusPlane(moved.position, self._options.focus_range * disparity.span / 2)

    def click(self, x: float, y: float) -> None:
        """Focus on what is at a place in the picture (0..1, right and down), and stay there."""
        self._want(make_finder("point", (_unit(x), _unit(y))))

    def follow(self, x: float, y: float) -> None:
        """Focus on the thing at a place in the picture, and follow it; see ``click``."""
        self._want(make_finder("track", (_unit(x), _unit(y))))

    def centre(self) -> None:
        """Focus on what is in the middle of the picture."""
        self._want(make_finder("centre", ()))

    def pull(self, delta: float) -> None:
        """Move the focus by hand, from where it is.

        Args:
            delta: Share of the scene's depth, -1..1; above 0 is nearer.
        """
        with self._lock:
            self._pulled += delta

    def choose(self, focus: str) -> None:
        """Focus as an option says.

        Args:
            focus: See ``parse_focus``.

        Raises:
            ValueError: It is none of these.
        """
        self._want(make_finder(*parse_focus(focus)))

    @property
    def aim(self) -> Aim:
        """What the focus was taken from at the last frame."""
        with self._lock:
            return self._aim

    def _want(self, finder: Finder) -> None:
        with self._lock:
            self._wanted, self._pulled = finder, 0.0

    def _fulfil_wish(self) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, None
            pulled, self._pulled = self._pulled, 0.0
        self._finder = wanted or self._finder
        if pulled:
            if not (isinstance(self._finder, ShareFinder) and self._finder.by_hand):
                self._finder = ShareFinder(None, by_hand=True)
            self._finder.pull(pulled)

    def _is_cut(self, frame: Frame) -> bool:
        before, self._thumbnail = self._thumbnail, thumbnail(frame.bgr)
        return before is not None and is_cut(before, self._thumbnail)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
