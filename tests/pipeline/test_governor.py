from __future__ import annotations

from streamdefocus.pipeline.governor import Coupling, Governor


def run(governor: Governor, seconds: int, fps_in: int, fps_out: int, at_s: int = 0) -> None:
    for second in range(at_s, at_s + seconds + 1):
        governor.update(float(second), second * fps_in, second * fps_out)


def test_depth_rests_more_while_frames_are_missing_and_less_when_they_are_not() -> None:
    governor = Governor(30)
    assert governor.rest_s(0.02) == 0
    run(governor, 3, 30, 20)
    assert governor.level == 3
    assert governor.rest_s(0.02) > 0.02
    governor = Governor(30)
    run(governor, 1, 30, 20)
    run(governor, 6, 30, 30, at_s=2)
    assert governor.level == 0


def test_a_camera_that_is_slower_than_the_target_is_no_reason() -> None:
    governor = Governor(60)
    run(governor, 5, 24, 24)
    assert governor.level == 0


def test_what_was_paused_is_not_judged() -> None:
    governor = Governor(30)
    for second in range(10):  # nobody watches, and nothing comes out
        governor.pause()
        governor.update(float(second), second * 30, 0)
    run(governor, 3, 30, 30, at_s=10)
    assert governor.level == 0


def test_it_does_not_act_before_a_period_is_over() -> None:
    governor = Governor(30)
    for tick in range(9):
        governor.update(tick / 10, tick * 3, 0)
    assert governor.level == 0


def test_frames_stop_waiting_for_depth_that_cannot_keep_up_and_wait_again_when_it_can() -> None:
    coupling = Coupling()
    history = []
    frames_in = measured = 0
    for second in range(60):
        coupling.update(float(second), frames_in, measured)
        history.append(coupling.decoupled)
        frames_in += 30
        measured += 15 if 10 <= second < 20 else 30
    assert history[:11] == [False] * 11
    assert all(history[14:22])
    assert not any(history[32:])


def test_a_camera_that_stands_still_decides_nothing() -> None:
    coupling = Coupling()
    for second in range(10):
        coupling.update(float(second), 100, 50)
    assert not coupling.decoupled


def test_resolution_goes_down_only_when_depth_rests_already_and_comes_back_first() -> None:
    governor = Governor(30)
    scales = []
    for second in range(12):
        governor.update(float(second), second * 30, second * 10)
        scales.append(governor.scale)
    assert scales[:5] == [1.0] * 5
    assert scales[-1] == 0.6
    assert scales == sorted(scales, reverse=True)
    run(governor, 40, 30, 30, at_s=13)
    assert governor.scale == 1.0
