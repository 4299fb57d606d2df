import numpy as np
import pytest

from streamdefocus.training.stereo.augmentation import augment, mirror


@pytest.fixture
def views():
    left = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
    return left, np.roll(left, -3, axis=1)


def test_a_mirrored_pair_is_a_pair_again(views):
    left, right = mirror(views)
    # What was at x in the left and x - 3 in the right view is so in the mirror, too.
    np.testing.assert_array_equal(left[:, 8:20], right[:, 5:17])


def test_each_change_is_made_half_of_the_time(views):
    mirrored = recoloured = 0
    for seed in range(400):
        left, right = augment(np.random.default_rng(seed), views)
        # What is seen by both views keeps the same colours in both.
        np.testing.assert_array_equal(left[:, 8:20], right[:, 5:17])
        plain = np.array_equal(left, views[0])
        only_mirrored = np.array_equal(left, mirror(views)[0])
        mirrored += only_mirrored
        recoloured += not (plain or only_mirrored)
    assert 60 < mirrored < 140 and 150 < recoloured < 250
