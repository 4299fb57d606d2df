"""Deep3D: views as a sum over fixed disparities ([Godard] supplement, section 3).

Level i of the n levels of a distribution stands for the disparity i / (n - 1) of the largest.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from streamdefocus.training.losses.smoothness import steps

Tensor = Any  # of whichever backend Keras runs on


def expected_left(right: Tensor, probabilities: Tensor, largest: float) -> Tensor:
    """The left view as a sum of shifted copies of the right one, weighted by their probabilities.

    A copy's offset need not be a whole number of pixels; beyond the border all is zero: as in
    sampling.left_from_right, which this equals where one level has all the probability.

    Args:
        right: B x H x W x C; no gradient reaches it.
        probabilities: B x H x W x n of the left view, summing to 1.
        largest: Disparity of the last level, as a fraction of the width.

    Returns:
        B x H x W x C.
    """
    levels = probabilities.shape[-1]
    width = ops.shape(right)[2]
    # Columns first: a shift is then a copy of whole blocks, and levels are told apart for nothing.
    source = ops.stop_gradient(ops.transpose(right, (2, 3, 0, 1)))
    source = ops.concatenate([ops.zeros_like(source[:1]), source])
    columns = ops.cast(ops.arange(width), "float32") + 1
    total = 0.0
    for i, weight in enumerate(ops.unstack(ops.transpose(probabilities, (3, 2, 0, 1)))):
        x = ops.maximum(columns - ops.cast(width, "float32") * (largest * i / (levels - 1)), 0)
        floor = ops.floor(x)
        before = ops.take(source, ops.cast(floor, "int32"), axis=0)
        after = ops.take(source, ops.minimum(ops.cast(floor, "int32") + 1, width), axis=0)
        shifted = before + (x - floor)[:, None, None, None] * (after - before)
        total = total + weight[:, None] * shifted
    return ops.transpose(total, (2, 3, 0, 1))


def concentration(probabilities: Tensor) -> Tensor:
    """C_max: mean of (max(w) - 1)^2 (supplement, equation 1).

    Args:
        probabilities: B x H x W x n.
    """
    return ops.mean(ops.square(ops.max(probabilities, axis=-1) - 1))


def distribution_smoothness(probabilities: Tensor) -> Tensor:
    """C_ds: mean of |dx cs(w)| + |dy cs(w)|, cs the cumulative sum (supplement, equation 3).

    The mean is over the levels too, which the supplement leaves open. So it does not depend on
    their number: it is how far probability moves between neighbours, as a part of the largest
    disparity, and |dx d| / largest if each pixel picks one level. The last level, whose cumulative
    sum is always 1, is not counted.

    Args:
        probabilities: B x H x W x n.
    """
    levels = probabilities.shape[-1]
    # A product with ones above the diagonal is a cumulative sum in less than half of the time; of
    # the differences, for they are small and keep their digits where products are rounded (TF32).
    ones = ops.triu(ops.ones((levels, levels - 1)))
    dx, dy = (ops.matmul(step, ones) for step in steps(probabilities))
    return ops.mean(ops.abs(dx)) + ops.mean(ops.abs(dy))
