"""Building a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from streamdefocus.depth.network.compact import compact
from streamdefocus.depth.network.config import NETWORKS, Config
from streamdefocus.depth.network.decoder import decoder
from streamdefocus.depth.network.encoders import resnet50, vgg
from streamdefocus.depth.network.heads import (
    LEVELS,
    Deep3DHead,
    DisparityHead,
    Head,
    expected_disparity,
)
from streamdefocus.errors import ConfigError

HEADS = ("disparity", "deep3d")


def build_network(
    encoder: str = "vgg",
    width: float = 1.0,
    height: int | None = 256,
    width_px: int | None = 512,
    input_channels: int = 3,
    disparities: int | None = None,
    head: str = "disparity",
    projecting_shortcuts: bool = False,
    sizes: Mapping[str, Any] | None = None,
) -> keras.Model:
    """A depth network with random weights.

    Args:
        encoder: "vgg" or "resnet50", the paper's; or "compact", ours for CPUs.
        width: Multiplies the channels of every layer but the outputs.
        height: Input height in px, a multiple of the network's stride (vgg 128, others 64);
            None for any.
        width_px: Input width in px, likewise.
        input_channels: 3, or 6 for both views of a stereo pair, the left one first.
        disparities: Channels of each output. With the head "disparity": 2 for the left and right
            view, 1 for the left alone; None: 2, but 1 for "compact", which learns from single
            photos. With the head "deep3d": levels of the distribution, at least 2; None: LEVELS.
        head: "disparity", the paper's; or "deep3d", a distribution over fixed disparities, with
            which the paper compares it.
        projecting_shortcuts: "resnet50" only: project the shortcut of every block, as the original
            implementation does. Its checkpoints need it.
        sizes: "compact" only: other values of encoder, depths, decoder, separable, upsampling,
            finish; see network.config.Config.

    Returns:
        A model from B x H x W x C float32 RGB in 0..1 to a list of four outputs, B x H/s x W/s x D
        float32, s = 1, 2, 4, 8. Head "disparity": disparities in 0..MAX_DISPARITY, a fraction of
        the image width, larger is nearer. Head "deep3d": probabilities of the D levels from 0 to
        MAX_DISPARITY; see disparity_network.

    Raises:
        ConfigError: The encoder or head is unknown, a size is not a multiple of the stride, or an
            option does not go with the encoder or the head.
    """
    _check_name("encoder", encoder, tuple(NETWORKS))
    _check_name("head", head, HEADS)
    if sizes and encoder != "compact":
        raise ConfigError(
            f"sizes are an option of the encoder 'compact'. Received: encoder={encoder!r}"
        )
    config = NETWORKS[encoder].changed(sizes) if sizes else NETWORKS[encoder]
    for name, size in (("height", height), ("width_px", width_px)):
        if size is not None and size % config.multiple:
            raise ConfigError(
                f"{name} must be a multiple of {config.multiple} for the encoder {encoder!r}. "
                f"Received: {name}={size}"
            )
    if projecting_shortcuts and encoder != "resnet50":
        raise ConfigError(
            "projecting_shortcuts is an option of the encoder 'resnet50'. "
            f"Received: encoder={encoder!r}"
        )
    image = layers.Input((height, width_px, input_channels), name="image")
    config = config.scaled(width)
    last = _head(head, config, disparities)
    if encoder == "compact":
        outputs = compact(image, config, last)
    elif encoder == "vgg":
        outputs = decoder(vgg(image, config.encoder, config.kernels), config.decoder, last)
    else:
        features = resnet50(
            image, config.encoder, config.depths, projecting_shortcuts=projecting_shortcuts
        )
        outputs = decoder(features, config.decoder, last)
    return keras.Model(image, outputs, name=encoder)


def disparity_network(network: keras.Model) -> keras.Model:
    """A network with the head "deep3d" as one with the head "disparity", for use after training.

    Args:
        network: Of build_network; its weights are shared.

    Returns:
        A model of the same input to four expected disparities, B x H/s x W/s x 1 float32 in
        0..MAX_DISPARITY.
    """
    outputs = [expected_disparity(output) for output in network.outputs]
    return keras.Model(network.input, outputs, name=network.name)


def convolutions(network: keras.Model) -> tuple[list[layers.Layer], list[layers.Layer]]:
    """The convolutions of the paper's networks, as the original implementation numbers them.

    Its checkpoints call them Conv, Conv_1, ... in the order in which they were made: in the encoder
    block by block (of a bottleneck 1x1, 3x3, 1x1, shortcut), in the decoder coarsest stage first
    (of a stage upconv, iconv, disp).

    Args:
        network: Of build_network, with the encoder "vgg" or "resnet50".

    Returns:
        The encoder's layers and the decoder's, each with a kernel (h x w x in x out) and a bias.
    """
    encoder: dict[tuple[object, ...], layers.Layer] = {}
    decoder: dict[tuple[object, ...], layers.Layer] = {}
    for layer in network.layers:
        if not isinstance(layer, layers.Conv2D):
            continue
        if made := re.fullmatch(r"conv(\d+)(a?)(?:_(\d+)_(\w+))?", layer.name):
            stage, first, block, part = made.groups()
            encoder[int(stage), not first, int(block or 0), part or ""] = layer
        elif made := re.fullmatch(r"(upconv|iconv|disp)(\d+)(?:_logits)?", layer.name):
            kind, stage = made.groups()
            decoder[-int(stage), ("upconv", "iconv", "disp").index(kind)] = layer
    return [encoder[key] for key in sorted(encoder)], [decoder[key] for key in sorted(decoder)]


def _check_name(option: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        names = ", ".join(f'"{k}"' for k in known)
        raise ConfigError(f"{option} must be one of {names}. Received: {option}={name!r}")


def _head(name: str, config: Config, channels: int | None) -> Head:
    if name == "disparity":
        return DisparityHead(config.disparities if channels is None else channels)
    levels = LEVELS if channels is None else channels
    if levels < 2:
        raise ConfigError(
            f"the head 'deep3d' needs at least 2 disparities. Received: disparities={levels}"
        )
    return Deep3DHead(levels)
