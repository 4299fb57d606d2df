"""Which encoder writes which container, and with what options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from av.codec import Codec
from av.codec.codec import UnknownCodecError

from streamdefocus.config import VideoOptions
from streamdefocus.errors import OutputError

_CONTAINERS: Mapping[str, tuple[str, ...]] = {
    ".mp4": ("h264", "hevc", "av1", "vp9"),
    ".m4v": ("h264", "hevc"),
    ".mov": ("h264", "hevc"),
    ".mkv": ("h264", "hevc", "av1", "vp9", "ffv1"),
    ".webm": ("vp9", "av1"),
}
"""Codecs that a container can hold; the first is its default."""

_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}

_ENCODERS: Mapping[str, tuple[str, ...]] = {
    "h264": ("libx264", "h264_videotoolbox", "libopenh264"),
    "hevc": ("libx265", "hevc_videotoolbox"),
    "av1": ("libsvtav1", "libaom-av1"),
    "vp9": ("libvpx-vp9",),
    "ffv1": ("ffv1",),
}
"""Encoders of a codec, the preferred first."""

_EFFORTS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower")
_LARGEST_OTHER_CRF = 63


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder with its options, and the container that it writes into.

    Attributes:
        container: FFmpeg's name of the container.
        name: FFmpeg's name of the encoder.
        options: Options of the encoder; none where it knows no constant quality.
        pixel_format: FFmpeg's name of the pixel layout.
        is_mpeg: Whether it is an MPEG codec: width and height must be even, chroma lies at the
            left, and the stream itself tells the shape of its pixels.
    """

    container: str
    name: str
    options: Mapping[str, str]
    pixel_format: str = "yuv420p"
    is_mpeg: bool = True

    @property
    def is_rgb(self) -> bool:
        """Whether pictures are stored as red, green and blue, without a matrix."""
        return self.pixel_format == "bgr0"


def choose_encoder(path: Path, options: VideoOptions) -> Encoder:
    """Find an encoder for a file by its extension.

    Raises:
        OutputError: The extension is unknown, the container cannot hold the codec, or nothing
            installed encodes it.
    """
    suffix = path.suffix.lower()
    if suffix not in _CONTAINERS:
        raise OutputError(
            f"cannot write video to {path.name!r}: the extension {suffix!r} is unknown; "
            f"known are {', '.join(_CONTAINERS)}"
        )
    codec = options.codec or _CONTAINERS[suffix][0]
    if codec not in _CONTAINERS[suffix]:
        homes = ", ".join(name for name, codecs in _CONTAINERS.items() if codec in codecs)
        raise OutputError(f"a {suffix} file cannot hold {codec} video; write {codec} to {homes}")
    name = next((name for name in _ENCODERS[codec] if _is_installed(name)), None)
    if name is None:
        raise OutputError(f"no encoder for {codec} is installed; try another codec")
    return Encoder(
        _FORMATS[suffix],
        name,
        _options(name, options),
        pixel_format="bgr0" if codec == "ffv1" else "yuv420p",
        is_mpeg=codec in ("h264", "hevc"),
    )


def _is_installed(name: str) -> bool:
    try:
        Codec(name, "w")
    except UnknownCodecError:
        return False
    return True


def _options(name: str, options: VideoOptions) -> dict[str, str]:
    quality = str(options.quality)
    # Equal looks need a higher factor there, on a scale that ends at 63 and not at 51.
    other_quality = str(min(_LARGEST_OTHER_CRF, round(options.quality * 1.4)))
    effort = _EFFORTS.index(options.preset)
    match name:
        case "libx264":
            return {"crf": quality, "preset": options.preset}
        case "libx265":
            return {"crf": quality, "preset": options.preset, "x265-params": "log-level=error"}
        case "libsvtav1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only; it writes to stderr by itself
            return {"crf": other_quality, "preset": str(12 - effort)}
        case "libvpx-vp9":
            is_fast = effort < _EFFORTS.index("medium")
            return {
                "crf": other_quality,
                "deadline": "realtime" if is_fast else "good",
                "cpu-used": str(8 - effort if is_fast else 9 - effort),
                "row-mt": "1",
            }
        case _:
            return {}
