import numpy as np
import pytest

from streamdefocus.training.stereo.augmentation import augment, mirror, recolour


@pytest.fixture
def views():
    left = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
    return left, np.roll(left, -3, axis=1)


def test_a_mirrored_pair_is_a_pair_again(views):
    left, right = mirror(views)
    # What was at x in the left and x - 3 in the right view is so in the mirror, too.
    np.testing.assert_array_equal(left[:, 8:20], right[:, 5:17])


def test_both_views_get_the_same_colours(views):
    rng = np.random.default_rng(1)
    left, right = recolour(rng, views)
    np.testing.assert_array_equal(np.roll(left, -3, axis=1), right)
    assert not np.array_equal(left, views[0])


def test_colours_stay_within_the_papers_ranges():
    grey = np.full((1, 1, 3), 100, np.uint8)
    found = np.array(
        [recolour(np.random.default_rng(i), (grey, grey))[0][0, 0] for i in range(400)]
    )
    level = 100 / 255
    assert found.min() >= 255 * level**1.2 * 0.5 * 0.8 - 1
    assert found.max() <= 255 * min(level**0.8 * 2.0 * 1.2, 1) + 1
    assert np.ptp(found[:, 0] / found[:, 2]) > 0.5  # channels change apart from each other


def test_each_change_is_made_half_of_the_time(views):
    mirrored = recoloured = 0
    for seed in range(400):
        left, _ = augment(np.random.default_rng(seed), views)
        plain = np.array_equal(left, views[0])
        only_mirrored = np.array_equal(left, mirror(views)[0])
        mirrored += only_mirrored
        recoloured += not (plain or only_mirrored)
    assert 60 < mirrored < 140 and 150 < recoloured < 250
