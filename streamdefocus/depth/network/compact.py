"""Our own network for CPUs."""

from __future__ import annotations

from keras import layers

from streamdefocus.depth.network.config import Config
from streamdefocus.depth.network.heads import SCALES, Head
from streamdefocus.depth.network.layers import Tensor, conv, conv_norm, separable_norm, upsample

NORM_FROM = 3
"""Block (1/8 size) from which on convolutions are normalised."""

FINISH = 8
"""Channels at full size, if anything is computed there."""


def compact(image: Tensor, config: Config, head: Head) -> list[Tensor]:
    """The paper's family, with as little as possible at half and full size.

    All convolutions are 3x3 or 1x1. From 1/8 size down they have batch normalisation, which
    helps to learn from few samples and melts into the convolution at inference; above, it would
    nearly double the time of training. The encoder halves first; a vector of the whole picture
    is added at its end; the decoder stops at half size. Each scale's logits are a correction of
    the coarser scale's.

    Args:
        image: B x H x W x C.
        config: Channels and kinds of layers.
        head: Makes the outputs.

    Returns:
        Four outputs, finest first: full size, 1/2, 1/4 and 1/8.
    """
    x, skips = image, []
    for i, (filters, depth) in enumerate(zip(config.encoder, config.depths, strict=True), 1):
        x = _block(i, x, filters, 2, f"conv{i}", config)
        for j in range(depth):
            x = _block(i, x, filters, 1, f"conv{i}{chr(ord('b') + j)}", config)
        skips.append(x)
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="whole")(x)
    whole = layers.Conv2D(config.encoder[-1], 1, activation="elu", name="whole_conv")(whole)
    x = layers.Add(name="context")([x, whole])
    outputs: list[Tensor] = []
    logits: Tensor | None = None
    for i, filters in zip(range(len(skips) - 1, 0, -1), config.decoder, strict=True):
        x = upsample(_narrow(i, x, filters, f"upconv{i}"), f"up{i}", config.upsampling)
        x = layers.Concatenate(name=f"concat{i}")([x, skips[i - 1]])
        x = _block(i, x, filters, 1, f"iconv{i}", config)
        if i < SCALES:
            change = conv(x, head.channels, 3, 1, None, f"disp{i + 1}_change")
            logits = _corrected(logits, change, f"disp{i + 1}")
            outputs.append(head.output(logits, f"disp{i + 1}"))
    change = _finish(x, image, config, head.channels)
    outputs.append(head.output(_corrected(logits, change, "disp1"), "disp1"))
    return outputs[::-1]


def _block(scale: int, x: Tensor, filters: int, stride: int, name: str, config: Config) -> Tensor:
    if scale < NORM_FROM:
        return conv(x, filters, 3, stride, "elu", name)
    if config.separable:
        return separable_norm(x, filters, 3, stride, name)
    return conv_norm(x, filters, 3, stride, name)


def _narrow(scale: int, x: Tensor, filters: int, name: str) -> Tensor:
    if scale < NORM_FROM:
        return conv(x, filters, 1, 1, "elu", name)
    return conv_norm(x, filters, 1, 1, name)


def _finish(x: Tensor, image: Tensor, config: Config, channels: int) -> Tensor:
    """The last correction, at full size."""
    if config.finish == "transposed":
        return layers.Conv2DTranspose(channels, 4, 2, padding="same", name="disp1_change")(x)
    x = upsample(conv(x, FINISH, 1, 1, "elu", "upconv0"), "up0", config.upsampling)
    x = layers.Concatenate(name="concat0")([x, image])
    x = conv(x, FINISH, 3, 1, "elu", "iconv0")
    return conv(x, channels, 3, 1, None, "disp1_change")


def _corrected(coarse: Tensor | None, change: Tensor, name: str) -> Tensor:
    if coarse is None:
        return change
    return layers.Add(name=f"{name}_logits")([upsample(coarse, f"{name}_coarse"), change])
