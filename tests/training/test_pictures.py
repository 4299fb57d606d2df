import numpy as np
import pytest

from streamdefocus.training.pictures import Window, at_most, cut, cut_label, random_window


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (30, 200)])
def test_windows_lie_inside_and_have_a_cameras_shape(size):
    rng = np.random.default_rng(0)
    for _ in range(50):
        window = random_window(rng, size, (1.2, 2.1), 0.5)
        assert 0 <= window.top < window.bottom <= size[0]
        assert 0 <= window.left < window.right <= size[1]
        assert 1.1 < window.aspect < 2.3


def test_picture_and_smaller_label_are_cut_alike():
    label = np.tile(np.arange(32, dtype=np.float32), (24, 1)) / 31
    photo = np.repeat(np.repeat((label * 255).astype(np.uint8), 2, 0), 2, 1)
    photo = np.stack([photo] * 3, -1)
    window = Window(8, 40, 16, 48)
    found = cut(photo, window, (64, 64))[..., 0] / 255
    np.testing.assert_allclose(cut_label(label, window, (48, 64), (64, 64)), found, atol=0.03)


def test_unknown_is_not_mixed_with_disparity():
    label = np.full((24, 32), 0.8, np.float32)
    label[:, 16:] = -1
    found = cut_label(label, Window(0, 24, 0, 32), (24, 32), (100, 50))
    assert set(np.unique(found)) == {np.float32(0.8), np.float32(-1)}


def test_only_what_is_larger_is_shrunk():
    assert at_most(np.zeros((48, 64, 3), np.uint8), 64).shape == (48, 64, 3)
    assert at_most(np.zeros((48, 64, 3), np.uint8), 32).shape == (24, 32, 3)
