"""The paper's decoder (supplement, table 1), which follows either of its encoders."""

from __future__ import annotations

from collections.abc import Sequence

from keras import layers

from streamdefocus.depth.network.heads import SCALES, Head
from streamdefocus.depth.network.layers import Tensor, conv, upsample


def decoder(features: Sequence[Tensor], channels: Sequence[int], head: Head) -> list[Tensor]:
    """Doubles the size stage by stage, joined by the encoder's features and the coarser disparity.

    Args:
        features: The encoder's, finest (half size) first.
        channels: Of the stages, coarsest first; one for each of the features.
        head: Makes the outputs.

    Returns:
        Four outputs, finest first: full size, 1/2, 1/4 and 1/8.
    """
    *skips, x = features
    outputs: list[Tensor] = []
    coarser: Tensor | None = None
    for i, filters in zip(range(len(features), 0, -1), channels, strict=True):
        x = conv(upsample(x, f"up{i}"), filters, 3, 1, "elu", f"upconv{i}")
        parts = [x]
        if i > 1:
            parts.append(skips[i - 2])
        if coarser is not None:
            parts.append(upsample(coarser, f"disp{i + 1}_up"))
        if len(parts) > 1:
            x = layers.Concatenate(name=f"concat{i}")(parts)
        x = conv(x, filters, 3, 1, "elu", f"iconv{i}")
        if i <= SCALES:
            logits = conv(x, head.channels, 3, 1, None, f"disp{i}_logits")
            outputs.append(head.output(logits, f"disp{i}"))
            coarser = head.disparity(outputs[-1])
    return outputs[::-1]
