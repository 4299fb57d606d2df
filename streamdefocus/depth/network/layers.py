"""The layers that the networks are made of."""

from __future__ import annotations

from typing import Any

from keras import layers, ops

Tensor = Any  # a symbolic or real tensor of whichever backend Keras runs on


def conv(x: Tensor, filters: int, kernel: int, stride: int, act: str | None, name: str) -> Tensor:
    """Convolution after floor((kernel - 1) / 2) zeros on every side.

    Padding "same" would put the zeros of a strided convolution elsewhere: a shift of one pixel
    against the weights of the original implementation.
    """
    if stride == 1:
        return layers.Conv2D(filters, kernel, padding="same", activation=act, name=name)(x)
    x = padded(x, kernel, name)
    return layers.Conv2D(filters, kernel, strides=stride, activation=act, name=name)(x)


def conv_norm(x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    """Convolution as in conv, batch normalisation, ELU."""
    if stride > 1:
        x = padded(x, kernel, name)
    padding = "same" if stride == 1 else "valid"
    x = layers.Conv2D(filters, kernel, stride, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("elu", name=f"{name}_elu")(x)


def separable_norm(x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    """As conv_norm, of each channel alone, then of all channels at one point (MobileNet, 2017)."""
    if stride > 1:
        x = padded(x, kernel, name)
    padding = "same" if stride == 1 else "valid"
    depthwise = layers.DepthwiseConv2D(
        kernel, stride, padding=padding, use_bias=False, name=f"{name}_depthwise"
    )
    x = layers.BatchNormalization(name=f"{name}_depthwise_norm")(depthwise(x))
    return conv_norm(x, filters, 1, 1, name)


def max_pool(x: Tensor, size: int, stride: int, name: str) -> Tensor:
    """Largest value of each window, after zeros as in conv; the zeros take part."""
    return layers.MaxPooling2D(size, stride, name=name)(padded(x, size, name))


def upsample(x: Tensor, name: str, interpolation: str = "nearest") -> Tensor:
    """B x H x W x C to B x 2H x 2W x C, by the nearest neighbour or "bilinear".

    Bilinear is nearest after weights of 1, 2, 1 in both directions: Keras' own, with TensorFlow,
    cannot be built for a size that is not known beforehand, as training with two sizes needs it.
    """
    x = layers.UpSampling2D(2, name=name)(x)
    if interpolation == "nearest":
        return x
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "symmetric")
    for i in (1, 2):
        x = layers.AveragePooling2D(2, 1, name=f"{name}_mean{i}")(x)
    return x


def padded(x: Tensor, kernel: int, name: str) -> Tensor:
    """With floor((kernel - 1) / 2) zeros on every side."""
    margin = (kernel - 1) // 2
    return layers.ZeroPadding2D(margin, name=f"{name}_pad")(x) if margin else x
