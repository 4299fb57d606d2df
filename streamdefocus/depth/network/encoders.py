"""The paper's encoders, with the original implementation's paddings and order of layers."""

from __future__ import annotations

from collections.abc import Sequence

from keras import layers

from streamdefocus.depth.network.layers import Tensor, conv, max_pool

EXPANSION = 4
"""Channels that leave a bottleneck for each channel inside it."""


def vgg(image: Tensor, channels: Sequence[int], kernels: Sequence[int]) -> list[Tensor]:
    """Seven blocks, each of which halves the picture (supplement, table 1).

    In each block the convolution of stride 1 comes first, as in the original implementation; the
    table has it second.

    Returns:
        The blocks' features, finest first: 1/2, 1/4, .. 1/128 of the size.
    """
    x, features = image, []
    for i, (filters, kernel) in enumerate(zip(channels, kernels, strict=True), 1):
        x = conv(x, filters, kernel, 1, "elu", f"conv{i}a")
        x = conv(x, filters, kernel, 2, "elu", f"conv{i}")
        features.append(x)
    return features


def resnet50(
    image: Tensor, channels: Sequence[int], depths: Sequence[int], *, projecting_shortcuts: bool
) -> list[Tensor]:
    """A convolution, a pooling and four stages of bottlenecks (section 4.1, "Resnet50").

    Unlike the ResNet50 of He et al. it has ELUs and no batch normalisation, and the last block of
    a stage halves the picture, not the first: so in the original implementation.

    Args:
        image: B x H x W x C.
        channels: Of the first convolution, then inside the bottlenecks of each stage.
        depths: Bottlenecks of each stage.
        projecting_shortcuts: Let every bottleneck project its shortcut, as the original
            implementation does (and its checkpoints need), not only where the shape changes.

    Returns:
        Features, finest first: the convolution's at 1/2 of the size, the pooling's, and those of
        the stages, the last at 1/64.
    """
    x = conv(image, channels[0], 7, 2, "elu", "conv1")
    features = [x]
    x = max_pool(x, 3, 2, "pool1")
    features.append(x)
    for stage, (filters, depth) in enumerate(zip(channels[1:], depths, strict=True), 2):
        for block in range(1, depth + 1):
            stride = 2 if block == depth else 1
            project = projecting_shortcuts or block == 1 or stride == 2
            x = _bottleneck(x, filters, stride, project, f"conv{stage}_{block}")
        features.append(x)
    return features


def _bottleneck(x: Tensor, filters: int, stride: int, project: bool, name: str) -> Tensor:
    inner = conv(x, filters, 1, 1, "elu", f"{name}_1")
    inner = conv(inner, filters, 3, stride, "elu", f"{name}_2")
    inner = conv(inner, EXPANSION * filters, 1, 1, None, f"{name}_3")
    if project:
        x = conv(x, EXPANSION * filters, 1, stride, None, f"{name}_shortcut")
    return layers.Activation("elu", name=f"{name}_elu")(layers.Add(name=f"{name}_add")([inner, x]))
