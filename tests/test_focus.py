"""The focus: what each way of finding it finds, and how the focus gets there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streamdefocus.config import FocusOptions
from streamdefocus.focus import Aim, FocusController
from streamdefocus.focus.planes import dominant_plane, nearest_large_plane, plane_at
from streamdefocus.focus.spring import ARRIVAL, Motion, move
from streamdefocus.focus.tracking import Tracker, outline, tracking_picture
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane, Frame
from streamdefocus.sources.synthetic import SyntheticSource

SIZE = (480, 270)
FAR, NEAR = 0.04, 0.24
SPAN = NEAR - FAR
RATE = 30


@pytest.fixture(scope="module")
def scene() -> SyntheticSource:
    return SyntheticSource(*SIZE)


def seen(values: FloatMap) -> DisparityMap:
    return DisparityMap(values, FAR, NEAR)


def controller(focus: str = "centre", **options: float) -> FocusController:
    return FocusController(FocusOptions(focus=focus, **options))


def run(
    focus: FocusController,
    shot: Callable[[float], tuple[BgrImage, FloatMap]],
    start: float,
    end: float,
    rate: int = RATE,
) -> list[FocusPlane]:
    """Update from ``start`` to ``end`` seconds, both included."""
    planes = []
    for index in range(round(start * rate), round(end * rate) + 1):
        bgr, values = shot(index / rate)
        frame = Frame(bgr, index, index, Fraction(1, rate))
        planes.append(focus.update(frame, seen(values)))
    return planes


def stage(scene: SyntheticSource) -> Callable[[float], tuple[BgrImage, FloatMap]]:
    return lambda time_s: (scene.picture(time_s), scene.disparity_at(time_s))


def cards(*planes: tuple[slice, slice, float], ground: float = 0.05) -> FloatMap:
    """A map of rectangles at some disparities before a ground; rows and columns of 128 x 256."""
    values = np.full((128, 256), ground, np.float32)
    for rows, columns, disparity in planes:
        values[rows, columns] = disparity
    return values


GREY: BgrImage = np.full((128, 256, 3), 90, np.uint8)
MIDDLE = np.s_[30:100, 90:170]


# The movement -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rack_s", [0.1, 0.35, 2.0])
def test_the_spring_arrives_in_the_rack_time_and_never_passes_its_target(rack_s: float) -> None:
    motion, positions = Motion(0.05), []
    for _ in range(60):
        motion = move(motion, 0.2, rack_s / 30, rack_s)
        positions.append(motion.position)
    assert positions == sorted(positions)
    assert max(positions) <= 0.2
    assert (positions[29] - 0.05) / 0.15 == pytest.approx(0.99, abs=1e-4)
    assert (positions[9] - 0.05) / 0.15 < 0.8


def test_the_spring_equals_the_equation_of_motion_in_tiny_steps() -> None:
    rack_s, target = 0.5, 0.3
    rate = ARRIVAL / rack_s
    position, velocity, step = 0.1, 0.4, 1e-6
    for _ in range(120_000):
        velocity += (rate**2 * (target - position) - 2 * rate * velocity) * step
        position += velocity * step
    exact = move(Motion(0.1, 0.4), target, 0.12, rack_s)
    assert exact.position == pytest.approx(position, abs=1e-5)
    assert exact.velocity == pytest.approx(velocity, abs=1e-4)


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_the_spring_does_not_depend_on_the_frame_rate(steps: int) -> None:
    motion = Motion(0.0, 0.5)
    for _ in range(steps):
        motion = move(motion, 1.0, 0.2 / steps, 0.4)
    exact = move(Motion(0.0, 0.5), 1.0, 0.2, 0.4)
    assert (motion.position, motion.velocity) == pytest.approx((exact.position, exact.velocity))


def test_the_velocity_is_kept_when_the_target_changes_midway() -> None:
    midway = move(Motion(0.0), 1.0, 0.1, 0.5)
    assert midway.velocity > 1
    turned = move(midway, 0.0, 1e-6, 0.5)
    assert turned.velocity == pytest.approx(midway.velocity, rel=1e-3)
    assert turned.position >= midway.position


def test_rack_0_is_at_once() -> None:
    assert move(Motion(0.1, 5.0), 0.2, 0.01, 0) == Motion(0.2)


# Planes -----------------------------------------------------------------------------------------


def test_a_patch_across_an_edge_gives_the_larger_side_and_nothing_between() -> None:
    values = cards((slice(0, 128), slice(128, 256), 0.2))
    for x, plane in ((0.49, 0.05), (0.51, 0.2)):
        assert plane_at(seen(values), x, 0.5) == pytest.approx(plane)


def test_a_plane_that_is_preferred_is_kept_while_it_has_enough_support() -> None:
    values = np.array([0.05] * 55 + [0.2] * 45, np.float32)
    weights = np.ones(100, np.float32)
    assert dominant_plane(values, weights, 0.02) == pytest.approx(0.05)
    assert dominant_plane(values, weights, 0.02, prefer=0.2) == pytest.approx(0.2)
    assert dominant_plane(values[30:], weights[30:], 0.02, prefer=0.05) == pytest.approx(0.2)


def test_noise_does_not_move_a_plane() -> None:
    rng = np.random.default_rng(0)
    values = cards() + rng.normal(0, 0.004, (128, 256)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = 0.24  # salt
    assert plane_at(seen(values), 0.3, 0.3) == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (1, 0.5)])
def test_borders_of_the_picture_can_be_read(place: tuple[float, float]) -> None:
    assert plane_at(seen(cards()), *place) == pytest.approx(0.05)


def test_the_nearest_large_thing_is_neither_the_wall_nor_a_small_near_thing() -> None:
    values = cards((*MIDDLE, 0.15), (slice(110, 128), slice(0, 20), 0.24))
    assert nearest_large_plane(seen(values)) == pytest.approx(0.15)


# The ways of finding ----------------------------------------------------------------------------


def test_a_click_on_the_person_focuses_the_person(scene: SyntheticSource) -> None:
    focus = controller("disparity:0")
    assert run(focus, stage(scene), 0, 0)[0].disparity == pytest.approx(FAR)
    focus.click(0.5, 0.7)
    planes = run(focus, stage(scene), 1 / RATE, 0.5)
    truth = scene.disparity_at(0.5)[189, 240]
    assert planes[-1].disparity == pytest.approx(truth, abs=0.03 * SPAN)
    assert planes[2].disparity < 0.9 * truth  # on its way, not there at once
    assert focus.aim == Aim("point", 0.5, 0.7)


@pytest.mark.parametrize(
    ("place", "row", "column"), [("0.1,0.1", 27, 48), ("0.05,0.64", 173, 24), ("0.9,0.9", 243, 432)]
)
def test_a_photo_is_in_focus_after_one_update(
    scene: SyntheticSource, place: str, row: int, column: int
) -> None:
    plane = run(controller(place), stage(scene), 0, 0)[0]
    assert plane.disparity == pytest.approx(scene.disparity(0)[row, column], abs=0.02 * SPAN)


def test_centre_and_auto_find_the_person(scene: SyntheticSource) -> None:
    person = scene.disparity_at(0)[135, 240]
    for focus in ("centre", "auto"):
        found = run(controller(focus), stage(scene), 0, 0)[0].disparity
        assert found == pytest.approx(person, abs=0.06 * SPAN)


def test_a_disparity_is_a_share_of_the_span(scene: SyntheticSource) -> None:
    for share in (0.0, 0.25, 1.0):
        plane = run(controller(f"disparity:{share}"), stage(scene), 0, 0)[0]
        assert plane.disparity == pytest.approx(FAR + share * SPAN)


def test_the_range_in_focus_is_a_share_of_the_span(scene: SyntheticSource) -> None:
    plane = run(controller(focus_range=0.1), stage(scene), 0, 0)[0]
    assert plane.half_range == pytest.approx(0.05 * SPAN)


def _crossing(start: float, end: float) -> Callable[[float], tuple[BgrImage, FloatMap]]:
    """A person in the middle; something nearer passes between ``start`` and ``end``."""
    nearer = cards((*MIDDLE, 0.15), (slice(0, 128), slice(60, 200), 0.22))
    person = cards((*MIDDLE, 0.15))
    return lambda time_s: (GREY, nearer if start <= time_s < end else person)


@pytest.mark.parametrize("focus", ["centre", "auto"])
def test_who_crosses_is_let_pass_but_who_stays_is_focused(focus: str) -> None:
    quick = run(controller(focus), _crossing(1.0, 1.2), 0, 2)
    assert [plane.disparity for plane in quick] == pytest.approx([0.15] * len(quick))
    stays = [plane.disparity for plane in run(controller(focus), _crossing(1.0, 9.0), 0, 2)]
    assert stays[round(1.4 * RATE)] == pytest.approx(0.15)
    assert stays[-1] == pytest.approx(0.22, abs=0.001)
    assert stays == sorted(stays)


def test_many_short_crossings_are_all_let_pass() -> None:
    person, nearer = _crossing(0, 0)(0), _crossing(0, 9)(0)
    planes = run(controller(), lambda t: nearer if 0.5 < t % 1 < 0.7 else person, 0, 5)
    assert {round(plane.disparity, 6) for plane in planes} == {0.15}


def test_a_clicked_point_goes_along_with_what_moves_slowly() -> None:
    planes = run(controller("0.5,0.5"), lambda t: (GREY, cards((*MIDDLE, 0.1 + 0.03 * t))), 0, 2)
    steps = np.diff([plane.disparity for plane in planes])
    assert planes[-1].disparity == pytest.approx(0.16, abs=0.01)
    assert steps.max() < 0.0015  # 0.03 a second, never a leap


def test_a_point_on_an_edge_does_not_flicker() -> None:
    rng = np.random.default_rng(1)

    def shaking(_: float) -> tuple[BgrImage, FloatMap]:
        edge = 128 + int(rng.integers(-1, 2))
        return GREY, cards((slice(0, 128), slice(edge, 256), 0.2))

    positions = [plane.disparity for plane in run(controller("0.5,0.5"), shaking, 0, 2)]
    assert np.ptp(positions) < 0.001


def test_pulling_moves_by_a_share_of_the_depth_and_stays(scene: SyntheticSource) -> None:
    focus = controller("disparity:0.5")
    run(focus, stage(scene), 0, 0)
    focus.pull(0.1)
    focus.pull(0.1)
    planes = run(focus, stage(scene), 1 / RATE, 1)
    assert planes[5].disparity == pytest.approx(FAR + 0.7 * SPAN, abs=0.02 * SPAN)
    assert planes[-1].disparity == pytest.approx(FAR + 0.7 * SPAN, abs=1e-4)
    focus.pull(5.0)
    assert run(focus, stage(scene), 1, 2)[-1].disparity == pytest.approx(NEAR, abs=1e-4)
    assert focus.aim.mode == "disparity"


def test_centre_and_choose_change_the_way(scene: SyntheticSource) -> None:
    focus = controller("0.1,0.1")
    run(focus, stage(scene), 0, 0)
    focus.centre()
    planes = run(focus, stage(scene), 0.1, 1)
    assert focus.aim == Aim("centre", 0.5, 0.5)
    assert planes[-1].disparity == pytest.approx(scene.disparity_at(1)[135, 240], abs=0.06 * SPAN)
    focus.choose("disparity:1")
    assert run(focus, stage(scene), 1, 2)[-1].disparity == pytest.approx(NEAR, abs=1e-4)
    with pytest.raises(ValueError, match="Received: 'nonsense'"):
        focus.choose("nonsense")


def test_of_several_wishes_before_a_frame_the_newest_counts() -> None:
    focus = controller()
    focus.follow(0.5, 0.5)
    focus.pull(0.3)
    focus.click(0.1, 0.1)
    run(focus, _crossing(0, 0), 0, 0)
    assert focus.aim == Aim("point", 0.1, 0.1)


def test_a_click_outside_the_picture_is_taken_to_its_border() -> None:
    focus = controller()
    focus.click(1.4, -0.2)
    assert run(focus, lambda _: (GREY, cards()), 0, 0)[0].disparity == pytest.approx(0.05)
    assert (focus.aim.x, focus.aim.y) == (1, 0)


def test_focus_jumps_at_a_scene_cut(scene: SyntheticSource) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (9, 16, 3), np.uint8)
    other = cv2.resize(noise, SIZE)

    def shot(time_s: float) -> tuple[BgrImage, FloatMap]:
        return (other, cards(ground=0.2)) if time_s >= 0.5 else stage(scene)(time_s)

    planes = run(controller(rack=3), shot, 0, 0.5)
    assert planes[-2].disparity < 0.16
    assert planes[-1].disparity == pytest.approx(0.2)


def test_the_way_does_not_depend_on_the_frame_rate() -> None:
    results = []
    for rate in (15, 60):
        focus = controller("disparity:0")
        run(focus, _crossing(0, 0), 0, 0, rate)
        focus.click(0.5, 0.5)
        results.append(run(focus, _crossing(0, 0), 1 / rate, 0.2, rate)[-1].disparity)
    assert 0.05 < results[0] < 0.149
    assert results[0] == pytest.approx(results[1], rel=1e-3)


def test_verbs_may_come_from_other_threads_while_frames_run() -> None:
    focus, stop = controller(), threading.Event()
    shot = _crossing(0, 0)

    def restless() -> None:
        verbs = [lambda: focus.click(0.5, 0.5), lambda: focus.follow(0.5, 0.5), focus.centre]
        verbs += [lambda: focus.pull(0.01), lambda: focus.choose("auto")]
        while not stop.is_set():
            for verb in verbs:
                verb()
                time.sleep(0.0005)
                assert focus.aim.mode in ("point", "track", "centre", "auto", "disparity")

    users = [threading.Thread(target=restless) for _ in range(2)]
    for user in users:
        user.start()
    planes = run(focus, shot, 0, 1)
    stop.set()
    for user in users:
        user.join()
    assert all(math.isfinite(plane.disparity) for plane in planes)


# Following --------------------------------------------------------------------------------------


def test_tracking_follows_the_person_through_the_room(scene: SyntheticSource) -> None:
    focus = controller()
    focus.follow(0.5, 0.25)
    for start in (0.0, 1.0, 2.0):
        planes = run(focus, stage(scene), start, start + 0.97)
    picture_x = (focus.aim.x or 0) * SIZE[0]
    truth = scene.disparity_at(2.97)
    assert focus.aim.mode == "track"
    assert not focus.aim.lost
    assert picture_x - 240 > 20  # the person has walked to the right
    assert planes[-1].disparity == pytest.approx(truth[67, round(picture_x)], abs=0.05 * SPAN)


def test_tracking_waits_while_something_passes_in_front(scene: SyntheticSource) -> None:
    focus = controller("track:0.5,0.25")
    shot = stage(scene)
    run(focus, shot, 0, 3.97)
    covered = scene.disparity_at(4.0)[round(0.25 * 270), round((focus.aim.x or 0) * 480)]
    planes = run(focus, shot, 4, 5.97)
    assert covered > 0.23
    assert max(plane.disparity for plane in planes) < 0.18
    assert focus.aim.mode == "track"
    assert not focus.aim.lost


def _leaving(time_s: float) -> tuple[BgrImage, FloatMap]:
    """A square with a pattern that walks out of the picture on the right."""
    rng = np.random.default_rng(3)
    picture = cv2.resize(rng.integers(60, 110, (16, 32, 3), np.uint8), SIZE)
    pattern = cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (90, 90))
    values = np.full((270, 480), 0.05, np.float32)
    left = 200 + round(120 * time_s)
    width = max(min(90, 480 - left), 0)
    picture[90:180, left : left + width] = pattern[:, :width]
    values[90:180, left : left + width] = 0.15
    return picture, values


def test_what_leaves_is_reported_lost_and_held_and_then_given_up() -> None:
    focus = controller("track:0.5,0.5")
    run(focus, _leaving, 0, 1.2)
    assert not focus.aim.lost
    assert (focus.aim.x or 0) * 480 == pytest.approx(240 + 120 * 1.2, abs=6)
    held = run(focus, _leaving, 1.24, 3.0)
    assert focus.aim.mode == "track"
    assert focus.aim.lost
    assert held[-1].disparity == pytest.approx(0.15, abs=0.005)
    given_up = run(focus, _leaving, 3.04, 5.5)
    assert focus.aim == Aim("centre", 0.5, 0.5, lost=True)
    assert given_up[-1].disparity == pytest.approx(0.05, abs=0.001)


def _patterned(seed: int) -> BgrImage:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (120, 120))


def test_what_covers_only_the_spot_that_was_clicked_does_not_take_the_focus() -> None:
    def shot(time_s: float) -> tuple[BgrImage, FloatMap]:
        picture, values = (
            np.full((270, 480, 3), 90, np.uint8),
            np.full((270, 480), 0.05, np.float32),
        )
        picture[75:195, 180:300], values[75:195, 180:300] = _patterned(6), 0.15
        if time_s > 0.5:
            picture[110:160, 215:265], values[110:160, 215:265] = 200, 0.23
        return picture, values

    focus = controller("track:0.5,0.5")
    planes = run(focus, shot, 0, 1.5)
    assert not focus.aim.lost
    assert planes[-1].disparity == pytest.approx(0.15, abs=0.01)


def test_what_turns_into_something_else_is_lost() -> None:
    def shot(time_s: float) -> tuple[BgrImage, FloatMap]:
        picture, values = (
            np.full((270, 480, 3), 90, np.uint8),
            np.full((270, 480), 0.05, np.float32),
        )
        new = min(max((time_s - 0.5) / 0.4, 0), 1)
        picture[75:195, 180:300] = cv2.addWeighted(_patterned(6), 1 - new, _patterned(7), new, 0)
        values[75:195, 180:300] = 0.15
        return picture, values

    focus = controller("track:0.5,0.5")
    run(focus, shot, 0, 0.5)
    assert not focus.aim.lost
    run(focus, shot, 0.53, 1.5)
    assert focus.aim.lost


def test_what_comes_back_in_time_is_followed_again() -> None:
    focus = controller("track:0.5,0.5")
    run(focus, _leaving, 0, 1.2)
    run(focus, lambda _: _leaving(3.0), 1.24, 2.2)
    assert focus.aim.lost
    run(focus, lambda _: _leaving(0.5), 2.24, 2.3)
    assert not focus.aim.lost
    assert (focus.aim.x or 0) * 480 == pytest.approx(300, abs=12)


def test_tracking_gives_up_at_a_scene_cut(scene: SyntheticSource) -> None:
    noise = np.random.default_rng(4).integers(0, 256, (9, 16, 3), np.uint8)
    focus = controller("track:0.5,0.25")
    run(focus, stage(scene), 0, 0.1)
    planes = run(focus, lambda _: (cv2.resize(noise, SIZE), cards(ground=0.2)), 0.2, 0.2)
    assert focus.aim.mode == "centre"
    assert planes[0].disparity == pytest.approx(0.2)


def test_growing_things_have_a_growing_box() -> None:
    pattern = np.random.default_rng(5).integers(0, 256, (12, 12), np.uint8)

    def shot(side: int) -> tuple[BgrImage, DisparityMap]:
        picture = np.full((270, 480), 90, np.uint8)
        values = np.full((270, 480), 0.05, np.float32)
        part = np.s_[
            135 - side // 2 : 135 - side // 2 + side, 240 - side // 2 : 240 - side // 2 + side
        ]
        picture[part] = cv2.resize(pattern, (side, side))
        values[part] = 0.15
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), seen(values)

    picture, disparity = shot(80)
    tracker = Tracker(tracking_picture(picture), disparity, 0.5, 0.5)
    width = tracker.box.width
    for side in range(82, 122, 2):
        picture, disparity = shot(side)
        assert tracker.update(tracking_picture(picture), disparity)
    assert tracker.box.width / width == pytest.approx(1.5, rel=0.12)
    assert tracker.plane == pytest.approx(0.15)


def test_the_outline_is_that_of_the_clicked_thing_only() -> None:
    values = cards((slice(40, 90), slice(60, 100), 0.15), (slice(40, 90), slice(120, 150), 0.15))
    box = outline(seen(values), 0.15, 0.31, 0.5)
    assert (box.x, box.y) == pytest.approx((79.5 / 256, 64.5 / 128), abs=0.02)
    assert (box.width, box.height) == pytest.approx((40 / 256, 50 / 128), rel=0.15)


def test_a_wall_without_any_texture_can_be_followed_without_an_error() -> None:
    focus = controller("track:0.5,0.5")
    planes = run(focus, lambda _: (GREY, cards()), 0, 3)
    assert planes[-1].disparity == pytest.approx(0.05)
