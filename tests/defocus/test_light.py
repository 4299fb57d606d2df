from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.defocus.fill import fill_behind, push_pull
from streamdefocus.defocus.layers import add_behind, layer_radii, make_stack, radius_index
from streamdefocus.defocus.light import (
    LIGHT_OF_VALUE,
    LIGHT_STEPS,
    VALUE_OF_LIGHT,
    encode,
    highlight_gain,
    shrunk_light,
)
from streamdefocus.defocus.scratch import Scratch


def test_every_value_survives_the_way_to_light_and_back() -> None:
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(VALUE_OF_LIGHT[LIGHT_OF_VALUE[values]], values)
    light = np.tile(LIGHT_OF_VALUE[values] / np.float32(LIGHT_STEPS), 3).reshape(3, 16, 16)
    result = encode(light.astype(np.float32))
    assert result.shape == (16, 16, 3)
    np.testing.assert_array_equal(result[..., 0].ravel(), values)


def test_light_is_the_srgb_curve() -> None:
    # IEC 61966-2-1: 128/255 is 21.586 % of white, 10/255 lies on the linear part.
    assert LIGHT_OF_VALUE[[0, 10, 128, 255]] / LIGHT_STEPS == pytest.approx(
        [0, 10 / 255 / 12.92, 0.21586, 1], abs=2e-5
    )


def test_encoding_clips() -> None:
    light = np.array([-1, 0.5, 7], np.float32).reshape(3, 1, 1)
    np.testing.assert_array_equal(encode(light), [[[0, 188, 255]]])


def test_shrinking_averages_light_not_values() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0] = 255
    assert shrunk_light(image, (1, 1), Scratch())[0, 0] == pytest.approx(LIGHT_STEPS / 2, abs=1)


def gain_of(image: np.ndarray) -> np.ndarray | None:
    return highlight_gain(image, (image.shape[1], image.shape[0]), 21, 4.0, Scratch())


def test_only_small_clipped_lights_gain() -> None:
    image = np.full((60, 80, 3), 100, np.uint8)
    assert gain_of(image) is None
    image[30:33, 40:43] = 255
    gain = gain_of(image)
    assert gain is not None
    assert gain[31, 41] > 4
    assert gain[31, 38] == 1
    image[:, 40:] = 255
    gain = gain_of(image)
    assert gain is not None
    np.testing.assert_allclose(gain, 1)


def test_pale_stripes_and_sharpened_rims_are_no_lamps() -> None:
    image = np.full((60, 80, 3), 100, np.uint8)
    image[30:33] = 245
    assert gain_of(image) is None


def test_grey_near_white_is_no_lamp_on_a_white_wall() -> None:
    image = np.full((60, 80, 3), 252, np.uint8)
    gain = gain_of(image)
    assert gain is not None
    np.testing.assert_allclose(gain, 1)


def test_holes_are_filled_from_around_them_and_the_known_is_kept() -> None:
    known = np.full((64, 64, 2), 0.6, np.float32)
    coverage = np.ones((64, 64), np.float32)
    known[28:36, 28:36] = 0
    coverage[28:36, 28:36] = 1e-6
    filled = push_pull(known, coverage, 8)
    np.testing.assert_allclose(filled, 0.6, atol=0.01)
    coverage[:] = 1
    np.testing.assert_allclose(push_pull(known, coverage, 8), known, atol=1e-6)


def test_layers_continue_under_the_front() -> None:
    light = np.full((3, 64, 64), 0.3, np.float32)
    light[:, 24:40, 24:40] = 0.9
    front = np.zeros((64, 64), np.float32)
    front[24:40, 24:40] = 1
    layer = np.stack([*light, np.ones_like(front)]) * (1 - front)
    full = fill_behind(light, front, [layer], (64, 64), 6, Scratch())
    assert full.shape == (3, 64, 64)
    np.testing.assert_allclose(full[:, 26, 26], 0.3, atol=0.05)
    np.testing.assert_allclose(layer[:, 26, 26], [0.3, 0.3, 0.3, 1], atol=0.05)


def test_radii_grow_by_the_ratio_and_end_at_the_largest() -> None:
    assert layer_radii(6.0, 25.6, 1.65) == pytest.approx((6.0, 9.73, 15.78, 25.6), abs=0.01)
    assert layer_radii(6.0, 3.0, 1.65) == (3.0,)
    radii = layer_radii(1.5, 400.0, 2.1)
    ratios = np.divide(radii[1:], radii[:-1])
    assert ratios.max() <= 2.1 + 1e-9


def test_weights_of_a_side_sum_to_one_beyond_its_first_layer() -> None:
    stack = make_stack((6.0, 10.0, 20.0), 20.0, -1)
    radius = np.array([[-20, -15, -10, -6, -3, 0, 3, 20]], np.float32)
    index = radius_index(radius, 20.0)
    total = cv2.LUT(index, stack.coverage)
    np.testing.assert_allclose(total, [[1, 1, 1, 1, 0.5, 0, 0, 0]], atol=0.02)
    assert cv2.LUT(index, stack.weights[1])[0, 1] == pytest.approx(0.5, abs=0.02)
    assert stack.used(0.0) == []
    assert stack.used(6.5) == [0, 1]


def test_layers_behind_only_get_the_room_that_is_left() -> None:
    def pixel(*numbers: float) -> np.ndarray:
        return np.array(numbers, np.float32).reshape(4, 1, 1)

    total = pixel(0.3, 0, 0, 0.6)
    add_behind(total, pixel(0, 0.8, 0, 0.8))
    np.testing.assert_allclose(total, pixel(0.3, 0.4, 0, 1), atol=1e-5)
    add_behind(total, pixel(0, 0, 1, 1))
    np.testing.assert_allclose(total, pixel(0.3, 0.4, 0, 1), atol=1e-5)
