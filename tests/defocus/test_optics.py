from __future__ import annotations

import numpy as np
import pytest

from streamdefocus.defocus.optics import (
    cautious,
    distance_from_focus,
    largest_radius_px,
    signed_radius_px,
)
from streamdefocus.frames import DisparityMap, FocusPlane


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_blur_is_a_share_of_the_width() -> None:
    assert largest_radius_px(2.0, 1280) == pytest.approx(25.6)


def test_radius_is_linear_in_disparity_and_positive_in_front() -> None:
    radius = signed_radius_px(row(0.1, 0.15, 0.2, 0.3), FocusPlane(0.2), 0.2, 10.0)
    np.testing.assert_allclose(radius, row(-5, -2.5, 0, 5), atol=1e-5)


def test_focus_range_is_subtracted_so_that_blur_starts_at_zero() -> None:
    focus = FocusPlane(0.2, half_range=0.05)
    radius = signed_radius_px(row(0.1, 0.1499, 0.17, 0.25, 0.2501, 0.35), focus, 0.2, 10.0)
    np.testing.assert_allclose(radius, row(-2.5, -0.005, 0, 0, 0.005, 5), atol=1e-5)


def test_radius_never_exceeds_the_largest() -> None:
    radius = signed_radius_px(row(-5, 5), FocusPlane(0.2), 0.2, 10.0)
    np.testing.assert_array_equal(radius, row(-10, 10))


def test_disparity_is_not_written_to() -> None:
    disparity = row(0.1, 0.3)
    signed_radius_px(disparity, FocusPlane(0.2, 0.01), 0.2, 10.0)
    distance_from_focus(disparity, FocusPlane(0.2, 0.01), 0.1, 0.3)
    np.testing.assert_array_equal(disparity, row(0.1, 0.3))


def test_report_normalises_to_one_at_the_farthest_end() -> None:
    distance = distance_from_focus(row(0.0, 0.1, 0.15, 0.3, 0.4), FocusPlane(0.1), 0.0, 0.3)
    np.testing.assert_allclose(distance, row(0.5, 0, 0.25, 1, 1), atol=1e-6)


def test_report_normalisation_respects_the_focus_range() -> None:
    distance = distance_from_focus(row(0.1, 0.2, 0.25, 0.3), FocusPlane(0.1, 0.1), 0.0, 0.3)
    np.testing.assert_allclose(distance, row(0, 0, 0.5, 1), atol=1e-6)


def test_report_normalisation_of_a_scene_inside_the_range_is_zero() -> None:
    distance = distance_from_focus(row(0.0, 0.3), FocusPlane(0.15, 0.2), 0.0, 0.3)
    np.testing.assert_array_equal(distance, row(0, 0))


def test_without_foreground_only_what_is_behind_has_a_radius() -> None:
    radius = signed_radius_px(row(0.1, 0.2, 0.3), FocusPlane(0.2), 0.2, 10.0, foreground=False)
    np.testing.assert_allclose(radius, row(-5, 0, 0), atol=1e-5)
    distance = distance_from_focus(row(0.0, 0.2, 0.4), FocusPlane(0.2), 0.0, 0.4, foreground=False)
    np.testing.assert_allclose(distance, row(1, 0, 0), atol=1e-6)


def test_caution_draws_what_is_doubtful_to_the_focus_and_not_past_it() -> None:
    disparity = DisparityMap(row(0.1, 0.18, 0.2, 0.3, 0.3), 0.0, 0.4, row(0.02, 0.02, 0.5, 0, 0.01))
    drawn = cautious(disparity, FocusPlane(0.2), 2.0)
    np.testing.assert_allclose(drawn.values, row(0.14, 0.2, 0.2, 0.3, 0.28), atol=1e-7)
    assert (drawn.far, drawn.near) == (0.0, 0.4)


def test_without_caution_or_doubt_disparity_is_left_as_it_is() -> None:
    disparity = DisparityMap(row(0.1, 0.3), 0.0, 0.4, row(0.1, 0.1))
    assert cautious(disparity, FocusPlane(0.2), 0.0) is disparity
    sure = DisparityMap(row(0.1, 0.3), 0.0, 0.4)
    assert cautious(sure, FocusPlane(0.2), 2.0) is sure


@pytest.mark.parametrize("doubt", [row(0.1), row(0.1, 0.1).astype(np.float64)])
def test_doubt_has_the_shape_and_type_of_the_values(doubt: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"doubt must be float32 of the values' shape, \(1, 2\)"):
        DisparityMap(row(0.1, 0.3), 0.0, 0.4, doubt)
