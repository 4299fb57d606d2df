import numpy as np
import pytest

from streamdefocus.depth.uncertainty import augment_colours, disparity_uncertainty

GREY = np.full((4, 6, 3), 128, np.uint8)


def test_augmentations_are_within_the_papers_ranges():
    rng = np.random.default_rng(0)
    values = np.array([augment_colours(rng, GREY)[0, 0] for _ in range(400)]) / 255
    # (128 / 255) ** gamma x brightness x channel, at the ends of all three ranges.
    assert values.min() >= 0.502**1.2 * 0.5 * 0.8 - 0.01
    assert values.max() <= min(1, 0.502**0.8 * 2 * 1.2)
    assert values.min() < 0.2 and values.max() > 0.95
    assert (np.ptp(values, axis=1) > 0).any()  # channels differ
    assert augment_colours(rng, np.zeros_like(GREY)).max() == 0


def test_the_uncertainty_is_the_standard_deviation_over_the_copies():
    def infer(bgr):
        return bgr[..., 1].astype(np.float32) / 255

    rng = np.random.default_rng(7)
    expected = np.std([infer(augment_colours(rng, GREY)) for _ in range(10)], axis=0)
    found = disparity_uncertainty(infer, GREY, count=10, seed=7)
    assert found.dtype == np.float32
    assert found.shape == (4, 6)
    assert expected[0, 0] > 0.05
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_network_that_does_not_care_for_colours_is_certain():
    sure = disparity_uncertainty(lambda _: np.full((2, 3), 0.1, np.float32), GREY, count=5)
    assert sure == pytest.approx(np.zeros((2, 3)), abs=1e-9)
