import numpy as np

from streamdefocus.depth.recolouring import recolour

GREY = np.full((4, 6, 3), 128, np.uint8)


def test_colours_are_within_the_papers_ranges():
    rng = np.random.default_rng(0)
    values = np.array([recolour(rng, GREY)[0][0, 0] for _ in range(400)]) / 255
    # (128 / 255) ** gamma x brightness x channel, at the ends of all three ranges.
    assert values.min() >= 0.502**1.2 * 0.5 * 0.8 - 0.01
    assert values.max() <= min(1, 0.502**0.8 * 2 * 1.2)
    assert values.min() < 0.2 and values.max() > 0.95
    assert (np.ptp(values, axis=1) > 0).any()  # channels differ
    assert recolour(rng, np.zeros_like(GREY))[0].max() == 0


def test_pictures_of_one_call_are_recoloured_alike():
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    left, right = recolour(np.random.default_rng(1), picture, picture[:, ::-1])
    np.testing.assert_array_equal(left, right[:, ::-1])
    assert (left != picture).any()
