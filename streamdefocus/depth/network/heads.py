"""Heads: from the logits of a scale to a disparity, or to a distribution over disparities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from keras import layers, ops

from streamdefocus.depth.network.layers import Tensor

MAX_DISPARITY = 0.3
"""Largest disparity that a network can say, as a fraction of the image width."""

SCALES = 4
"""Outputs of a network: disp1 at full size, then disp2, disp3, disp4 at 1/2, 1/4 and 1/8."""

LEVELS = 64
"""Disparities of a distribution if not asked otherwise: 1.2 px apart in a picture of 256 px."""


class Head(Protocol):
    """The last step of every scale.

    Attributes:
        channels: Channels of the logits.
    """

    @property
    def channels(self) -> int: ...  # noqa: D102

    def output(self, logits: Tensor, name: str) -> Tensor:
        """What the network says at a scale: B x H x W x channels float32."""

    def disparity(self, output: Tensor) -> Tensor:
        """The disparity in an output, B x H x W x D float32 in 0..MAX_DISPARITY.

        It is also what the next finer scale is told.
        """


@dataclass(frozen=True)
class DisparityHead:
    """The paper's: a disparity for each view, a scaled sigmoid (section 4.1).

    Attributes:
        channels: 2 for the left and right view, 1 for the left alone.
    """

    channels: int

    def output(self, logits: Tensor, name: str) -> Tensor:
        """See Head."""
        return disparity(logits, name)

    def disparity(self, output: Tensor) -> Tensor:
        """See Head."""
        return output


@dataclass(frozen=True)
class Deep3DHead:
    """The one it is compared with: a distribution over fixed disparities (supplement, section 3).

    Neither the paper nor its supplement say how many disparities there are, how far apart, or what
    the finer scale is told. Here level i of n stands for the same part of the width at every scale,
    i / (n - 1) of MAX_DISPARITY, so that a network takes pictures of any size; and the finer scale
    is told the expected disparity, one channel in place of the two of the paper's own head.

    Attributes:
        channels: The number of levels n.
    """

    channels: int

    def output(self, logits: Tensor, name: str) -> Tensor:
        """See Head; here the probability of each level."""
        return layers.Activation("softmax", dtype="float32", name=name)(logits)

    def disparity(self, output: Tensor) -> Tensor:
        """See Head; one channel."""
        return expected_disparity(output)


def disparity(logits: Tensor, name: str) -> Tensor:
    """Logits to disparity, float32 in 0..MAX_DISPARITY whatever the precision policy."""
    x = layers.Activation("sigmoid", dtype="float32", name=f"{name}_sigmoid")(logits)
    return layers.Rescaling(MAX_DISPARITY, dtype="float32", name=name)(x)


def expected_disparity(probabilities: Tensor) -> Tensor:
    """The mean of a distribution over disparities.

    It equals n - sum(cs(w)) of the supplement's equation 2, counted in levels from 0; cs is the
    cumulative sum. Where one level has all the probability, it is that level.

    Args:
        probabilities: B x H x W x n, summing to 1.

    Returns:
        B x H x W x 1 in 0..MAX_DISPARITY.
    """
    levels = np.linspace(0, MAX_DISPARITY, probabilities.shape[-1], dtype=np.float32)
    return ops.sum(ops.multiply(probabilities, levels), axis=-1, keepdims=True)
