"""The synthetic source: repeatable, true to its disparity, and a camera when told to be one."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest

from streamdefocus.errors import InputError
from streamdefocus.sources.synthetic import SyntheticSource

SIZE = (320, 180)


@pytest.fixture(scope="module")
def scene() -> SyntheticSource:
    return SyntheticSource(*SIZE, frames=4)


def test_frames_have_the_size_and_times_that_the_source_states() -> None:
    with SyntheticSource(*SIZE, 25, frames=3) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == [0, 0.04, 0.08]
    assert all(frame.size_px == (source.info.width, source.info.height) for frame in frames)
    assert source.info.frame_count == 3


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(
    scene: SyntheticSource,
) -> None:
    twin, other = SyntheticSource(*SIZE), SyntheticSource(*SIZE, seed=1)
    assert np.array_equal(scene.picture(1.5), twin.picture(1.5))
    assert not np.array_equal(scene.picture(1.5), other.picture(1.5))


def test_the_scene_moves(scene: SyntheticSource) -> None:
    changed = np.abs(scene.picture(0).astype(int) - scene.picture(0.5)).max(axis=2) > 20
    assert 0.01 < changed.mean() < 0.6  # the person moves, the room does not


def test_disparity_is_in_the_networks_units_and_orders_the_scene(scene: SyntheticSource) -> None:
    disparity = scene.disparity(0)
    assert disparity.dtype == np.float32
    assert disparity.shape == (180, 320)
    assert disparity.min() > 0
    assert disparity.max() <= 0.3
    wall, person, leaves = disparity[60, 130], disparity[140, 160], disparity[115, 16]
    assert wall < person < leaves
    assert wall == pytest.approx(0.2 / 4.77, rel=0.02)  # the picture hangs on the wall at 4.8 m


def test_floor_disparity_is_exact() -> None:
    source = SyntheticSource(640, 480)
    focal, row, column = 0.85 * 640, 470, 430
    z = 1.15 * focal / (row - 239.5)  # the floor is 1.15 m below the camera
    assert source.disparity(0)[row, column] == pytest.approx(0.2 / z, rel=1e-3)


def test_disparity_changes_exactly_where_the_picture_does(scene: SyntheticSource) -> None:
    picture = np.abs(scene.picture(0).astype(int) - scene.picture(2.0)).max(axis=2)
    disparity = np.abs(scene.disparity_at(0) - scene.disparity_at(2.0))
    # A step in disparity without any change of the picture would be a mismatch of the two.
    assert (picture[disparity > 0.04] > 2).mean() > 0.97
    assert (disparity[picture == 0] < 0.004).mean() > 0.99


def test_whoever_comes_closer_grows_and_gains_disparity(scene: SyntheticSource) -> None:
    far, near = scene.disparity_at(0)[140, 160], scene.disparity_at(np.pi / 0.8)[140, 168]
    assert near / far == pytest.approx(1.12, abs=0.02)


def test_the_balloon_passes_in_front_of_everything_and_leaves(scene: SyntheticSource) -> None:
    centre = np.s_[60:80, 150:170]
    assert scene.disparity_at(0)[centre].max() < 0.2
    assert scene.disparity_at(4.0)[centre].min() > 0.23
    assert scene.disparity_at(7.5)[centre].max() < 0.2


def test_a_closed_source_ends_and_closing_twice_is_harmless() -> None:
    source = SyntheticSource(*SIZE, frames=None)
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    assert next(frames, None) is None


def test_iterating_again_continues() -> None:
    source = SyntheticSource(*SIZE, frames=3)
    assert next(iter(source)).index == 0
    assert [frame.index for frame in source] == [1, 2]


def test_a_live_source_keeps_its_rate_and_skips_what_was_missed() -> None:
    with SyntheticSource(64, 48, 50, frames=None, live=True) as source:
        assert source.info.live
        frames = iter(source)
        first, second = next(frames), next(frames)
        time.sleep(0.2)
        late, after = next(frames), next(frames)
    assert [frame.index for frame in (first, second, late, after)] == [0, 1, 2, 3]
    assert second.pts - first.pts >= 20_000
    assert late.pts - second.pts >= 180_000  # those in between are lost
    assert all(frame.pts % 20_000 == 0 for frame in (first, second, late, after))


def test_disparity_of_a_live_frame_is_found_by_its_time() -> None:
    with SyntheticSource(*SIZE, 50, frames=3, live=True) as source:
        last = list(source)[-1]
    assert np.array_equal(source.picture(last.time_s), last.bgr)
    assert source.disparity_at(last.time_s).shape == (180, 320)


def test_closing_wakes_a_waiting_live_source() -> None:
    source = SyntheticSource(64, 48, 0.05, frames=None, live=True)
    frames = iter(source)
    next(frames)
    closer = threading.Timer(0.1, source.close)
    closer.start()
    assert next(frames, None) is None
    closer.join()


@pytest.mark.parametrize("size", [(640, 480), (180, 320), (33, 17)])
def test_any_size_works(size: tuple[int, int]) -> None:
    with SyntheticSource(*size, frames=1) as source:
        (frame,) = itertools.islice(source, 1)
    assert frame.size_px == size
    assert np.isfinite(source.disparity(0)).all()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"width": 0}, "0x720"),
        ({"height": 9000}, "1280x9000"),
        ({"frame_rate": 0}, "frame_rate"),
        ({"frames": -1}, "frames"),
    ],
)
def test_impossible_pictures_are_refused(arguments: dict[str, int], named: str) -> None:
    with pytest.raises(InputError, match=named):
        SyntheticSource(**arguments)
