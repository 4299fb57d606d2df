"""The remembered background: what it knows, and what it must forget."""

from __future__ import annotations

import cv2
import numpy as np

from streamdefocus.defocus.plate import CALM_FRAMES, LONGEST_HIDDEN, Plate, PlateKeeper
from streamdefocus.frames import BgrImage, DisparityMap

FAR, NEAR = 0.05, 0.25
SIZE = (320, 180)
MAP = (160, 90)
PERSON = (10, 10, 250)


def wall(seed: int = 0) -> BgrImage:
    """Large patches of colour, none of them near the person's."""
    cells = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), np.uint8)
    cells[..., 2] //= 2
    return np.asarray(cv2.resize(cells, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def frame(
    x: float | None, behind: BgrImage, colour: tuple[int, int, int] = PERSON
) -> tuple[BgrImage, DisparityMap]:
    """A person, 60 px wide, whose middle is at ``x``, before a wall; nobody if ``x`` is None."""
    bgr = behind.copy()
    values = np.full(MAP[::-1], FAR, np.float32)
    if x is not None:
        cv2.rectangle(bgr, (round(x) - 30, 40), (round(x) + 30, SIZE[1]), colour, -1)
        cv2.rectangle(values, (round(x / 2) - 15, 20), (round(x / 2) + 15, MAP[1]), NEAR, -1)
    return bgr, DisparityMap(values, FAR, NEAR)


def after(keeper: PlateKeeper, count: int, x: float | None, behind: BgrImage) -> Plate | None:
    plate = None
    for _ in range(count):
        plate = keeper.update(*frame(x, behind))
    return plate


def known_colours(plate: Plate) -> np.ndarray:
    mask = cv2.resize(plate.known.view(np.uint8), SIZE, interpolation=cv2.INTER_NEAREST)
    return plate.bgr[mask > 0]


def test_the_wall_is_remembered_behind_who_comes_before_it() -> None:
    keeper = PlateKeeper()
    after(keeper, CALM_FRAMES, None, wall())
    plate = after(keeper, 3, 160, wall())
    assert plate is not None
    assert plate.known[50, 80]
    np.testing.assert_array_equal(plate.bgr, wall())
    assert plate.disparity[50, 80] < (FAR + NEAR) / 2


def test_nothing_is_known_of_what_was_never_seen() -> None:
    keeper = PlateKeeper()
    assert after(keeper, 3 * CALM_FRAMES, 160, wall()) is None


def test_who_walks_through_and_leaves_is_never_in_it() -> None:
    keeper = PlateKeeper()
    after(keeper, CALM_FRAMES, None, wall())
    for x in range(-30, 350, 6):
        plate = keeper.update(*frame(x, wall()))
        if plate is not None:
            assert (np.abs(known_colours(plate).astype(int) - PERSON).max(axis=1) > 40).all()
    assert keeper.update(*frame(None, wall())) is None
    for x in range(350, -30, -6):  # somebody else comes: nothing of the first is behind them
        plate = keeper.update(*frame(x, wall(), (240, 240, 20)))
        if plate is not None:
            np.testing.assert_array_equal(plate.bgr, wall())


def test_who_was_there_from_the_start_is_forgotten_when_they_leave() -> None:
    keeper = PlateKeeper()
    after(keeper, 2 * CALM_FRAMES, 160, wall())
    after(keeper, CALM_FRAMES, None, wall())
    plate = after(keeper, 1, 160, wall())
    assert plate is not None
    np.testing.assert_array_equal(plate.bgr, wall())


def test_who_stood_still_and_left_behind_another_is_not_kept_for_long() -> None:
    keeper = PlateKeeper()
    other = wall()
    cv2.rectangle(other, (140, 60), (180, SIZE[1]), PERSON, -1)
    after(keeper, CALM_FRAMES, None, other)
    plate = after(keeper, 3, 160, other)
    assert plate is not None
    assert plate.known[60, 80]
    after(keeper, LONGEST_HIDDEN, 160, wall())  # nobody saw when the other one left
    plate = after(keeper, 1, 160, wall())
    assert plate is None or not plate.known[60, 80]
    after(keeper, CALM_FRAMES, None, wall())
    plate = after(keeper, 1, 160, wall())
    assert plate is not None
    np.testing.assert_array_equal(plate.bgr, wall())


def test_a_person_who_moves_a_little_is_not_taken_for_background() -> None:
    keeper = PlateKeeper()
    rng = np.random.default_rng(1)
    for _ in range(3 * CALM_FRAMES):
        bgr, disparity = frame(160, wall())
        bgr[60:170, 132:188] = rng.integers(0, 256, (110, 56, 3), np.uint8)
        keeper.update(bgr, disparity)
    bgr, disparity = frame(160, wall())
    disparity.values[disparity.values == NEAR] = 2 * NEAR  # a hand before the body
    plate = keeper.update(bgr, disparity)
    assert plate is None or not plate.known[40:80, 70:90].any()


def test_a_moving_camera_another_light_and_a_cut_begin_anew() -> None:
    darker = (wall() * 0.7).astype(np.uint8)
    for other in (np.roll(wall(), 25, axis=1), darker, wall(seed=7)):
        keeper = PlateKeeper()
        after(keeper, CALM_FRAMES, None, wall())
        assert after(keeper, 1, 160, wall()) is not None
        assert after(keeper, 1, 160, other) is None
        plate = after(keeper, 3 * CALM_FRAMES, 160, other)
        assert plate is None


def test_another_size_begins_anew() -> None:
    keeper = PlateKeeper()
    after(keeper, CALM_FRAMES, None, wall())
    bgr, disparity = frame(160, wall())
    assert keeper.update(np.ascontiguousarray(bgr[::2, ::2]), disparity) is None
