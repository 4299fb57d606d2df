"""Our own network for CPUs."""

from __future__ import annotations

from collections.abc import Sequence

from keras import layers

from streamdefocus.depth.network.heads import SCALES, Head
from streamdefocus.depth.network.layers import Tensor, conv, conv_norm, upsample

NORM_FROM = 3
"""Block (1/8 size) from which on convolutions are normalised."""


def compact(
    image: Tensor,
    encoder: Sequence[int],
    depths: Sequence[int],
    decoder: Sequence[int],
    head: Head,
) -> list[Tensor]:
    """The paper's family, with as little as possible at half and full size.

    All convolutions are 3x3 or 1x1. From 1/8 size down they have batch normalisation, which
    helps to learn from few samples and melts into the convolution at inference; above, it would
    nearly double the time of training. The encoder halves first; a vector of the whole picture
    is added at its end; the decoder stops at half size, and a transposed convolution makes the
    full-size output from features that saw every pixel. Each scale's logits are a correction of
    the coarser scale's.

    Args:
        image: B x H x W x C.
        encoder: Channels of the encoder's blocks; each halves the picture.
        depths: Further convolutions of stride 1 in each block.
        decoder: Channels of the decoder's stages, coarsest first.
        head: Makes the outputs.

    Returns:
        Four outputs, finest first: full size, 1/2, 1/4 and 1/8.
    """
    x, skips = image, []
    for i, (filters, depth) in enumerate(zip(encoder, depths, strict=True), 1):
        x = _block(i, x, filters, 3, 2, f"conv{i}")
        for j in range(depth):
            x = _block(i, x, filters, 3, 1, f"conv{i}{'bcd'[j]}")
        skips.append(x)
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="whole")(x)
    whole = layers.Conv2D(encoder[-1], 1, activation="elu", name="whole_conv")(whole)
    x = layers.Add(name="context")([x, whole])
    outputs: list[Tensor] = []
    logits: Tensor | None = None
    for i, filters in zip(range(len(skips) - 1, 0, -1), decoder, strict=True):
        x = upsample(_block(i, x, filters, 1, 1, f"upconv{i}"), f"up{i}")
        x = layers.Concatenate(name=f"concat{i}")([x, skips[i - 1]])
        x = _block(i, x, filters, 3, 1, f"iconv{i}")
        if i < SCALES:
            change = conv(x, head.channels, 3, 1, None, f"disp{i + 1}_change")
            logits = _corrected(logits, change, f"disp{i + 1}")
            outputs.append(head.output(logits, f"disp{i + 1}"))
    change = layers.Conv2DTranspose(head.channels, 4, 2, padding="same", name="disp1_change")(x)
    outputs.append(head.output(_corrected(logits, change, "disp1"), "disp1"))
    return outputs[::-1]


def _block(scale: int, x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    if scale < NORM_FROM:
        return conv(x, filters, kernel, stride, "elu", name)
    return conv_norm(x, filters, kernel, stride, name)


def _corrected(coarse: Tensor | None, change: Tensor, name: str) -> Tensor:
    if coarse is None:
        return change
    return layers.Add(name=f"{name}_logits")([upsample(coarse, f"{name}_coarse"), change])
