"""Losses against slow plain NumPy, one picture and one pixel at a time."""

import numpy as np
import pytest
from gradients import differences, values_and_gradients

pytest.importorskip("keras")

from keras import ops

from streamdefocus.training.losses.invariant import (
    MIN_SPREAD,
    gradient_loss,
    masked_mean,
    masked_quantile,
    normalised,
    scale_shift_invariant,
    trimmed_mae,
)


@pytest.fixture
def maps():
    rng = np.random.default_rng(3)
    disparity = rng.random((3, 12, 10, 1), dtype=np.float32)
    target = rng.random((3, 12, 10, 1), dtype=np.float32)
    mask = (rng.random((3, 12, 10, 1)) < 0.7).astype(np.float32)
    return disparity, target, mask


def lower_median(values):
    return np.sort(values)[(len(values) - 1) // 2]


def offsets(disparity, mask):
    """Of the medians from the means."""
    known = [d[m > 0] for d, m in zip(disparity, mask, strict=True)]
    return [lower_median(values) - values.mean() for values in known]


def plain_normalised(disparity, mask, fixed=None):
    """With fixed offsets if they are given: the median moves with the mean."""
    result = np.empty_like(disparity)
    for i, offset in enumerate(fixed or offsets(disparity, mask)):
        known = disparity[i][mask[i] > 0]
        centre = known.mean() + offset
        spread = max(np.abs(known - centre).mean(), MIN_SPREAD)
        result[i] = (disparity[i] - centre) / spread
    return result


def plain_trimmed(residual, mask, trim):
    means = []
    for r, m in zip(residual, mask, strict=True):
        sizes = np.sort(np.abs(r[m > 0]))
        keep = int(np.floor((1 - trim) * (len(sizes) - 1))) + 1
        means.append(sizes[:keep].mean())
    return np.mean(means)


def plain_gradient(residual, mask, scales):
    total = 0.0
    for scale in range(scales):
        step = 2**scale
        coarse = residual[:, ::step, ::step, 0], mask[:, ::step, ::step, 0]
        for r, m in zip(*coarse, strict=True):
            for dy, dx in ((0, 1), (1, 0)):
                steps = [
                    abs(r[y + dy, x + dx] - r[y, x])
                    for y in range(r.shape[0] - dy)
                    for x in range(r.shape[1] - dx)
                    if m[y, x] and m[y + dy, x + dx]
                ]
                total += np.mean(steps) / len(residual) if steps else 0
    return total / scales


def test_normalised_has_median_zero_and_deviation_one(maps):
    disparity, _, mask = maps
    found = np.asarray(normalised(ops.array(disparity), ops.array(mask)))
    np.testing.assert_allclose(found, plain_normalised(disparity, mask), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("quantile", [0.0, 0.3, 0.5, 1.0])
def test_masked_quantile_looks_at_known_pixels_only(maps, quantile):
    disparity, _, mask = maps
    found = np.asarray(masked_quantile(ops.array(disparity), ops.array(mask), quantile))
    for i in range(3):
        known = np.sort(disparity[i][mask[i] > 0])
        assert found[i, 0, 0, 0] == known[int(np.floor(quantile * (len(known) - 1)))]


@pytest.mark.parametrize("trim", [0.0, 0.2])
def test_trimmed_mae_leaves_out_the_largest(maps, trim):
    disparity, target, mask = maps
    residual = disparity - target
    found = float(trimmed_mae(ops.array(residual), ops.array(mask), trim))
    assert found == pytest.approx(plain_trimmed(residual, mask, trim), rel=1e-5)


def test_gradient_loss_counts_steps_between_known_pixels(maps):
    disparity, target, mask = maps
    found = float(gradient_loss(ops.array(disparity - target), ops.array(mask), scales=3))
    assert found == pytest.approx(plain_gradient(disparity - target, mask, 3), rel=1e-5)


def test_the_whole_loss_is_the_sum_of_its_parts(maps):
    disparity, target, mask = maps
    found = float(scale_shift_invariant(*map(ops.array, maps), trim=0.2, gradient_weight=0.5))
    residual = plain_normalised(disparity, mask) - plain_normalised(target, mask)
    expected = plain_trimmed(residual, mask, 0.2) + 0.5 * plain_gradient(residual, mask, 4)
    assert found == pytest.approx(expected, rel=1e-4)


def test_scale_and_shift_do_not_matter(maps):
    disparity, _, mask = maps
    loss = scale_shift_invariant(
        ops.array(disparity), ops.array(5 * disparity + 2), ops.array(mask)
    )
    assert float(loss) == pytest.approx(0, abs=1e-4)


def test_unknown_pixels_do_not_matter(maps):
    disparity, target, mask = maps
    other = np.where(mask > 0, target, 1e6).astype(np.float32)
    first = scale_shift_invariant(ops.array(disparity), ops.array(target), ops.array(mask))
    second = scale_shift_invariant(ops.array(disparity), ops.array(other), ops.array(mask))
    assert float(first) == pytest.approx(float(second), rel=1e-6)


def test_a_picture_without_truth_costs_nothing():
    zeros = ops.zeros((2, 8, 8, 1))
    assert float(scale_shift_invariant(zeros + 0.3, zeros, zeros)) == 0
    assert float(ops.sum(masked_mean(zeros + 0.3, zeros))) == 0


def plain_loss(disparity, target, mask, trim, fixed=None):
    residual = plain_normalised(disparity, mask, fixed) - plain_normalised(target, mask)
    return plain_trimmed(residual, mask, trim) + 0.5 * plain_gradient(residual, mask, 4)


GRADIENTS = {
    "normalised": (
        lambda d, t, m: ops.sum(ops.square(normalised(d, m) - t) * m),
        lambda d, t, m, fixed: np.sum((plain_normalised(d, m, fixed) - t) ** 2 * m),
    ),
    "trimmed": (
        lambda d, t, m: trimmed_mae(d - t, m, 0.2),
        lambda d, t, m, _: plain_trimmed(d - t, m, 0.2),
    ),
    "gradient": (
        lambda d, t, m: gradient_loss(d - t, m, 3),
        lambda d, t, m, _: plain_gradient(d - t, m, 3),
    ),
    "scale and shift invariant": (
        lambda d, t, m: scale_shift_invariant(d, t, m, trim=0.2),
        lambda d, t, m, fixed: plain_loss(d, t, m, 0.2, fixed),
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_the_plain_reference(name, maps):
    function, plain = GRADIENTS[name]
    disparity, target, mask = (part[:2, :6, :8] for part in maps)
    fixed = offsets(disparity.astype(np.float64), mask)
    target, mask = target.astype(np.float64), mask.astype(np.float64)
    value, (gradient,) = values_and_gradients(
        lambda d: function(d, ops.array(target, "float32"), ops.array(mask, "float32")), disparity
    )
    assert value == pytest.approx(
        plain(disparity.astype(np.float64), target, mask, fixed), rel=1e-4
    )
    expected = differences(lambda d: plain(d, target, mask, fixed), [disparity])
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradient, expected, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("case", ["usual", "flat", "no truth", "perfect"])
def test_gradients_are_finite(maps, case):
    tf = pytest.importorskip("tensorflow")
    disparity, target, mask = maps
    disparity = {"flat": np.full_like(disparity, 0.15), "perfect": target}.get(case, disparity)
    mask = np.zeros_like(mask) if case == "no truth" else mask
    variable = tf.Variable(disparity)
    with tf.GradientTape() as tape:
        loss = scale_shift_invariant(variable, ops.array(target), ops.array(mask), trim=0.2)
    gradient = np.asarray(tape.gradient(loss, variable))
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).max() > 0) == (case in ("usual", "flat"))


def test_the_loss_pulls_no_disparity_up_or_down_as_a_whole(maps):
    disparity, target, mask = maps
    _, (gradient,) = values_and_gradients(
        lambda d: scale_shift_invariant(d, ops.array(target), ops.array(mask)), disparity
    )
    pull = np.asarray(gradient).sum(axis=(1, 2, 3))
    assert np.abs(pull).max() < 1e-4 * np.abs(gradient).sum()


def test_a_stride_for_the_median_changes_little():
    rng = np.random.default_rng(0)
    smooth = np.cumsum(rng.random((1, 64, 64, 1), dtype=np.float32), axis=1)
    mask = np.ones_like(smooth)
    exact = np.asarray(normalised(ops.array(smooth), ops.array(mask)))
    quick = np.asarray(normalised(ops.array(smooth), ops.array(mask), stride=4))
    assert np.abs(exact - quick).max() < 0.2
