import numpy as np
import pytest

from streamdefocus.depth.recolouring import recolour
from streamdefocus.depth.uncertainty import disparity_uncertainty

GREY = np.full((4, 6, 3), 128, np.uint8)


def test_the_uncertainty_is_the_standard_deviation_over_the_copies():
    def infer(bgr):
        return bgr[..., 1].astype(np.float32) / 255

    rng = np.random.default_rng(7)
    expected = np.std([infer(*recolour(rng, GREY)) for _ in range(10)], axis=0)
    found = disparity_uncertainty(infer, GREY, count=10, seed=7)
    assert found.dtype == np.float32
    assert found.shape == (4, 6)
    assert expected[0, 0] > 0.05
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_network_that_does_not_care_for_colours_is_certain():
    sure = disparity_uncertainty(lambda _: np.full((2, 3), 0.1, np.float32), GREY, count=5)
    assert sure == pytest.approx(np.zeros((2, 3)), abs=1e-9)
