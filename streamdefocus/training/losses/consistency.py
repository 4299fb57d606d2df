"""Left and right disparities that tell of the same surfaces ([Godard] equation 4)."""

from __future__ import annotations

from typing import Any

from keras import ops

from streamdefocus.training.losses.sampling import left_from_right, right_from_left

Tensor = Any  # of whichever backend Keras runs on


def left_right_consistency(left: Tensor, right: Tensor) -> Tensor:
    """C_lr^l + C_lr^r: mean |dl(x) - dr(x - dl(x))| + mean |dr(x) - dl(x + dr(x))|.

    The paper writes x + dl for the first; in its own convention (and StereoPair's) the point that
    is at x in the left view is at x - dl in the right one.

    Args:
        left: Disparity of the left view, B x H x W x 1, as a fraction of the width.
        right: Of the right view, likewise.
    """
    of_left = ops.mean(ops.abs(left - left_from_right(right, left)))
    of_right = ops.mean(ops.abs(right - right_from_left(left, right)))
    return of_left + of_right
