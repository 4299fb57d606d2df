from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.depth.preprocessing import network_size, to_network_input


@pytest.mark.parametrize(
    ("frame_px", "expected"),
    [((1280, 720), (512, 256)), ((640, 640), (512, 256)), ((1080, 1920), (256, 512))],
)
def test_upright_frames_get_an_upright_input(
    frame_px: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert network_size(frame_px, (512, 256)) == expected


@pytest.mark.parametrize("frame_px", [(16, 8), (10, 5), (20, 10)])
def test_shrinking_averages_over_areas(frame_px: tuple[int, int]) -> None:
    width, height = frame_px
    stripes = np.zeros((height, width, 3), np.uint8)
    stripes[:, ::2] = 200
    small = to_network_input(stripes, (4, 2))
    assert small.shape == (2, 4, 3)
    np.testing.assert_allclose(small, 100, atol=1)


def test_enlarging_interpolates_and_the_same_size_is_a_view() -> None:
    small = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert to_network_input(small, (8, 4)).shape == (4, 8, 3)
    assert to_network_input(small, (4, 2)) is small


def test_both_views_of_a_pair_are_resized() -> None:
    pair = np.random.default_rng(0).integers(0, 256, (8, 16, 6), np.uint8)
    small = to_network_input(pair, (8, 4))
    np.testing.assert_array_equal(small[..., :3], to_network_input(pair[..., :3].copy(), (8, 4)))
    np.testing.assert_array_equal(small[..., 3:], to_network_input(pair[..., 3:].copy(), (8, 4)))
