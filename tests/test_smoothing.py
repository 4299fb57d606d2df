"""Temporal smoothing: calm where nothing moves, quick where something does, one scale over time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from streamdefocus.config import SmoothingOptions
from streamdefocus.frames import BgrImage, FloatMap
from streamdefocus.scene_cuts import is_cut, thumbnail
from streamdefocus.smoothing import (
    SmoothingState,
    TemporalSmoother,
    advance,
    ends_of,
    fit_scale_and_shift,
    picture_change,
)
from streamdefocus.sources.synthetic import SyntheticSource

SIZE = (256, 128)
RATE = 30.0


@pytest.fixture(scope="module")
def scene() -> SyntheticSource:
    return SyntheticSource(*SIZE)


@pytest.fixture(scope="module")
def still(scene: SyntheticSource) -> tuple[BgrImage, FloatMap]:
    return scene.picture(0), scene.disparity_at(0)


def smoother(smoothing: float = 0.6) -> TemporalSmoother:
    return TemporalSmoother(SmoothingOptions(smoothing=smoothing))


def network(seed: int, scale: float = 0.05, noise: float = 0.01) -> Callable[[FloatMap], FloatMap]:
    """A network's errors: scale, shift and soft blobs that differ from frame to frame."""
    rng = np.random.default_rng(seed)

    def estimate(truth: FloatMap) -> FloatMap:
        blobs = cv2.resize(rng.normal(0, noise, (16, 32)).astype(np.float32), truth.shape[::-1])
        wrong = (truth + blobs) * (1 + rng.normal(0, scale)) + rng.normal(0, scale / 10)
        return np.asarray(wrong, np.float32)

    return estimate


def jitter(maps: list[FloatMap]) -> float:
    """Mean change from frame to frame, as a share of the span."""
    steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(maps)]
    return float(np.mean(steps)) / np.subtract(*np.percentile(maps[-1], (98, 2)))


def test_jitter_of_a_still_scene_is_cut_to_a_sixth(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    estimate, calm = network(0), smoother()
    raw = [estimate(truth) for _ in range(60)]
    smooth = [calm.update(map_, picture, i / RATE).values for i, map_ in enumerate(raw)]
    assert jitter(smooth[20:]) < jitter(raw[20:]) / 6
    # A frozen first map would pass the line above; this one comes nearer to the truth.
    errors = [np.abs(map_ - truth).mean() for map_ in (raw[0], smooth[-1])]
    assert errors[1] < errors[0] / 2


def test_more_smoothing_is_calmer(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    results = []
    for smoothing in (0.0, 0.3, 0.6, 0.9):
        estimate, calm = network(1), smoother(smoothing)
        maps = [calm.update(estimate(truth), picture, i / RATE).values for i in range(40)]
        results.append(jitter(maps[10:]))
    assert results == sorted(results, reverse=True)
    assert results[-1] < results[0] / 8


def test_drift_of_scale_and_shift_is_cancelled(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    rng, calm = np.random.default_rng(2), smoother()
    maps, ends = [], []
    for i in range(60):
        wrong = truth * rng.uniform(0.8, 1.25) + rng.uniform(-0.02, 0.02)
        map_ = calm.update(wrong.astype(np.float32), picture, i / RATE)
        maps.append(map_.values)
        ends.append((map_.far, map_.near))
    # Only the slow return to the network's own scale is left.
    assert jitter(maps) < 0.004
    assert np.abs(np.diff(np.array(ends), axis=0)).max() < 0.004 * (ends[-1][1] - ends[-1][0])


def test_the_scale_returns_to_the_networks_own(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother()
    calm.update(1.5 * truth, picture, 0)  # an odd first frame must not rule for ever
    for i in range(1, 400):
        map_ = calm.update(truth, picture, i / RATE)
    assert np.median(map_.values / truth) == pytest.approx(1, abs=0.05)
    assert map_.near == pytest.approx(ends_of(truth)[1], rel=0.1)


def test_the_scale_does_not_shrink_in_noise(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    estimate, calm = network(3, scale=0, noise=0.03), smoother(0.9)
    spreads = [
        np.subtract(*np.percentile(calm.update(estimate(truth), picture, i / RATE).values, (95, 5)))
        for i in range(300)
    ]
    assert spreads[-1] > 0.85 * np.subtract(*np.percentile(truth, (95, 5)))


def test_a_step_in_depth_that_the_picture_shows_is_followed_within_two_frames(
    scene: SyntheticSource,
) -> None:
    before, after = scene.disparity_at(0), scene.disparity_at(4.0)
    moved = after - before > 0.06  # where the balloon is
    estimate, calm = network(4, scale=0), smoother(0.9)
    for i in range(30):
        calm.update(estimate(before), scene.picture(0), i / RATE)
    for i in range(30, 32):
        map_ = calm.update(estimate(after), scene.picture(4.0), i / RATE)
    step = (map_.values[moved] - before[moved]).mean() / (after[moved] - before[moved]).mean()
    assert step > 0.9


def test_a_step_that_the_picture_does_not_show_is_followed_slowly(
    scene: SyntheticSource,
) -> None:
    before, after = scene.disparity_at(0), scene.disparity_at(4.0)
    moved = after - before > 0.06
    calm = smoother()
    calm.update(before, scene.picture(0), 0)
    shares = []
    for i in range(1, 61):
        values = calm.update(after, scene.picture(0), i / RATE).values
        shares.append(float(((values - before)[moved] / (after - before)[moved]).mean()))
    assert shares[2] < 0.4
    assert shares[-1] > 0.85


def test_the_time_constant_does_not_depend_on_the_frame_rate(
    still: tuple[BgrImage, FloatMap],
) -> None:
    picture, truth = still
    bump = truth.copy()
    bump[40:60, 60:90] += 0.1
    results = []
    for rate in (10, 30, 60):
        calm = smoother(0.8)
        calm.update(truth, picture, 0)
        for i in range(1, rate // 2 + 1):
            map_ = calm.update(bump, picture, i / rate)
        results.append(float((map_.values - truth)[45:55, 65:85].mean()))
    assert 0.02 < results[0] < 0.08
    assert results[0] == pytest.approx(results[1], rel=0.1)
    assert results[2] == pytest.approx(results[1], rel=0.1)


def test_leaning_in_does_not_pump_the_span(scene: SyntheticSource) -> None:
    end = math.pi / 0.8  # the person comes from farthest to nearest
    behind = np.s_[:, 70:]  # without the leaves, which are nearer still
    seen = [np.minimum(scene.disparity_at(end * i / 30)[behind], 0.2) for i in range(31)]
    picture = np.ascontiguousarray(scene.picture(0)[behind])
    calm = smoother()
    spans = [calm.update(map_, picture, i / RATE).span for i, map_ in enumerate(seen)]
    far, near = ends_of(seen[-1])
    assert (near - far) / spans[0] > 1.1
    assert max(spans) / min(spans) < 1.05


def test_a_flat_wall_is_not_stretched_to_noise() -> None:
    rng = np.random.default_rng(5)
    wall = (0.1 + rng.normal(0, 0.0005, SIZE[::-1])).astype(np.float32)
    map_ = smoother().update(wall, np.full((128, 256, 3), 120, np.uint8), 0)
    assert map_.span == pytest.approx(0.025, rel=0.1)
    assert map_.far < 0.1 < map_.near


def test_a_scene_cut_starts_anew(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother(0.95)
    for i in range(10):
        calm.update(truth, picture, i / RATE)
    other = np.ascontiguousarray(truth[:, ::-1]) * np.float32(7)
    map_ = calm.update(other, _other_picture(), 10 / RATE)
    assert np.array_equal(map_.values, other)
    assert map_.near == pytest.approx(ends_of(other)[1])


def test_smoothing_0_gives_the_frames_own_map(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm, estimate = smoother(0), network(6)
    for i in range(3):
        raw = estimate(truth)
        map_ = calm.update(raw, picture, i / RATE)
        assert np.array_equal(map_.values, raw)
        assert (map_.far, map_.near) == ends_of(raw)


def test_the_first_map_is_a_photos_final_map(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    map_ = smoother(0.98).update(truth, picture, 12.3)
    assert np.array_equal(map_.values, truth)
    assert (map_.far, map_.near) == ends_of(truth)


def test_invalid_disparity_is_held(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother()
    calm.update(truth, picture, 0)
    holes = truth.copy()
    holes[30:50] = np.nan
    holes[80, 80] = np.inf
    assert calm.update(holes, picture, 0.1).values == pytest.approx(truth, abs=1e-3)
    nothing = np.full_like(truth, np.nan)
    assert calm.update(nothing, picture, 0.2).values == pytest.approx(truth, abs=1e-3)
    assert calm.update(truth, picture, 0.3).values == pytest.approx(truth, abs=1e-3)


def test_invalid_disparity_at_the_start_is_filled(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother()
    nothing = calm.update(np.full_like(truth, np.nan), picture, 0)
    assert np.isfinite(nothing.values).all()
    holes = truth.copy()
    holes[:20] = np.nan
    map_ = calm.update(holes, picture, 0.1)
    assert np.isfinite(map_.values).all()
    assert np.array_equal(map_.values[20:], truth[20:])


def test_the_state_that_goes_in_stays_as_it_was(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    raw, state = truth.copy(), advance(None, truth, picture, 0, 0.6)
    assert state is not None
    kept = {field.name: np.copy(getattr(state, field.name)) for field in fields(SmoothingState)}
    values = [advance(state, 1.1 * raw, picture, 0.1, 0.6) for _ in range(2)]
    assert all(np.array_equal(getattr(state, name), value) for name, value in kept.items())
    assert np.array_equal(raw, truth)
    first, second = values
    assert first is not None
    assert second is not None
    assert np.array_equal(first.values, second.values)


def test_the_returned_map_is_the_callers(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    raw = truth.copy()
    calm = smoother()
    first = calm.update(raw, picture, 0).values
    raw += 1
    calm.update(truth, picture, 0.1)
    assert np.array_equal(first, truth)


def test_a_new_size_or_a_reset_starts_anew(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother(0.98)
    calm.update(truth, picture, 0)
    smaller = 3 * cv2.resize(truth, (100, 70))
    assert np.array_equal(calm.update(smaller, picture, 0.1).values, smaller)
    calm.reset()
    assert np.array_equal(calm.update(5 * smaller, picture, 0.2).values, 5 * smaller)


def test_time_that_stands_still_or_runs_back_does_no_harm(
    still: tuple[BgrImage, FloatMap],
) -> None:
    picture, truth = still
    calm = smoother()
    for time_s in (1.0, 1.0, 0.5):
        map_ = calm.update(truth, picture, time_s)
    assert map_.values == pytest.approx(truth, abs=1e-4)


@pytest.mark.parametrize(
    ("raw", "picture"),
    [
        (np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((4, 4, 1), np.float32), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((4, 4), np.float32), np.zeros((4, 4), np.uint8)),
    ],
)
def test_wrong_types_are_refused(raw: FloatMap, picture: BgrImage) -> None:
    with pytest.raises(ValueError, match="Received"):
        smoother().update(raw, picture, 0)


def test_fit_finds_scale_and_shift_in_spite_of_outliers() -> None:
    rng = np.random.default_rng(7)
    source = rng.uniform(0, 0.3, 2000).astype(np.float32)
    target = 1.3 * source - 0.02 + rng.normal(0, 0.002, 2000).astype(np.float32)
    target[:400] += 0.3
    scale, shift = fit_scale_and_shift(source, target.astype(np.float32), np.ones_like(source))
    assert (scale, shift) == pytest.approx((1.3, -0.02), abs=0.02)


def test_fit_of_noise_to_noise_keeps_the_scale() -> None:
    rng = np.random.default_rng(8)
    source = rng.normal(0.1, 0.01, 4000).astype(np.float32)
    target = rng.normal(0.1, 0.01, 4000).astype(np.float32)
    assert fit_scale_and_shift(source, target, np.ones_like(source))[0] == pytest.approx(1, abs=0.1)


def test_fit_without_anything_to_trust_changes_nothing() -> None:
    source = np.linspace(0, 1, 100, dtype=np.float32)
    assert fit_scale_and_shift(source, 2 * source, np.zeros_like(source)) == (1.0, 0.0)


def test_fit_of_flat_maps_changes_only_the_shift() -> None:
    flat = np.full(100, 0.1, np.float32)
    scale, shift = fit_scale_and_shift(flat, flat + np.float32(0.05), np.ones_like(flat))
    assert scale == pytest.approx(1)
    assert shift == pytest.approx(0.05)


def test_noise_is_no_change_of_the_picture() -> None:
    rng = np.random.default_rng(9)
    before = np.full((64, 128), 100, np.float32)
    after = (before + rng.normal(0, 2, before.shape)).astype(np.float32)
    after[20:40, 50:70] += 60
    changed = picture_change(before, after)
    assert changed[22:38, 52:68].min() == 1
    assert changed[50:].mean() < 0.2


def _other_picture() -> BgrImage:
    rng = np.random.default_rng(10)
    return cv2.resize(rng.integers(0, 256, (8, 16, 3), np.uint8), SIZE)


def test_cuts_are_told_from_movement_exposure_noise_and_pans(scene: SyntheticSource) -> None:
    picture = scene.picture(1.0)
    shown = thumbnail(picture)
    brighter = np.clip(picture.astype(np.float32) * 1.5, 0, 255).astype(np.uint8)
    noisy = cv2.add(picture, np.random.default_rng(11).integers(0, 40, picture.shape, np.uint8))
    panned = np.roll(picture, 20, axis=1)
    moved = scene.picture(3.0)
    for same in (picture, brighter, noisy, panned, moved):
        assert not is_cut(shown, thumbnail(same))
    for different in (_other_picture(), np.ascontiguousarray(picture[::-1]), 255 - picture):
        assert is_cut(shown, thumbnail(different))


def test_a_cut_to_an_even_picture_is_a_cut_and_even_pictures_are_alike() -> None:
    black, grey = (thumbnail(np.full((64, 128, 3), level, np.uint8)) for level in (0, 90))
    assert is_cut(black, thumbnail(_other_picture()))
    assert not is_cut(black, grey)


def test_the_state_can_be_carried_over(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    state = advance(None, truth, picture, 0, 0.6)
    assert state is not None
    later = advance(replace(state, time_s=5.0), truth, picture, 5.1, 0.6)
    assert later is not None
    assert later.time_s == 5.1
    assert later.disparity.values is later.values


def test_smoothing_can_be_changed_in_the_middle(still: tuple[BgrImage, FloatMap]) -> None:
    picture, truth = still
    calm = smoother(0.9)
    calm.update(truth, picture, 0)
    raw = truth + np.float32(0.01) * (np.arange(256, dtype=np.float32) % 2)
    assert not np.allclose(calm.update(raw, picture, 1 / RATE).values, raw, atol=1e-3)
    calm.smoothing = 0.0
    assert np.array_equal(calm.update(raw, picture, 2 / RATE).values, raw)
