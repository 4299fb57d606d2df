"""The depth networks: Layers, Functional models, Config.

A network looks at one picture and estimates its disparity, and that of the view beside it, at
four scales. The architecture is the one of Godard, Mac Aodha and Brostow, "Unsupervised Monocular
Depth Estimation with Left-Right Consistency" (CVPR 2017), section 3.3 and supplement, table 1.

Shapes: B batch, H and W height and width, D disparities. Only ``keras.ops`` and ``keras.layers``
are used, so that the networks run on every Keras backend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import layers

from streamdefocus.errors import ConfigError

MAX_DISPARITY = 0.3
"""Largest disparity that a network can say, as a fraction of the image width."""

SCALES = 4
"""Outputs of a network: disp1 at full size, then disp2, disp3, disp4 at 1/2, 1/4 and 1/8."""

NORM_FROM = 3
"""Block of the compact network (1/8 size) from which on convolutions are normalised."""

Tensor = Any  # a symbolic or real tensor of whichever backend Keras runs on


# --- Layers -----------------------------------------------------------------------------------


def conv(x: Tensor, filters: int, kernel: int, stride: int, act: str | None, name: str) -> Tensor:
    """Convolution after floor((kernel - 1) / 2) zeros on every side.

    Padding "same" would put the zeros of a strided convolution elsewhere: a shift of one pixel
    against the weights of the original implementation.
    """
    margin = (kernel - 1) // 2
    if stride == 1:
        return layers.Conv2D(filters, kernel, padding="same", activation=act, name=name)(x)
    x = layers.ZeroPadding2D(margin, name=f"{name}_pad")(x)
    return layers.Conv2D(filters, kernel, strides=stride, activation=act, name=name)(x)


def conv_norm(x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    """Convolution as in conv, batch normalisation, ELU."""
    if stride > 1:
        x = layers.ZeroPadding2D((kernel - 1) // 2, name=f"{name}_pad")(x)
    padding = "same" if stride == 1 else "valid"
    x = layers.Conv2D(filters, kernel, stride, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("elu", name=f"{name}_elu")(x)


def upsample(x: Tensor, name: str) -> Tensor:
    """B x H x W x C to B x 2H x 2W x C, nearest neighbour."""
    return layers.UpSampling2D(2, interpolation="nearest", name=name)(x)


def disparity(logits: Tensor, name: str) -> Tensor:
    """Logits to disparity, float32 in 0..MAX_DISPARITY whatever the precision policy."""
    x = layers.Activation("sigmoid", dtype="float32", name=f"{name}_sigmoid")(logits)
    return layers.Rescaling(MAX_DISPARITY, dtype="float32", name=name)(x)


# --- Functional models ------------------------------------------------------------------------


def build_network(
    encoder: str = "vgg",
    width: float = 1.0,
    height: int | None = 256,
    width_px: int | None = 512,
    input_channels: int = 3,
    disparities: int | None = None,
) -> keras.Model:
    """A depth network with random weights.

    Args:
        encoder: "vgg", the paper's; or "compact", ours for CPUs.
        width: Multiplies the channels of every layer but the outputs.
        height: Input height in px, a multiple of the network's stride (vgg 128, compact 64);
            None for any.
        width_px: Input width in px, likewise.
        input_channels: 3, or 6 for both views of a stereo pair.
        disparities: Channels of each output: 2 for the left and right view, 1 for the left alone.
            None: 2 for "vgg"; 1 for "compact", which learns from single photos.

    Returns:
        A model from B x H x W x C float32 RGB in 0..1 to a list of four disparities, B x H/s x
        W/s x D float32 in 0..MAX_DISPARITY, s = 1, 2, 4, 8: a fraction of the image width,
        larger is nearer.

    Raises:
        ConfigError: The encoder is unknown, or a size is not a multiple of the stride.
    """
    if encoder not in NETWORKS:
        known = ", ".join(f'"{name}"' for name in NETWORKS)
        raise ConfigError(f"encoder must be one of {known}. Received: encoder={encoder!r}")
    config = NETWORKS[encoder]
    for name, size in (("height", height), ("width_px", width_px)):
        if size is not None and size % config.stride:
            raise ConfigError(
                f"{name} must be a multiple of {config.stride} for the encoder {encoder!r}. "
                f"Received: {name}={size}"
            )
    image = layers.Input((height, width_px, input_channels), name="image")
    channels = config.scaled(width)
    outputs = config.disparities if disparities is None else disparities
    build = _vgg if encoder == "vgg" else _compact
    return keras.Model(image, build(image, channels, outputs), name=encoder)


def _vgg(image: Tensor, config: Config, disparities: int) -> list[Tensor]:
    """The paper's network (supplement, table 1), with the original implementation's paddings.

    In each block of the encoder the convolution of stride 1 comes first, as there.
    """
    x, skips = image, []
    for i, (filters, kernel) in enumerate(zip(config.encoder, config.kernels, strict=True), 1):
        x = conv(x, filters, kernel, 1, "elu", f"conv{i}a")
        x = conv(x, filters, kernel, 2, "elu", f"conv{i}")
        skips.append(x)
    outputs: list[Tensor] = []
    for i, filters in zip(range(7, 0, -1), config.decoder, strict=True):
        x = conv(upsample(x, f"up{i}"), filters, 3, 1, "elu", f"upconv{i}")
        parts = [x]
        if i > 1:
            parts.append(skips[i - 2])
        if outputs:
            parts.append(upsample(outputs[-1], f"disp{i + 1}_up"))
        x = layers.Concatenate(name=f"concat{i}")(parts)
        x = conv(x, filters, 3, 1, "elu", f"iconv{i}")
        if i <= SCALES:
            logits = conv(x, disparities, 3, 1, None, f"disp{i}_logits")
            outputs.append(disparity(logits, f"disp{i}"))
    return outputs[::-1]


def _compact(image: Tensor, config: Config, disparities: int) -> list[Tensor]:
    """Ours for CPUs: the paper's family, with as little as possible at half and full size.

    All convolutions are 3x3 or 1x1. From 1/8 size down they have batch normalisation, which
    helps to learn from few samples and melts into the convolution at inference; above, it would
    nearly double the time of training. The encoder halves first; a vector of the whole picture
    is added at its end; the decoder stops at half size, and a transposed convolution makes the
    full-size disparity from features that saw every pixel. Each scale's logits are a correction
    of the coarser scale's.
    """

    def block(scale: int, x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
        if scale < NORM_FROM:
            return conv(x, filters, kernel, stride, "elu", name)
        return conv_norm(x, filters, kernel, stride, name)

    x, skips = image, []
    for i, (filters, depth) in enumerate(zip(config.encoder, config.depths, strict=True), 1):
        x = block(i, x, filters, 3, 2, f"conv{i}")
        for j in range(depth):
            x = block(i, x, filters, 3, 1, f"conv{i}{'bcd'[j]}")
        skips.append(x)
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="whole")(x)
    whole = layers.Conv2D(config.encoder[-1], 1, activation="elu", name="whole_conv")(whole)
    x = layers.Add(name="context")([x, whole])
    outputs: list[Tensor] = []
    logits: Tensor | None = None
    for i, filters in zip(range(len(skips) - 1, 0, -1), config.decoder, strict=True):
        x = upsample(block(i, x, filters, 1, 1, f"upconv{i}"), f"up{i}")
        x = layers.Concatenate(name=f"concat{i}")([x, skips[i - 1]])
        x = block(i, x, filters, 3, 1, f"iconv{i}")
        if i < SCALES:
            change = conv(x, disparities, 3, 1, None, f"disp{i + 1}_change")
            logits = _corrected(logits, change, f"disp{i + 1}")
            outputs.append(disparity(logits, f"disp{i + 1}"))
    change = layers.Conv2DTranspose(disparities, 4, 2, padding="same", name="disp1_change")(x)
    outputs.append(disparity(_corrected(logits, change, "disp1"), "disp1"))
    return outputs[::-1]


def _corrected(coarse: Tensor | None, change: Tensor, name: str) -> Tensor:
    if coarse is None:
        return change
    return layers.Add(name=f"{name}_logits")([upsample(coarse, f"{name}_coarse"), change])


# --- Config -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """Sizes of a network.

    Attributes:
        encoder: Channels of the encoder's blocks; each halves the picture.
        decoder: Channels of the decoder's stages, coarsest first.
        disparities: Channels of each output if not asked otherwise.
        kernels: Kernel sizes of the encoder's blocks ("vgg").
        depths: Further convolutions of stride 1 in each block ("compact").
    """

    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    disparities: int
    kernels: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()

    @property
    def stride(self) -> int:
        """Input pixels that fall into one at the coarsest scale."""
        return 2 ** len(self.encoder)

    def scaled(self, width: float) -> Config:
        """With the channels multiplied, and at least one of each."""
        return replace(
            self,
            encoder=tuple(max(1, round(width * c)) for c in self.encoder),
            decoder=tuple(max(1, round(width * c)) for c in self.decoder),
        )


NETWORKS = {
    "vgg": Config(
        encoder=(32, 64, 128, 256, 512, 512, 512),
        decoder=(512, 512, 256, 128, 64, 32, 16),
        disparities=2,
        kernels=(7, 5, 3, 3, 3, 3, 3),
    ),
    "compact": Config(
        encoder=(16, 32, 64, 128, 192, 256),
        decoder=(128, 112, 80, 48, 16),
        disparities=1,
        depths=(0, 1, 1, 2, 2, 1),
    ),
}
