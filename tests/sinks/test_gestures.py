"""From mouse events and keys to what is meant, without any window."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from streamdefocus.sinks.viewer.actions import (
    Action,
    Back,
    Centre,
    ChangeBlur,
    Click,
    Follow,
    Pull,
    Quit,
    ToggleHelp,
)
from streamdefocus.sinks.viewer.gestures import Gestures, Mouse, MouseEvent
from streamdefocus.sinks.viewer.keys import HELP, action_of_key
from streamdefocus.sinks.viewer.layout import Layout, lay_out

# 1000 x 500 shows a square image at x = 250..749, full height.
LAYOUT = lay_out((1000, 500), (100, 100))
QUICK_S, SLOW_S = 0.15, 0.6


class Hand:
    """A mouse that is moved by a script; time passes between events."""

    def __init__(self, layout: Layout = LAYOUT) -> None:
        self.meant: list[Action] = []
        self._gestures = Gestures()
        self._layout = layout
        self._time_s = 100.0

    def does(
        self, kind: Mouse, at: tuple[float, float], *, held: bool = False, steps: float = 0.0
    ) -> Hand:
        self._time_s += 0.01
        event = MouseEvent(kind, *at, self._time_s, held, steps)
        self.meant += self._gestures.feed(event, self._layout)
        return self

    def waits(self, seconds: float) -> Hand:
        self._time_s += seconds
        return self

    def presses(self, at: tuple[float, float] = (500, 250)) -> Hand:
        return self.does(Mouse.PRESS, at, held=True)

    def drags(self, *places: tuple[float, float]) -> Hand:
        for place in places:
            self.does(Mouse.MOVE, place, held=True)
        return self

    def releases(self, at: tuple[float, float] = (500, 250)) -> Hand:
        return self.does(Mouse.RELEASE, at)

    def clicks(self, at: tuple[float, float] = (500, 250)) -> Hand:
        return self.presses(at).releases(at)


def kinds(actions: Sequence[Action]) -> list[type]:
    return [type(action) for action in actions]


def test_a_click_focuses_the_moment_the_button_comes_up() -> None:
    hand = Hand().presses((375, 125))
    assert hand.meant == []
    hand.releases((375, 125))
    assert hand.meant == [Click(pytest.approx(0.251), pytest.approx(0.251))]


def test_a_hand_that_slips_still_clicks_where_it_pressed() -> None:
    hand = Hand().presses((400, 200)).drags((402, 201), (403, 202)).releases((403, 202))
    assert hand.meant == Hand().clicks((400, 200)).meant


def test_a_dense_screen_allows_for_a_larger_slip() -> None:
    layout = lay_out((3840, 2160), (1280, 720))
    hand = Hand(layout).presses((400, 200)).drags((412, 210)).releases((412, 210))
    assert kinds(hand.meant) == [Click]


def test_a_click_beside_the_image_means_nothing() -> None:
    assert Hand().clicks((100, 250)).clicks((900, 250)).meant == []


@pytest.mark.parametrize(
    "second",
    [
        (Mouse.PRESS,),  # no double press at all
        (Mouse.DOUBLE_PRESS,),  # Windows
        (Mouse.DOUBLE_PRESS, Mouse.PRESS),  # Qt
        (Mouse.PRESS, Mouse.DOUBLE_PRESS),  # GTK
    ],
)
def test_a_double_click_follows_in_every_window_system(second: tuple[Mouse, ...]) -> None:
    hand = Hand().clicks().waits(QUICK_S)
    for kind in second:
        hand.does(kind, (500, 250), held=True)
    assert kinds(hand.meant) == [Click, Follow]  # without waiting for the button to come up
    assert kinds(hand.releases().meant) == [Click, Follow]


def test_a_double_click_that_the_system_calls_one_may_be_slow() -> None:
    hand = Hand().clicks().waits(SLOW_S).does(Mouse.DOUBLE_PRESS, (500, 250), held=True).releases()
    assert kinds(hand.meant) == [Click, Follow]


def test_two_slow_clicks_are_two_clicks() -> None:
    assert kinds(Hand().clicks().waits(SLOW_S).clicks().meant) == [Click, Click]


def test_two_quick_clicks_in_two_places_are_two_clicks() -> None:
    assert kinds(Hand().clicks((300, 100)).waits(QUICK_S).clicks((600, 400)).meant) == [
        Click,
        Click,
    ]


def test_the_third_click_of_a_nervous_finger_does_not_end_the_following() -> None:
    hand = Hand().clicks().waits(QUICK_S).clicks().waits(QUICK_S).clicks()
    assert kinds(hand.meant) == [Click, Follow]
    assert kinds(hand.waits(SLOW_S).clicks().meant) == [Click, Follow, Click]


def test_dragging_down_pulls_the_focus_nearer_by_the_way_of_the_hand() -> None:
    hand = Hand().presses((500, 100)).drags((500, 150), (520, 225)).releases((520, 225))
    assert kinds(hand.meant) == [Pull, Pull]
    assert sum(action.delta for action in hand.meant) == pytest.approx(0.25)


def test_dragging_up_pulls_the_focus_away() -> None:
    hand = Hand().presses((500, 400)).drags((500, 300)).releases((500, 300))
    assert hand.meant == [Pull(pytest.approx(-0.2))]


def test_dragging_sideways_neither_pulls_nor_clicks() -> None:
    assert Hand().presses((400, 200)).drags((600, 200)).releases((600, 200)).meant == []


def test_a_drag_is_as_strong_in_a_small_image() -> None:
    small = lay_out((500, 250), (100, 100))
    hand = Hand(small).presses((250, 50)).drags((250, 112.5)).releases((250, 112.5))
    assert hand.meant == [Pull(pytest.approx(0.25))]


def test_a_drag_that_comes_back_is_no_click() -> None:
    hand = Hand().presses((500, 200)).drags((500, 300), (500, 200)).releases((500, 200))
    assert kinds(hand.meant) == [Pull, Pull]


def test_a_click_right_after_a_drag_is_the_first_of_its_kind() -> None:
    hand = Hand().presses((500, 200)).drags((500, 300), (500, 200)).releases((500, 200))
    hand.waits(QUICK_S).clicks((500, 200))
    assert kinds(hand.meant) == [Pull, Pull, Click]


def test_a_button_that_came_up_outside_the_window_ends_the_drag() -> None:
    hand = Hand().presses((500, 200)).drags((500, 300))
    hand.does(Mouse.MOVE, (500, 400)).drags((500, 450)).releases((500, 450))
    assert kinds(hand.meant) == [Pull]


def test_moving_without_a_button_means_nothing() -> None:
    assert Hand().does(Mouse.MOVE, (300, 100)).does(Mouse.MOVE, (700, 400)).meant == []


def test_a_right_click_goes_back_to_the_centre_from_anywhere() -> None:
    assert Hand().does(Mouse.RIGHT_PRESS, (10, 10)).meant == [Centre()]


def test_the_wheel_changes_the_blur_by_as_much_as_it_turned() -> None:
    hand = Hand().does(Mouse.WHEEL, (500, 250), steps=1).does(Mouse.WHEEL, (500, 250), steps=-0.25)
    assert hand.does(Mouse.WHEEL, (500, 250), steps=0).meant == [ChangeBlur(1), ChangeBlur(-0.25)]


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (-1, None),
        (ord("q"), Quit()),
        (ord("Q"), Quit()),
        (27, Back()),
        (ord("+"), ChangeBlur(1)),
        (0xFFAB, ChangeBlur(1)),
        (0x100000 | ord("+"), ChangeBlur(1)),  # GTK with the number lock on
        (0xFFBE, ToggleHelp()),
        (0x700000, ToggleHelp()),
        (0xF704, ToggleHelp()),
        (0xFFE1, None),  # shift alone
        (ord("x"), None),
        (0, None),
    ],
)
def test_keys(code: int, meant: Action | None) -> None:
    assert action_of_key(code) == meant


def test_every_key_of_the_help_does_something() -> None:
    (_, _), (_, keys) = HELP
    named = {"space": " ", "Esc": "\x1b"}
    for line in keys:
        for name in line.how.replace(", ", " ").split():
            if name != "F1":
                assert action_of_key(ord(named.get(name, name))), name


@pytest.mark.parametrize("canvas", [(640, 480), (1000, 500), (333, 777), (2560, 1440), (40, 30)])
@pytest.mark.parametrize("image", [(1280, 720), (480, 640), (64, 64)])
@pytest.mark.parametrize("panes", [1, 2])
def test_every_pane_shows_the_whole_image_undistorted(
    canvas: tuple[int, int], image: tuple[int, int], panes: int
) -> None:
    layout = lay_out(canvas, image, panes)
    assert len(layout.panes) == panes
    for pane in layout.panes:
        right, bottom = pane.left + pane.width - 1, pane.top + pane.height - 1
        assert pane.left >= 0
        assert pane.top >= 0
        assert right < canvas[0]
        assert bottom < canvas[1]
        assert abs(pane.width * image[1] - pane.height * image[0]) <= max(image)
        half_px = 0.5 / pane.width, 0.5 / pane.height
        assert layout.image_point(pane.left, pane.top) == pytest.approx(half_px)
        assert layout.image_point(right, bottom) == pytest.approx((1 - half_px[0], 1 - half_px[1]))


def test_two_panes_lie_where_they_are_larger() -> None:
    wide, tall = lay_out((1000, 400), (100, 100), 2), lay_out((400, 1000), (100, 100), 2)
    assert wide.panes[0].top == wide.panes[1].top
    assert tall.panes[0].left == tall.panes[1].left
    assert wide.image_point(*_middle(wide, 1)) == pytest.approx((0.5, 0.5), abs=0.01)
    assert tall.image_point(*_middle(tall, 1)) == pytest.approx((0.5, 0.5), abs=0.01)


def _middle(layout: Layout, number: int) -> tuple[float, float]:
    pane = layout.panes[number]
    return pane.left + pane.width // 2, pane.top + pane.height // 2
