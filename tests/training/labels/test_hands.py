import cv2
import numpy as np
import pytest

from streamdefocus.training.labels.hands import hold_up


@pytest.mark.parametrize("size", [(64, 128), (128, 64)])
def test_a_hand_is_nearer_than_all_it_hides(size):
    rng = np.random.default_rng(0)
    height, width = size
    grey = np.full((height, width, 3), 128, np.uint8)
    slope = np.broadcast_to(np.linspace(0, 1, height, dtype=np.float32)[:, None], size).copy()
    slope[:, : width // 8] = -1
    seen = 0
    for _ in range(20):
        picture, disparity = hold_up(rng, (grey, slope), stretch=1.3)
        assert picture.shape == grey.shape and picture.dtype == np.uint8
        assert disparity.shape == size and disparity.dtype == np.float32
        lower = np.s_[height // 8 :, width // 8 :]
        moved_back = (disparity[lower] / slope[lower]).min()  # what is not the hand
        hand = disparity > moved_back * slope + 0.02
        hand[:, : width // 8] = disparity[:, : width // 8] >= 0
        seen += hand.any()
        touched = cv2.dilate(hand.astype(np.uint8), np.ones((11, 11)))  # its soft edge
        assert (picture[touched == 0] == 128).all()
        hidden = moved_back * slope[hand & (slope >= 0)]
        if hidden.size:
            assert disparity[hand].min() > np.quantile(hidden, 0.95)
    assert seen >= 15
    assert (grey == 128).all() and slope.max() == 1  # the scene is not changed


def test_the_same_generator_draws_the_same_hand():
    scene = np.zeros((64, 128, 3), np.uint8), np.zeros((64, 128), np.float32)
    first, again = (hold_up(np.random.default_rng(5), scene, 1.3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert first[0].any()
