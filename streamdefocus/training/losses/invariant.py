"""Losses of disparity against labels of unknown scale and shift ([MiDaS] section 5).

Disparities, targets and masks are B x H x W x 1 float32; a mask is 1 where the target is known and
0 elsewhere; targets are finite everywhere, also where they are not known.
"""

from __future__ import annotations

from typing import Any

from keras import ops

Tensor = Any  # of whichever backend Keras runs on

EPSILON = 1e-6
MIN_SPREAD = 0.05
"""Smallest mean absolute deviation of disparities in 0..1: a flat one is not blown up to noise.

Without it a network drifts to where its sigmoid is flat: there the invariant loss is as good as
anywhere, and its gradient, divided by the vanishing deviation, drowns all others."""


def masked_quantile(x: Tensor, mask: Tensor, quantile: float) -> Tensor:
    """The value below which a part of each picture's known pixels lies; no gradient.

    Args:
        x: B x H x W x 1.
        mask: B x H x W x 1.
        quantile: In 0..1; 0.5 is the (lower) median.

    Returns:
        B x 1 x 1 x 1; 0 for a picture without a known pixel.
    """
    count = ops.sum(mask, axis=(1, 2, 3))
    flat = ops.reshape(ops.where(mask > 0, x, float("inf")), (ops.shape(x)[0], -1))
    index = ops.maximum(ops.floor(quantile * (count - 1)), 0)
    values = ops.take_along_axis(ops.sort(flat, axis=1), ops.cast(index, "int32")[:, None], axis=1)
    values = ops.where(count[:, None] > 0, values, 0.0)
    return ops.stop_gradient(values)[:, :, None, None]


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean of each picture's known pixels, B x 1 x 1 x 1; 0 where there is none."""
    total = ops.sum(x * mask, axis=(1, 2, 3), keepdims=True)
    return total / ops.maximum(ops.sum(mask, axis=(1, 2, 3), keepdims=True), 1.0)


def normalised(disparity: Tensor, mask: Tensor, stride: int = 1) -> Tensor:
    """Disparity with median 0 and mean absolute deviation 1 over the known pixels.

    [MiDaS] equations 5 and 6. The median's gradient would fall on the one pixel in the middle; it
    is taken to be the mean's, so that the loss pulls no disparity up or down as a whole.

    Args:
        disparity: B x H x W x 1.
        mask: B x H x W x 1.
        stride: Look at every stride-th pixel for the median only: sorting is the costly part.
    """
    sample, known = disparity[:, ::stride, ::stride], mask[:, ::stride, ::stride]
    mean = masked_mean(disparity, mask)
    centred = disparity - (ops.stop_gradient(masked_quantile(sample, known, 0.5) - mean) + mean)
    spread = masked_mean(ops.abs(centred), mask)
    return centred / ops.maximum(spread, MIN_SPREAD)


def trimmed_mae(residual: Tensor, mask: Tensor, trim: float = 0.0, stride: int = 1) -> Tensor:
    """Mean absolute residual, without each picture's largest ones ([MiDaS] equation 7).

    Args:
        residual: B x H x W x 1.
        mask: B x H x W x 1.
        trim: Part of the known pixels to leave out, in 0..1: labels with outliers need it.
        stride: Look at every stride-th pixel for the threshold only.
    """
    size = ops.abs(residual)
    if trim > 0:
        sample, known = size[:, ::stride, ::stride], mask[:, ::stride, ::stride]
        limit = masked_quantile(sample, known, 1 - trim)
        mask = mask * ops.cast(size <= limit, mask.dtype)
    return ops.mean(masked_mean(size, mask))


def gradient_loss(residual: Tensor, mask: Tensor, scales: int = 4) -> Tensor:
    """Multi-scale gradient matching: sharp edges where the target's are ([MiDaS] equation 11).

    Args:
        residual: B x H x W x 1, difference of two normalised disparities.
        mask: B x H x W x 1; a step counts if both of its pixels are known.
        scales: Every 1st, 2nd, 4th, ... pixel.
    """
    total = 0.0
    for scale in range(scales):
        step = 2**scale
        r, m = residual[:, ::step, ::step], mask[:, ::step, ::step]
        dx, known_x = ops.abs(r[:, :, 1:] - r[:, :, :-1]), m[:, :, 1:] * m[:, :, :-1]
        dy, known_y = ops.abs(r[:, 1:] - r[:, :-1]), m[:, 1:] * m[:, :-1]
        total = total + ops.mean(masked_mean(dx, known_x) + masked_mean(dy, known_y))
    return total / scales


def scale_shift_invariant(
    disparity: Tensor,
    target: Tensor,
    mask: Tensor,
    *,
    trim: float = 0.0,
    gradient_weight: float = 0.5,
    stride: int = 1,
) -> Tensor:
    """How far a disparity is from a target known up to scale and shift ([MiDaS] equation 12).

    Args:
        disparity: B x H x W x 1, the network's.
        target: B x H x W x 1, of any positive scale and any shift.
        mask: B x H x W x 1.
        trim: See trimmed_mae.
        gradient_weight: Weight of gradient_loss; [MiDaS] uses 0.5.
        stride: See normalised.
    """
    residual = normalised(disparity, mask, stride) - normalised(target, mask, stride)
    loss = trimmed_mae(residual, mask, trim, stride)
    if gradient_weight > 0:
        loss = loss + gradient_weight * gradient_loss(residual, mask)
    return loss
