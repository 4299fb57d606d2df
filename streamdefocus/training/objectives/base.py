"""The contract of objectives, and what they share.

Shapes: B batch, H and W height and width of the pictures, s = 1, 2, 4, 8 the scales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from keras import ops

Tensor = Any  # of whichever backend Keras runs on
Batch = Mapping[str, Tensor]


class Objective(Protocol):
    """What is minimised; has no state, so that it can be compiled."""

    @property
    def parts(self) -> Sequence[str]:
        """Names of the terms of the loss, in the order of their report."""

    def inputs(self, batch: Batch) -> Tensor:
        """The network's input for a batch, B x H x W x C float32 RGB in 0..1."""

    def __call__(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """The loss, and its weighted terms, of which it is the sum.

        Args:
            outputs: The network's four, B x H/s x W/s x D float32.
            batch: The batch that they are of.

        Returns:
            Scalars, float32: "loss", and one for each of the parts.
        """

    def pictures(self, outputs: Sequence[Tensor], batch: Batch) -> dict[str, Tensor]:
        """What to look at, by name: B x H x W x C float32 in 0..1, C = 1 or 3."""


def unit(pictures: Tensor) -> Tensor:
    """uint8 to float32 in 0..1."""
    return ops.cast(pictures, "float32") / 255


def both(batch: Batch) -> Tensor:
    """Left and right view as the six channels of one picture."""
    return unit(ops.concatenate([batch["left"], batch["right"]], axis=-1))


def visible(disparity: Tensor) -> Tensor:
    """Disparities, B x H x W x 1, as pictures in 0..1: what is nearest in each is white."""
    nearest = ops.max(disparity, axis=(1, 2, 3), keepdims=True)
    return disparity / ops.maximum(nearest, 1e-6)


def summed(parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """The parts and the "loss" that is their sum."""
    return {"loss": sum(parts.values()), **parts}
