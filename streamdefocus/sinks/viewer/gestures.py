"""From what the mouse does to what is meant by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from streamdefocus.sinks.viewer.actions import Action, Centre, ChangeBlur, Click, Follow, Pull
from streamdefocus.sinks.viewer.layout import Layout

DOUBLE_CLICK_S = 0.4
"""Longest time between the two presses of a double click, as on most desktops."""

_SLIP_PX = 5
"""A hand moves that far during a click, in a small window; farther is a drag."""

_SLIP = 0.006
"""The same as a share of the canvas' longer side, for large windows and dense screens."""


class Mouse(Enum):
    """What can happen to a mouse."""

    PRESS = auto()
    DOUBLE_PRESS = auto()
    MOVE = auto()
    RELEASE = auto()
    RIGHT_PRESS = auto()
    WHEEL = auto()


@dataclass(frozen=True, slots=True)
class MouseEvent:
    """One thing that happened to the mouse.

    Attributes:
        kind: What.
        x_px: Where on the canvas, to the right.
        y_px: Where on the canvas, downwards.
        time_s: When, on any clock that does not jump.
        held: The left button is down.
        steps: Of the wheel, away from the user is above 0; a touchpad gives fractions.
    """

    kind: Mouse
    x_px: float
    y_px: float
    time_s: float
    held: bool = False
    steps: float = 0.0


@dataclass(frozen=True, slots=True)
class _Press:
    x_px: float
    y_px: float
    time_s: float

    def slipped(self, event: MouseEvent, slip_px: float) -> bool:
        return max(abs(event.x_px - self.x_px), abs(event.y_px - self.y_px)) > slip_px


class Gestures:
    """Recognises click, double click, drag, right click and wheel.

    A click counts the moment the button comes up, without waiting for a second one: focus that
    answers 0.4 s late feels broken, and when the second press comes, ``Follow`` begins on the
    very plane that the first click chose. So nothing that was done has to be undone. A press
    counts as a drag once it has moved farther than a hand slips; then it is no click any more.

    Window systems disagree on double clicks: the second press comes as a double press only, as a
    double press before a press, after one, or never. So two presses that are close in time and
    place are a double click, whatever they are called.
    """

    def __init__(self) -> None:
        self._press: _Press | None = None
        self._dragging_y_px: float | None = None
        self._last_press: _Press | None = None
        self._deaf = False

    def feed(self, event: MouseEvent, layout: Layout) -> list[Action]:
        """Take an event.

        Args:
            event: The next one.
            layout: Of the canvas that the event's position refers to.

        Returns:
            What it means: nothing or one action.
        """
        match event.kind:
            case Mouse.PRESS | Mouse.DOUBLE_PRESS:
                action = self._pressed(event, layout)
            case Mouse.MOVE:
                action = self._moved(event, layout)
            case Mouse.RELEASE:
                action = self._released(event, layout)
            case Mouse.RIGHT_PRESS:
                action = Centre()
            case Mouse.WHEEL:
                action = ChangeBlur(event.steps) if event.steps else None
        return [action] if action else []

    def _pressed(self, event: MouseEvent, layout: Layout) -> Action | None:
        if self._press:  # the same press under its other name
            return None
        first, self._press = self._last_press, _Press(event.x_px, event.y_px, event.time_s)
        self._last_press = self._press
        again = first is not None and (
            event.kind is Mouse.DOUBLE_PRESS  # the user's own setting may allow more time
            or (
                event.time_s - first.time_s <= DOUBLE_CLICK_S
                and not first.slipped(event, 2 * _slip_px(layout))
            )
        )
        if not again:
            self._deaf = False
            return None
        # The third press of a nervous finger would end what the second began.
        already, self._deaf = self._deaf, True
        point = layout.image_point(event.x_px, event.y_px)
        return Follow(*point) if point and not already else None

    def _moved(self, event: MouseEvent, layout: Layout) -> Action | None:
        press = self._press
        if press is None or self._deaf:
            return None
        if not event.held:  # the button came up where nobody saw it
            self._forget()
            return None
        if self._dragging_y_px is None:
            if not press.slipped(event, _slip_px(layout)):
                return None
            self._dragging_y_px = press.y_px
        delta_px, self._dragging_y_px = event.y_px - self._dragging_y_px, event.y_px
        # In most pictures what is farther is higher up: the focus goes the way the hand goes.
        return Pull(delta_px / layout.panes[0].height) if delta_px else None

    def _released(self, event: MouseEvent, layout: Layout) -> Action | None:
        press, clicked = self._press, self._dragging_y_px is None and not self._deaf
        if self._dragging_y_px is not None:
            self._last_press = None  # a click right after a drag is not the second of two
        self._forget()
        if press is None or not clicked or press.slipped(event, _slip_px(layout)):
            return None
        point = layout.image_point(press.x_px, press.y_px)
        return Click(*point) if point else None

    def _forget(self) -> None:
        self._press = None
        self._dragging_y_px = None


def _slip_px(layout: Layout) -> float:
    return max(_SLIP_PX, _SLIP * max(layout.width, layout.height))
