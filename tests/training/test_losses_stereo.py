"""The paper's losses against slow plain NumPy in float64, one pixel at a time."""

import numpy as np
import pytest
from gradients import differences, values_and_gradients

pytest.importorskip("keras")

from keras import ops

from streamdefocus.training.losses.consistency import left_right_consistency
from streamdefocus.training.losses.deep3d import (
    concentration,
    distribution_smoothness,
    expected_left,
)
from streamdefocus.training.losses.photometric import appearance, ssim
from streamdefocus.training.losses.sampling import (
    left_from_right,
    pyramid,
    right_from_left,
    sample_rows,
)
from streamdefocus.training.losses.smoothness import edge_aware_smoothness

LARGEST = 0.3


def rand(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def distributions(*shape, seed=0):
    logits = 4 * rand(*shape, seed=seed)
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


# --- Plain references -----------------------------------------------------------------------


def plain_pixel(row, x):
    """A row's value between two pixels; pixels beyond the border are zero."""
    low = int(np.floor(x))
    pixel = [row[i] if 0 <= i < len(row) else np.zeros_like(row[0]) for i in (low, low + 1)]
    return (1 - (x - low)) * pixel[0] + (x - low) * pixel[1]


def plain_sample(source, offset):
    result = np.zeros((*offset.shape[:3], source.shape[-1]))
    for b, y, x in np.ndindex(offset.shape[:3]):
        result[b, y, x] = plain_pixel(source[b, y], x + offset[b, y, x, 0] * source.shape[2])
    return result


def plain_ssim(a, b):
    n, height, width, channels = a.shape
    result = np.zeros((n, height - 2, width - 2, channels))
    for i, y, x, c in np.ndindex(result.shape):
        p, q = (v[i, y : y + 3, x : x + 3, c].astype(np.float64) for v in (a, b))
        covariance = ((p - p.mean()) * (q - q.mean())).mean()
        luminance = (2 * p.mean() * q.mean() + 1e-4) / (p.mean() ** 2 + q.mean() ** 2 + 1e-4)
        structure = (2 * covariance + 9e-4) / (p.var() + q.var() + 9e-4)
        result[i, y, x, c] = luminance * structure
    return result


def plain_appearance(a, b, alpha=0.85):
    return alpha * np.mean((1 - plain_ssim(a, b)) / 2) + (1 - alpha) * np.mean(np.abs(a - b))


def plain_smoothness(d, image):
    along = {(0, 1): [], (1, 0): []}
    n, height, width, _ = d.shape
    for (dy, dx), terms in along.items():
        for i, y, x in np.ndindex(n, height - dy, width - dx):
            edge = np.abs(image[i, y + dy, x + dx] - image[i, y, x]).mean()
            terms.append(abs(d[i, y + dy, x + dx, 0] - d[i, y, x, 0]) * np.exp(-edge))
    return sum(np.mean(terms) for terms in along.values())


def plain_consistency(left, right):
    total = 0.0
    for own, other, sign in ((left, right, -1), (right, left, 1)):
        width = own.shape[2]
        total += np.mean(
            [
                abs(own[b, y, x, 0] - plain_pixel(other[b, y], x + sign * width * own[b, y, x, 0]))
                for b, y, x in np.ndindex(own.shape[:3])
            ]
        )
    return total


def plain_expected_left(right, w):
    n, result = w.shape[-1], np.zeros(right.shape)
    for b, y, x in np.ndindex(right.shape[:3]):
        for i in range(n):
            shift = right.shape[2] * LARGEST * i / (n - 1)
            result[b, y, x] += w[b, y, x, i] * plain_pixel(right[b, y], x - shift)
    return result


def plain_concentration(w):
    return np.mean([(w[i].max() - 1) ** 2 for i in np.ndindex(w.shape[:3])])


def plain_distribution_smoothness(w):
    total = 0.0
    n, height, width, _ = w.shape
    for dy, dx in ((0, 1), (1, 0)):
        terms = [
            np.abs(np.cumsum(w[i, y + dy, x + dx]) - np.cumsum(w[i, y, x]))[:-1]
            for i, y, x in np.ndindex(n, height - dy, width - dx)
        ]
        total += np.mean(terms)
    return total


# --- Values and gradients -------------------------------------------------------------------

CASES = {
    "sampling": (
        lambda source, d: ops.mean(ops.square(sample_rows(source, d))),
        lambda source, d: np.mean(plain_sample(source, d) ** 2),
        (rand(1, 3, 7, 2), rand(1, 3, 7, 1, seed=1) * 0.6 - 0.3),
    ),
    "appearance": (
        lambda b: appearance(ops.array(rand(1, 5, 6, 3)), b),
        lambda b: plain_appearance(rand(1, 5, 6, 3), b),
        (rand(1, 5, 6, 3, seed=1),),
    ),
    "smoothness": (
        lambda d: edge_aware_smoothness(d, ops.array(rand(1, 4, 6, 3))),
        lambda d: plain_smoothness(d, rand(1, 4, 6, 3)),
        (rand(1, 4, 6, 1, seed=1),),
    ),
    "consistency": (
        left_right_consistency,
        plain_consistency,
        (LARGEST * rand(1, 3, 9, 1), LARGEST * rand(1, 3, 9, 1, seed=1)),
    ),
    "expected left": (
        lambda w: ops.mean(ops.square(expected_left(ops.array(rand(1, 3, 8, 3)), w, LARGEST))),
        lambda w: np.mean(plain_expected_left(rand(1, 3, 8, 3), w) ** 2),
        (distributions(1, 3, 8, 5),),
    ),
    "concentration": (concentration, plain_concentration, (distributions(1, 3, 4, 5),)),
    "distribution smoothness": (
        distribution_smoothness,
        plain_distribution_smoothness,
        (distributions(1, 3, 4, 5),),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_the_plain_reference(name):
    function, plain, arrays = CASES[name]
    value, gradients = values_and_gradients(function, *arrays)
    assert value == pytest.approx(plain(*arrays), rel=1e-5)
    for index, gradient in enumerate(gradients):
        expected = differences(plain, arrays, index)
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(gradient, expected, atol=1e-4 * np.abs(expected).max())


# --- Sampling -------------------------------------------------------------------------------


def test_no_offset_changes_nothing():
    image = rand(2, 4, 6, 3)
    np.testing.assert_array_equal(
        np.asarray(sample_rows(image, np.zeros((2, 4, 6, 1), "f"))), image
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_views_are_made_in_the_direction_of_a_stereo_pair(channels):
    # A point at column x of the left view lies at column x - 2 of the right one.
    left = rand(1, 3, 8, channels)
    right = np.zeros_like(left)
    right[:, :, :-2] = left[:, :, 2:]
    two = np.full((1, 3, 8, 1), 2 / 8, np.float32)
    np.testing.assert_allclose(np.asarray(left_from_right(right, two))[:, :, 2:], left[:, :, 2:])
    np.testing.assert_allclose(np.asarray(right_from_left(left, two))[:, :, :-2], right[:, :, :-2])


def test_beyond_the_border_all_is_zero_and_within_a_pixel_of_it_values_fade():
    row = np.ones((1, 1, 4, 1), np.float32)
    offsets = np.float32([-0.5, -2.5, 9, 0.25]) / 4
    found = np.asarray(sample_rows(row, offsets.reshape(1, 1, 4, 1))).ravel()
    np.testing.assert_allclose(found, [0.5, 0, 0, 0.75], atol=1e-6)


def test_out_of_the_picture_there_is_no_gradient():
    far = np.full((1, 1, 4, 1), 5, np.float32)
    _, (gradient,) = values_and_gradients(lambda d: ops.sum(sample_rows(ops.ones_like(d), d)), far)
    assert (gradient == 0).all()


def test_a_pyramid_is_the_mean_of_areas():
    image = rand(1, 8, 16, 3)
    for level, found in enumerate(pyramid(ops.array(image), 4)):
        s = 2**level
        expected = image.reshape(1, 8 // s, s, 16 // s, s, 3).mean((2, 4))
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5)


# --- Known answers --------------------------------------------------------------------------


def test_an_image_is_like_itself():
    image = rand(1, 6, 6, 3)
    np.testing.assert_allclose(np.asarray(ssim(image, image)), 1, atol=1e-4)
    assert float(appearance(image, image)) == pytest.approx(0, abs=1e-5)


def test_a_negative_is_unlike_the_image():
    image = rand(1, 6, 6, 3)
    assert float(ops.mean(ssim(image, 1 - image))) < -0.5


def test_without_ssim_appearance_is_the_mean_difference():
    a, b = rand(1, 4, 4, 3), rand(1, 4, 4, 3, seed=1)
    assert float(appearance(a, b, alpha=0)) == pytest.approx(np.abs(a - b).mean(), rel=1e-5)


def shifted_pair(shift_px, width=64):
    """Two views of a wall in front of the camera; the picture is smooth, so that losses slope."""
    scene = rand(1, 8, width + 32, 3, seed=5)
    for _ in range(3):
        scene[:, :, 1:-1] = (scene[:, :, :-2] + scene[:, :, 1:-1] + scene[:, :, 2:]) / 3
    return scene[:, :, :width], scene[:, :, shift_px : width + shift_px]


@pytest.mark.parametrize("view", ["left", "right"])
def test_appearance_is_least_at_the_right_disparity(view):
    left, right = shifted_pair(6)

    def loss(d_px):
        d = np.full((1, 8, 64, 1), d_px / 64, np.float32)
        if view == "left":
            return float(appearance(left, left_from_right(right, d)))
        return float(appearance(right, right_from_left(left, d)))

    assert min(range(-12, 13), key=loss) == 6
    assert loss(5.5) > loss(6) < loss(6.5)


def test_the_gradient_leads_to_the_right_disparity():
    left, right = shifted_pair(6)

    def slope(d_px):
        d = np.full((1, 8, 64, 1), d_px / 64, np.float32)
        made = values_and_gradients(
            lambda d: appearance(ops.array(left), left_from_right(ops.array(right), d)), d
        )
        return made[1][0].sum()

    assert slope(5.4) < 0 < slope(6.6)


def test_a_constant_disparity_is_smooth_and_consistent_but_for_the_border():
    d = np.full((1, 4, 40, 1), 0.1, np.float32)
    assert float(edge_aware_smoothness(d, rand(1, 4, 40, 3))) == 0
    # 4 of 40 columns of each view look beyond the border, where the other view says 0.
    assert float(left_right_consistency(d, d)) == pytest.approx(2 * 0.1 * 4 / 40, rel=1e-5)


def test_a_step_costs_less_at_an_edge_of_the_image():
    d = np.zeros((1, 4, 8, 1), np.float32)
    d[:, :, 4:] = 0.2
    edge = np.repeat((d > 0).astype(np.float32), 3, axis=-1)
    flat, at_edge = (float(edge_aware_smoothness(d, image)) for image in (0 * edge, edge))
    assert flat == pytest.approx(0.2 / 7, rel=1e-5)
    assert at_edge == pytest.approx(flat * np.exp(-1), rel=1e-5)


def test_one_certain_level_samples_like_its_disparity():
    right, d = rand(1, 3, 10, 3), rand(1, 3, 10, seed=1)
    level = np.round(d * 6).astype(int)
    certain = np.eye(7, dtype=np.float32)[level]
    disparity = (LARGEST * level / 6).astype(np.float32)[..., None]
    np.testing.assert_allclose(
        np.asarray(expected_left(ops.array(right), ops.array(certain), LARGEST)),
        np.asarray(left_from_right(right, disparity)),
        atol=1e-5,
    )


def test_certain_and_equal_distributions_cost_nothing():
    certain = np.zeros((1, 3, 3, 5), np.float32)
    certain[..., 2] = 1
    assert float(concentration(certain)) == 0
    assert float(distribution_smoothness(ops.array(certain))) == 0


def test_smoothness_of_certain_distributions_is_that_of_their_disparity():
    level = np.array([[[0, 3, 3, 1]]])
    certain = np.eye(5, dtype=np.float32)[level]
    certain = np.repeat(certain, 2, axis=1)
    found = float(distribution_smoothness(ops.array(certain)))
    assert found == pytest.approx(np.abs(np.diff(level)).mean() / 4)
