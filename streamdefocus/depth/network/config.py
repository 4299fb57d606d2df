"""Sizes of the networks, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from streamdefocus.errors import ConfigError


@dataclass(frozen=True)
class Config:
    """Sizes of a network.

    Attributes:
        encoder: Channels of the encoder's blocks or stages.
        decoder: Channels of the decoder's stages, coarsest first.
        disparities: Channels of each disparity if not asked otherwise.
        stride: Input pixels that fall into one at the coarsest scale; None: every block of the
            encoder halves.
        kernels: Kernel sizes of the encoder's blocks ("vgg").
        depths: Bottlenecks of each stage ("resnet50"); further convolutions of stride 1 in each
            block ("compact").
        separable: "compact": from 1/8 size down, 3x3 convolutions are one of each channel alone,
            then a 1x1 of all.
        upsampling: "compact": how the decoder's features are enlarged.
        finish: "compact": where the full-size output comes from: "transposed", a transposed
            convolution of the features at half size, or "full", convolutions at full size that
            see the picture.
    """

    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    disparities: int
    stride: int | None = None
    kernels: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()
    separable: bool = False
    upsampling: Literal["nearest", "bilinear"] = "nearest"
    finish: Literal["transposed", "full"] = "transposed"

    @property
    def multiple(self) -> int:
        """Heights and widths of the input are multiples of this."""
        return self.stride or 2 ** len(self.encoder)

    def scaled(self, width: float) -> Config:
        """With the channels multiplied, and at least one of each."""
        return replace(
            self,
            encoder=tuple(max(1, round(width * c)) for c in self.encoder),
            decoder=tuple(max(1, round(width * c)) for c in self.decoder),
        )

    def changed(self, sizes: Mapping[str, Any]) -> Config:
        """A compact network with other sizes.

        Args:
            sizes: Other values by attribute, of SIZES.

        Raises:
            ConfigError: An attribute is unknown, or sizes do not go together.
        """
        if unknown := set(sizes) - set(SIZES):
            raise ConfigError(
                f"sizes of a network are {', '.join(SIZES)}. Received: {', '.join(unknown)}"
            )
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in sizes.items()
        }
        found = replace(self, **values)
        blocks, stages = len(found.encoder), len(found.decoder)
        if blocks != len(found.depths) or blocks != stages + 1 or stages < 4:
            raise ConfigError(
                "a compact network has as many depths as blocks in its encoder, at least 5, and "
                f"one stage less in its decoder. Received: encoder={found.encoder}, "
                f"depths={found.depths}, decoder={found.decoder}"
            )
        return found


SIZES = ("encoder", "depths", "decoder", "separable", "upsampling", "finish")
"""What may be changed of a compact network."""

NETWORKS: Mapping[str, Config] = MappingProxyType(
    {
        "vgg": Config(
            stride=128,
            encoder=(32, 64, 128, 256, 512, 512, 512),
            decoder=(512, 512, 256, 128, 64, 32, 16),
            disparities=2,
            kernels=(7, 5, 3, 3, 3, 3, 3),
        ),
        "resnet50": Config(
            stride=64,
            encoder=(64, 64, 128, 256, 512),
            decoder=(512, 256, 128, 64, 32, 16),
            disparities=2,
            depths=(3, 4, 6, 3),
        ),
        "compact": Config(
            encoder=(16, 32, 64, 128, 192, 256),
            decoder=(128, 112, 80, 48, 16),
            disparities=1,
            depths=(0, 1, 1, 2, 2, 1),
        ),
    }
)
