"""Which part of a picture has to be worked on."""

from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.grid import make_grid, window_around
from streamdefocus.frames import DisparityMap, FocusPlane


@pytest.mark.parametrize("size", [(1280, 720), (1001, 563), (480, 854), (200, 120)])
def test_a_window_has_room_for_the_blur_around_its_pixels(size: tuple[int, int]) -> None:
    grid = make_grid(size, 20.0)
    mask = np.zeros(grid.fine[::-1], np.uint8)
    y, x = grid.fine[1] // 2, grid.fine[0] // 3
    mask[y, x] = 1
    window = window_around(mask, grid)
    assert window is not None
    fine = grid.fine[0] / grid.work[0]
    room = 20.0 / grid.scale
    for part, place, length in (
        (window.rows, y / fine, grid.work[1]),
        (window.columns, x / fine, grid.work[0]),
    ):
        assert 0 <= part.start <= max(0, place - room)
        assert min(length, place + room) <= part.stop <= length
    rows, columns = window.at(size, grid)
    assert rows.start <= window.rows.start * grid.scale + 1
    assert columns.stop >= min(size[0], window.columns.stop * grid.scale - 1)
    assert columns.stop <= size[0]
    assert rows.stop <= size[1]


def test_nothing_needs_no_window() -> None:
    grid = make_grid((640, 360), 20.0)
    assert window_around(np.zeros(grid.fine[::-1], np.uint8), grid) is None


def test_a_small_front_looks_the_same_as_one_among_others() -> None:
    image = np.random.default_rng(0).integers(0, 256, (361, 643, 3), np.uint8)
    values = np.full((361, 643), 0.1, np.float32)
    values[40:70, 50:90] = 0.3
    both = values.copy()
    both[300:320, 560:600] = 0.3  # makes the window the whole picture
    renderer = create_renderer(DefocusOptions(blur=3))
    one, two = (
        renderer.render(image, DisparityMap(v, 0.1, 0.3), FocusPlane(0.1)).astype(int)
        for v in (values, both)
    )
    assert np.abs(one - two)[:200, :300].max() <= 3
    np.testing.assert_array_equal(one[200:, 300:], image[200:, 300:])
    assert np.abs(one - image)[30:80, 40:100].mean() > 20
