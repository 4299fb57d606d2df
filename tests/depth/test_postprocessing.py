import numpy as np
import pytest

from streamdefocus.depth.postprocessing import combine_mirrored, depth_from_disparity


def flat(value, width=101):
    return np.full((2, width), value, np.float32)


def test_the_left_comes_from_the_mirrored_the_right_from_the_direct_disparity():
    # 101 columns: column j lies at j %. Mirrored 1, direct 0: the result is the weight.
    weight = combine_mirrored(flat(0), flat(1))[0]
    np.testing.assert_allclose(weight[:6], 1)
    np.testing.assert_allclose(weight[-6:], 0, atol=1e-6)
    np.testing.assert_allclose(weight[10:91], 0.5, atol=1e-6)
    np.testing.assert_allclose(weight[7], 0.8, rtol=1e-5)  # two fifths of the way to 1/2


def test_what_both_say_stays():
    values = np.random.default_rng(0).random((3, 64), np.float32)
    combined = combine_mirrored(values, values)
    assert combined.dtype == np.float32
    np.testing.assert_allclose(combined, values, rtol=1e-6)


def test_depth_is_focal_length_times_baseline_over_disparity():
    # KITTI: 721.5377 px x 0.54 m / (1242 px x 0.05) = 6.2742 m.
    depth_m = depth_from_disparity(flat(0.05, 1242), 721.5377, 0.54)
    assert depth_m.dtype == np.float32
    assert depth_m[0, 0] == pytest.approx(6.27424, rel=1e-5)


def test_no_disparity_is_as_far_as_can_be_and_depth_is_never_zero():
    disparity = np.array([[0, -0.1, 1e9, 0.5]], np.float32)
    capped = depth_from_disparity(disparity, 4, 1, farthest_m=80)
    np.testing.assert_allclose(capped, [[80, 80, 0.001, 2]])
    assert np.isinf(depth_from_disparity(disparity, 4, 1)[0, 0])
