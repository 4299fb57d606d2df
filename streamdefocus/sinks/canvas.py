"""How a frame becomes the picture that a codec stores: size, shape of pixels, colour."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import cv2
from av.video.frame import VideoFrame

from streamdefocus.frames import BgrImage
from streamdefocus.media.colour import FromBgr, default_colour
from streamdefocus.media.containers import MediaTraits
from streamdefocus.sinks.encoders import Encoder

_KNOW_ASPECT = ("mp4", "mov")
"""Containers that tell the shape of a pixel where the codec does not. (Matroska could, but takes it
from a field that PyAV does not set.)"""


class Canvas:
    """What all pictures of one video have in common.

    H.264 and HEVC with 4:2:0 hold even sizes only: the last column or row of an odd one is
    repeated. Where pixels are not square and neither codec nor container can say so, pictures are
    stretched.

    Args:
        size: (width, height) of the frames, in px.
        encoder: What the pictures are for.
        traits: The file that the frames came from, or None.

    Attributes:
        size: (width, height) of the stored picture, in px.
        aspect: Width of a stored pixel by its height.
        colour: How colours are stored.
    """

    def __init__(self, size: tuple[int, int], encoder: Encoder, traits: MediaTraits | None) -> None:
        width, height = self.size = self._given = size
        self.aspect = traits.sample_aspect_ratio if traits else Fraction(1)
        self._pads = encoder.is_mpeg
        if encoder.is_mpeg:
            self.size = (width + width % 2, height + height % 2)
        elif self.aspect != 1 and encoder.container not in _KNOW_ASPECT:
            self.size = (max(1, round(width * self.aspect)), height)
            self.aspect = Fraction(1)
        colour = traits.colour if traits else default_colour(*size)
        self.colour = colour.as_rgb if encoder.is_rgb else colour
        self._convert = FromBgr(self.colour, encoder.pixel_format, encoder.is_mpeg)

    def __call__(self, bgr: BgrImage) -> VideoFrame:
        """The picture to store, without a time."""
        if self.size != self._given:
            bgr = self._pad(bgr) if self._pads else self._stretch(bgr)
        return self._convert(bgr)

    def _pad(self, bgr: BgrImage) -> BgrImage:
        right, bottom = self.size[0] - bgr.shape[1], self.size[1] - bgr.shape[0]
        padded = cv2.copyMakeBorder(bgr, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        return cast(BgrImage, padded)

    def _stretch(self, bgr: BgrImage) -> BgrImage:
        return cast(BgrImage, cv2.resize(bgr, self.size, interpolation=cv2.INTER_CUBIC))
