"""What the numbers in a video stand for: matrix, range, primaries, transfer (ITU-T H.273).

The numbers of the enumerations are H.273's, which FFmpeg and PyAV use as they are.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from typing import cast

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from streamdefocus.frames import BgrImage
from streamdefocus.media.hdr import tone_map

_ACCURATE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Exact to half a level; without the flags whole areas are off by up to 3 levels."""

_ACCURATE_16_BITS = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
"""With FULL_CHR_H_INT, swscale 9.5 writes garbage into packed 16-bit formats."""

_THREADS = min(4, os.cpu_count() or 1)
_HD_WIDTH_PX, _HD_HEIGHT_PX = 1280, 577


class Matrix(IntEnum):
    """Matrix coefficients: how luma and chroma were made of red, green and blue."""

    RGB = 0
    BT709 = 1
    UNSPECIFIED = 2
    FCC = 4
    BT470BG = 5
    SMPTE170M = 6
    SMPTE240M = 7
    BT2020 = 9


_CONVERTIBLE = {
    **{int(m): int(m) for m in Matrix if m not in (Matrix.RGB, Matrix.UNSPECIFIED)},
    10: int(Matrix.BT2020),  # constant luminance: rare, and near enough
}
"""The matrix to convert with, by the matrix that a file names."""

_RESERVED = (0, 3)
"""Values of H.273 that mean nothing, and that encoders refuse."""


class Transfer(IntEnum):
    """Transfer characteristics that need attention."""

    BT709 = 1
    UNSPECIFIED = 2
    PQ = 16
    HLG = 18


class Primaries(IntEnum):
    """Colour primaries that need attention."""

    BT709 = 1
    UNSPECIFIED = 2
    BT2020 = 9


@dataclass(frozen=True, slots=True)
class Colour:
    """How to store BGR pictures as luma and chroma so that they look as they did.

    Attributes:
        matrix: One of ``Matrix``, never UNSPECIFIED.
        full_range: Whether luma uses 0..255 and not 16..235.
        primaries: H.273 colour primaries; only passed on.
        transfer: H.273 transfer characteristics; only passed on.
    """

    matrix: int = Matrix.BT709
    full_range: bool = False
    primaries: int = Primaries.UNSPECIFIED
    transfer: int = Transfer.UNSPECIFIED

    @property
    def shown(self) -> Colour:
        """What the BGR pictures that ``ToBgr`` makes should be stored as."""
        if self.is_hdr:
            return Colour(Matrix.BT709, False, Primaries.BT709, Transfer.BT709)
        return self

    @property
    def as_rgb(self) -> Colour:
        """The same colours, stored as red, green and blue."""
        return replace(self, matrix=Matrix.RGB, full_range=True)

    @property
    def is_hdr(self) -> bool:
        """Whether the numbers are high dynamic range and cannot be shown as they are."""
        return self.transfer in (Transfer.PQ, Transfer.HLG)


def default_colour(width: int, height: int) -> Colour:
    """What players assume where a file does not say: BT.709 for HD, BT.601 below."""
    is_hd = width >= _HD_WIDTH_PX or height >= _HD_HEIGHT_PX
    return Colour(Matrix.BT709 if is_hd else Matrix.SMPTE170M)


def colour_of(frame: VideoFrame) -> Colour:
    """What a decoded frame's numbers stand for; what the file leaves open is guessed."""
    transfer, primaries = frame.color_trc, frame.color_primaries
    matrix = _CONVERTIBLE.get(frame.colorspace)
    if matrix is None and transfer in (Transfer.PQ, Transfer.HLG):
        matrix = Matrix.BT2020
    if matrix is None:
        matrix = default_colour(frame.width, frame.height).matrix
    full_range = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    return Colour(
        matrix,
        full_range and not frame.format.is_rgb,
        Primaries.UNSPECIFIED if primaries in _RESERVED else primaries,
        Transfer.UNSPECIFIED if transfer in _RESERVED else transfer,
    )


class ToBgr:
    """Converts decoded frames to BGR; keeps its tables from frame to frame.

    Args:
        colour: What the frames' numbers stand for. HDR is tone-mapped to BT.709.
    """

    def __init__(self, colour: Colour) -> None:
        self._colour = colour
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> BgrImage:
        """H x W x 3 uint8 of a frame; the frame's colour tags are overwritten."""
        if not frame.format.is_rgb:
            frame.colorspace = self._colour.matrix
            frame.color_range = _range(self._colour)
        if self._colour.is_hdr:
            deep = self._reformat(frame, "bgr48le", _ACCURATE_16_BITS).to_ndarray()
            return tone_map(cast("NDArray[np.uint16]", deep), self._colour.transfer == Transfer.HLG)
        bgr = self._reformat(frame, "bgr24", _ACCURATE).to_ndarray()
        return cast(BgrImage, np.ascontiguousarray(bgr))

    def _reformat(self, frame: VideoFrame, layout: str, how: Interpolation) -> VideoFrame:
        return self._scaler.reformat(
            frame,
            format=layout,
            dst_color_range=ColorRange.JPEG,
            interpolation=how,
            threads=_THREADS,
        )


class FromBgr:
    """Converts BGR pictures to what an encoder takes.

    Args:
        colour: How to store them.
        pixel_format: FFmpeg's name of the layout, such as "yuv420p".
        left_chroma: Whether decoders take the chroma of 4:2:0 to lie at the left one of two
            pixels, as H.264 and HEVC do (H.264, E.2.1), and not between them, which is what
            swscale writes when it is not told. Half a pixel: a colour fringe at every edge.
    """

    def __init__(self, colour: Colour, pixel_format: str, left_chroma: bool = False) -> None:
        self._colour = colour
        self._pixel_format = pixel_format
        self._left_chroma = left_chroma
        self._graph: Graph | None = None
        self._scaler = VideoReformatter()

    def __call__(self, bgr: BgrImage) -> VideoFrame:
        """A new frame, tagged with the colour."""
        frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(bgr), "bgr24")
        if self._left_chroma:
            frame = self._say_left(frame)
        frame = self._scaler.reformat(
            frame,
            format=self._pixel_format,
            dst_colorspace=self._colour.matrix,
            dst_color_range=_range(self._colour),
            interpolation=_ACCURATE,
            threads=_THREADS,
        )
        frame.colorspace = self._colour.matrix
        frame.color_primaries = self._colour.primaries
        frame.color_trc = self._colour.transfer
        return frame

    def _say_left(self, frame: VideoFrame) -> VideoFrame:
        """Set the frame's chroma location, for which PyAV has a filter but no attribute."""
        if self._graph is None:
            self._graph = Graph()
            source = self._graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=Fraction(1, 1000),
            )
            tag = self._graph.add("setparams", "chroma_location=left")
            self._graph.link_nodes(source, tag, self._graph.add("buffersink")).configure()
        self._graph.vpush(frame)
        return self._graph.vpull()


def _range(colour: Colour) -> ColorRange:
    return ColorRange.JPEG if colour.full_range else ColorRange.MPEG
