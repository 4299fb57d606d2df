"""How alike two images are ([Godard] equation 2)."""

from __future__ import annotations

from typing import Any

from keras import ops

Tensor = Any  # of whichever backend Keras runs on

C1, C2 = 0.01**2, 0.03**2  # of SSIM, for values in 0..1


def appearance(image: Tensor, reconstruction: Tensor, alpha: float = 0.85) -> Tensor:
    """C_ap: alpha (1 - SSIM) / 2 + (1 - alpha) |I - I~|, the mean over pixels and channels.

    The SSIM has a value wherever its 3 x 3 window fits, so its mean leaves out the outermost
    pixels.

    Args:
        image: B x H x W x C.
        reconstruction: Likewise.
        alpha: Weight of the SSIM; the paper's is 0.85.
    """
    difference = ops.mean(ops.abs(image - reconstruction))
    if alpha == 0:
        return difference
    dissimilarity = ops.clip((1 - ssim(image, reconstruction)) / 2, 0, 1)
    return alpha * ops.mean(dissimilarity) + (1 - alpha) * difference


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity with the mean over 3 x 3 pixels in place of a Gaussian.

    Args:
        a: B x H x W x C.
        b: Likewise.

    Returns:
        B x H-2 x W-2 x C in -1..1; 1 where both are the same.
    """
    mean_a, mean_b = _block_mean(a), _block_mean(b)
    product, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    covariance = _block_mean(a * b) - product
    variances = _block_mean(a * a + b * b) - squares  # SSIM needs only their sum
    numerator = (2 * product + C1) * (2 * covariance + C2)
    return numerator / ((squares + C1) * (variances + C2))


def _block_mean(x: Tensor) -> Tensor:
    rows = x[:, :-2] + x[:, 1:-1] + x[:, 2:]
    return (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9
