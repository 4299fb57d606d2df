"""Metrics on cases that can be computed by hand."""

import numpy as np
import pytest

from streamdefocus.evaluation.metrics import (
    align_median,
    align_scale_shift,
    auc,
    best_threshold,
    boundary_f,
    d1_all,
    depth_errors,
    depth_metrics,
)


def grid(*rows):
    return np.array(rows, np.float32)


def known(array):
    return np.ones(array.shape, np.bool_)


def test_alignment_undoes_scale_and_shift():
    truth = grid([1, 2, 3], [4, 5, 9])
    np.testing.assert_allclose(
        align_scale_shift(0.01 * truth - 7, truth, known(truth)), truth, rtol=1e-3
    )


def test_alignment_is_the_least_squares_line():
    # Points (0, 1), (1, 3), (2, 2): slope 0.5, intercept 1.5.
    aligned = align_scale_shift(grid([0, 1, 2]), grid([1, 3, 2]), known(grid([0, 0, 0])))
    np.testing.assert_allclose(aligned, grid([1.5, 2, 2.5]), rtol=1e-6)


def test_alignment_looks_at_known_pixels_only():
    mask = np.array([[True, True, False]])
    aligned = align_scale_shift(grid([0, 1, 2]), grid([10, 20, -999]), mask)
    np.testing.assert_allclose(aligned, grid([10, 20, 30]), rtol=1e-6)


def test_a_flat_disparity_becomes_the_mean():
    truth = grid([1, 3])
    np.testing.assert_allclose(align_scale_shift(grid([5, 5]), truth, known(truth)), grid([2, 2]))


def test_alignment_without_truth_is_refused():
    with pytest.raises(ValueError, match="at least one pixel"):
        align_scale_shift(grid([1]), grid([1]), np.array([[False]]))


def test_depth_errors_by_hand():
    # Depths 1, 0.5, 0.25 m; estimated 0.5, 0.5, 0.25 m.
    truth, found = grid([1, 2, 4]), grid([2, 2, 4])
    errors = depth_errors(found, truth, known(truth))
    assert errors == pytest.approx(
        {
            "abs_rel": 0.5 / 3,
            "sq_rel": 0.25 / 3,
            "rmse": np.sqrt(0.25 / 3),
            "rmse_log": np.log(2) / np.sqrt(3),
            "log10": np.log10(2) / 3,
            "delta1": 2 / 3,
            "delta2": 2 / 3,
            "delta3": 2 / 3,
        }
    )


def test_depth_metrics_in_metres_by_hand():
    # 12 m for 10 m, 20 m for 40 m.
    errors = depth_metrics(np.array([12.0, 20.0]), np.array([10.0, 40.0]))
    assert errors == pytest.approx(
        {
            "abs_rel": (2 / 10 + 20 / 40) / 2,
            "sq_rel": (4 / 10 + 400 / 40) / 2,
            "rmse": np.sqrt((4 + 400) / 2),
            "rmse_log": np.sqrt((np.log(1.2) ** 2 + np.log(2) ** 2) / 2),
            "log10": (np.log10(1.2) + np.log10(2)) / 2,
            "delta1": 1 / 2,  # 1.2 < 1.25; 2 > 1.25^3 = 1.953
            "delta2": 1 / 2,
            "delta3": 1 / 2,
        }
    )


def test_d1_needs_three_pixels_and_five_per_cent():
    truth = grid([10, 10, 100, 100, 0])
    found = grid([13, 12.9, 104.9, 105, 50])
    # Wrong: 3 px of 10; 5 px of 100. Right: 2.9 px of 10; 4.9 px of 100. The last is not known.
    assert d1_all(found, truth, truth > 0) == 50


def test_median_alignment_is_one_factor():
    truth, mask = grid([2, 4, 6, 100]), np.array([[True, True, True, False]])
    np.testing.assert_allclose(align_median(grid([1, 2, 4, 8]), truth, mask), grid([2, 4, 8, 16]))
    np.testing.assert_array_equal(align_median(grid([0, 0, 0, 8]), truth, mask), grid([0, 0, 0, 8]))
    with pytest.raises(ValueError, match="at least one pixel"):
        align_median(truth, truth, np.zeros_like(mask))


def test_deltas_are_powers_of_1_25():
    truth = grid([1, 1, 1, 1, 3])
    found = grid([1.2, 1.5, 1.9, 2.0, 3])
    errors = depth_errors(found, truth, known(truth))
    assert [errors[f"delta{k}"] for k in (1, 2, 3)] == [0.4, 0.6, 0.8]


def test_disparities_outside_the_truths_range_are_clipped():
    truth = grid([1, 2])
    errors = depth_errors(grid([-5, 2]), truth, known(truth))
    assert errors["abs_rel"] == 0


def person_left_half():
    mask = np.zeros((4, 8), np.bool_)
    mask[:, :4] = True
    return mask


def test_a_disparity_that_separates_the_person_is_perfect():
    mask = person_left_half()
    disparity = np.where(mask, 0.2, 0.1).astype(np.float32)
    threshold, iou = best_threshold(disparity, mask)
    assert iou == 1
    assert ((disparity > threshold) == mask).all()
    assert auc(disparity, mask) == 1


def test_best_threshold_by_hand():
    # Near to far: person, other, person, other. Taking three gives 2 of 3; two or four, 1/3, 2/4.
    mask = np.array([[True, False, True, False]])
    threshold, iou = best_threshold(grid([4, 3, 2, 1]), mask)
    assert iou == pytest.approx(2 / 3)
    assert 1 <= threshold < 2


def test_auc_by_hand():
    mask = np.array([[True, False, True, False]])
    assert auc(grid([4, 3, 2, 1]), mask) == 3 / 4
    assert auc(grid([1, 1, 1, 1]), mask) == 1 / 2
    assert auc(grid([1, 2, 3, 4]), mask) == 1 / 4


def test_a_flat_disparity_scores_as_everything():
    mask = person_left_half()
    assert best_threshold(np.ones(mask.shape, np.float32), mask)[1] == 0.5


def test_boundary_f_is_one_within_the_tolerance_and_zero_beyond():
    mask = np.zeros((20, 20), np.bool_)
    mask[:, :8] = True
    shifted = np.zeros_like(mask)
    shifted[:, :10] = True
    assert boundary_f(mask, mask, 0) == 1
    assert boundary_f(shifted, mask, 2) == 1
    assert boundary_f(shifted, mask, 1) == 0


def test_boundary_f_without_an_outline():
    nothing = np.zeros((5, 5), np.bool_)
    half = np.array([[True] * 2 + [False] * 3] * 5)
    assert boundary_f(nothing, nothing, 1) == 1
    assert boundary_f(~nothing, half, 1) == 0
