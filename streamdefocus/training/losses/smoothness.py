"""Disparity that is smooth where the image is ([Godard] equation 3)."""

from __future__ import annotations

from typing import Any

from keras import ops

Tensor = Any  # of whichever backend Keras runs on


def edge_aware_smoothness(disparity: Tensor, image: Tensor) -> Tensor:
    """C_ds: mean of |dx d| exp(-|dx I|) + |dy d| exp(-|dy I|).

    Differences are between neighbours; |dx I| is the mean over the channels.

    Args:
        disparity: B x H x W x 1.
        image: B x H x W x C of the same view.
    """
    dx, dy = steps(disparity)
    ix, iy = steps(image)
    return _weighted(dx, ix) + _weighted(dy, iy)


def steps(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of neighbours: B x H x W-1 x C along rows, B x H-1 x W x C along columns."""
    return x[:, :, 1:] - x[:, :, :-1], x[:, 1:] - x[:, :-1]


def _weighted(step: Tensor, edge: Tensor) -> Tensor:
    weight = ops.exp(-ops.mean(ops.abs(edge), axis=-1, keepdims=True))
    return ops.mean(ops.abs(step) * weight)
