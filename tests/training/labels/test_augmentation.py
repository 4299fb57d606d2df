import numpy as np
import pytest

from streamdefocus.training.labels.augmentation import degrade, recolour


def picture():
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("change", [recolour, degrade])
def test_the_same_generator_gives_the_same_picture(change):
    for seed in range(12):
        first = change(np.random.default_rng(seed), picture())
        again = change(np.random.default_rng(seed), picture())
        assert first.shape == (48, 64, 3) and first.dtype == np.uint8
        assert np.array_equal(first, again)
