import numpy as np
import pytest

from streamdefocus.errors import InputError
from streamdefocus.training.synthetic.warping import disparity_beside, sharpened, warp


def photo(rng, height=24, width=64):
    return rng.integers(0, 255, (height, width, 3), np.uint8)


def test_a_plane_moves_as_a_whole():
    right = disparity_beside(np.full((4, 32), 5, np.float32))
    np.testing.assert_array_equal(right[:, :27], 5)
    np.testing.assert_array_equal(right[:, 27:], 0)


def test_the_nearer_surface_hides_and_uncovers():
    left = np.full((3, 64), 4, np.float32)
    left[:, 30:40] = 10
    right = disparity_beside(left)
    np.testing.assert_array_equal(right[:, 20:30], 10)  # 30..39 moved by 10
    np.testing.assert_array_equal(right[:, :20], 4)
    np.testing.assert_array_equal(right[:, 31:36], 0)  # nothing is known behind it
    np.testing.assert_array_equal(right[:, 37:59], 4)


@pytest.mark.parametrize("slope", [-0.9, -0.3, 0.3, 0.6])
def test_slanted_surfaces_have_no_cracks_and_keep_their_disparity(slope):
    x = np.arange(64, dtype=np.float32)
    left = np.broadcast_to(30 + slope * x, (3, 64)).astype(np.float32)
    right = disparity_beside(left)
    known = np.flatnonzero(right[0] > 0)
    inside = known[1:-1]
    assert (np.diff(known) == 1).all()
    # The plane d = a + b x of the left view is d = (a + b x) / (1 - b) in the right one.
    np.testing.assert_allclose(
        right[0, inside], (30 + slope * x[inside]) / (1 - slope), atol=0.6 * abs(slope)
    )
    middle = inside[2:-2]
    np.testing.assert_allclose(right[0, middle], (30 + slope * x[middle]) / (1 - slope), rtol=1e-4)


def test_the_right_view_shows_the_photo_where_it_is_known(rng_seed=3):
    rng = np.random.default_rng(rng_seed)
    picture = photo(rng)
    disparity = np.zeros(picture.shape[:2], np.float32)
    disparity[6:18, 20:40] = 1
    fill = np.full_like(picture, 7)
    pair = warp(picture, disparity, rng, fill)
    known = pair.disparity_right > 0
    rows, columns = np.nonzero(known)
    at = columns + pair.disparity_right[known]
    low = np.clip(np.floor(at).astype(int), 0, 63)
    high = np.clip(low + 1, 0, 63)
    share = (at - low)[:, None]
    expected = picture[rows, low] * (1 - share) + picture[rows, high] * share
    # OpenCV samples in steps of a 32nd of a pixel.
    assert np.abs(pair.right[known] - expected).max() < 10
    assert (pair.right[~known] == 7).all()
    assert 0 < (~known).mean() < 0.4
    np.testing.assert_array_equal(pair.left, picture)


def test_without_a_filling_the_background_goes_on():
    picture = np.full((24, 64, 3), 50, np.uint8)
    picture[:, 20:40] = 200
    disparity = np.zeros((24, 64), np.float32)
    disparity[:, 20:40] = 1
    pair = warp(picture, disparity, np.random.default_rng(0))
    holes = pair.disparity_right == 0
    assert holes.any()
    assert (pair.right[holes] == 50).all()


def test_soft_edges_become_hard():
    soft = np.repeat([[0.2] * 10 + [0.35, 0.5, 0.65] + [0.8] * 10], 5, axis=0).astype(np.float32)
    hard = sharpened(soft)
    assert set(np.unique(hard)) <= {np.float32(0.2), np.float32(0.8)}
    slope = np.broadcast_to(np.linspace(0, 1, 60, dtype=np.float32), (5, 60)).copy()
    np.testing.assert_array_equal(sharpened(slope), slope)


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.2])
def test_only_relative_disparity_is_taken(value):
    disparity = np.full((8, 8), value, np.float32)
    with pytest.raises(InputError, match="Received"):
        warp(np.zeros((8, 8, 3), np.uint8), disparity, np.random.default_rng(0))
