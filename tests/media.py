"""Small media files, made by the tests that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

BT601, BT709, BT2020 = 6, 1, 9
LIMITED, FULL = 1, 2
PQ, HLG = 16, 18

KR_KB = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}


@dataclass(frozen=True)
class Sound:
    """One sound track: mono samples in -1..1."""

    samples: NDArray[np.float32]
    rate: int = 48_000
    codec: str = "aac"
    start_s: float = 0.0
    language: str = ""


@dataclass(frozen=True)
class Tags:
    """What a stream says of itself; None = nothing."""

    matrix: int | None = None
    range: int | None = None
    transfer: int | None = None
    primaries: int | None = None
    aspect: Fraction | None = None
    rotation: float | None = None
    hflip: bool = False


def gradient(width: int = 64, height: int = 48, shift: int = 0) -> Image:
    """A smooth picture, different in every corner and for every shift."""
    x = np.linspace(0, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    blue, green, red = (
        40 + 150 * x * np.ones_like(y),
        60 + 150 * y * np.ones_like(x),
        200 - 120 * x * y,
    )
    picture = np.dstack((blue, green, red)) + 3 * (shift % 16)
    return picture.clip(0, 255).astype(np.uint8)


def quadrants(width: int = 64, height: int = 48) -> Image:
    """Red, green, blue and white, clockwise from the top left."""
    picture = np.zeros((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    picture[:h, :w], picture[:h, w:] = (0, 0, 230), (0, 230, 0)
    picture[h:, w:], picture[h:, :w] = (230, 0, 0), (230, 230, 230)
    return picture


def moving(count: int, width: int = 64, height: int = 48) -> list[Image]:
    """Pictures that differ from one to the next."""
    return [gradient(width, height, index) for index in range(count)]


def yuv_frame(bgr: Image, matrix: int, full: bool, pixel_format: str = "yuv444p") -> av.VideoFrame:
    """Encode BGR by the book (ITU-T H.273, 8.3), independently of the code under test.

    Subsampled formats take every other pixel, so give them pictures that are flat in places.
    """
    kr, kb = KR_KB[matrix]
    b, g, r = (bgr[..., channel].astype(float) / 255 for channel in range(3))
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    bits = 10 if "10" in pixel_format else 8
    top = 2**bits - 1
    unit = 2 ** (bits - 8)
    if full:
        planes = [y * top, cb * top + 128 * unit, cr * top + 128 * unit]
    else:
        planes = [(219 * y + 16) * unit, (224 * cb + 128) * unit, (224 * cr + 128) * unit]
    frame = av.VideoFrame(bgr.shape[1], bgr.shape[0], pixel_format)
    for index, (plane, values) in enumerate(zip(frame.planes, planes, strict=True)):
        chosen = values[::2, ::2] if "420" in pixel_format and index else values
        _fill(plane, chosen.round().clip(0, top).astype(np.uint16 if bits > 8 else np.uint8))
    frame.colorspace, frame.color_range = matrix, FULL if full else LIMITED
    return frame


def write_video(
    path: Path,
    pictures: Sequence[Image | av.VideoFrame],
    *,
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    tags: Tags = Tags(),
    sounds: Sequence[Sound] = (),
    metadata: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    chapters: Sequence[dict[str, Any]] = (),
) -> Path:
    """Encode pictures (and sound) into a file; the extension chooses the container."""
    first = pictures[0]
    height, width = (
        first.shape[:2] if isinstance(first, np.ndarray) else (first.height, first.width)
    )
    with av.open(str(path), "w", container_options=muxing) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=rate, time_base=time_base, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        _tag(stream, tags)
        tracks = [_sound_stream(container, sound) for sound in sounds]
        if chapters:
            container.set_chapters(list(chapters))
        for track, sound in zip(tracks, sounds, strict=True):
            _write_sound(container, track, sound)
        for index, picture in enumerate(pictures):
            frame = _as_frame(picture, pixel_format, tags)
            frame.pts = index if pts is None else pts[index]
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound_only(path: Path, sound: Sound) -> Path:
    """A file with sound and no pictures."""
    with av.open(str(path), "w") as container:
        _write_sound(container, _sound_stream(container, sound), sound)
    return path


def tone(seconds: float, rate: int = 48_000) -> Sound:
    """A quiet hum."""
    t = np.arange(round(seconds * rate)) / rate
    return Sound((0.2 * np.sin(2 * np.pi * 220 * t)).astype(np.float32), rate)


def beep(
    at_s: float, seconds: float, rate: int = 48_000, start_s: float = 0.0
) -> NDArray[np.float32]:
    """Silence with 100 ms of 1 kHz that begins at a time; sample 0 is at ``start_s``."""
    t = start_s + np.arange(round((seconds - start_s) * rate)) / rate
    on = (t >= at_s) & (t < at_s + 0.1)
    return (0.8 * on * np.cos(2 * np.pi * 1000 * (t - at_s))).astype(np.float32)


def flash_time_s(path: Path) -> float:
    """When the first bright picture of a file is shown."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.to_ndarray(format="gray").mean() > 100:
                return float(frame.pts * frame.time_base)
    raise AssertionError(f"{path} never flashes")


def beep_time_s(path: Path, track: int = 0) -> float:
    """When the first loud sample of a file is heard."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=track):
            samples = frame.to_ndarray().astype(float)
            scale = 1.0 if frame.format.name.startswith("flt") else 32768.0
            mono = samples.reshape(-1) if frame.format.is_packed else samples[0]
            channels = frame.layout.nb_channels if frame.format.is_packed else 1
            loud = np.flatnonzero(np.abs(mono) / scale > 0.2)
            if loud.size:
                at = loud[0] // channels / frame.sample_rate
                return float(frame.pts * frame.time_base) + at
    raise AssertionError(f"{path} is silent")


def bgr_of(frame: av.VideoFrame, y: int, x: int, matrix: int, full: bool) -> NDArray[np.float64]:
    """Decode one pixel of an 8-bit 4:2:0 frame by the book, from its own luma and chroma."""
    luma, cb, cr = (
        float(np.frombuffer(plane, np.uint8)[at_y * plane.line_size + at_x])
        for plane, at_y, at_x in zip(
            frame.planes, (y, y // 2, y // 2), (x, x // 2, x // 2), strict=True
        )
    )
    kr, kb = KR_KB[matrix]
    luma = luma / 255 if full else (luma - 16) / 219
    cb, cr = ((value - 128) / (255 if full else 224) for value in (cb, cr))
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    return 255 * np.array([blue, green, red])


def psnr_db(a: Image, b: Image) -> float:
    """Peak signal-to-noise ratio of two pictures."""
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _as_frame(picture: Image | av.VideoFrame, pixel_format: str, tags: Tags) -> av.VideoFrame:
    if isinstance(picture, av.VideoFrame):
        return picture
    frame = av.VideoFrame.from_ndarray(picture, "bgr24")
    return frame.reformat(
        format=pixel_format,
        dst_colorspace=tags.matrix or BT601,
        dst_color_range=tags.range or LIMITED,
    )


def _tag(stream: Any, tags: Tags) -> None:
    context = stream.codec_context
    if tags.matrix is not None:
        context.colorspace = tags.matrix
    if tags.range is not None:
        context.color_range = tags.range
    if tags.transfer is not None:
        context.color_trc = tags.transfer
    if tags.primaries is not None:
        context.color_primaries = tags.primaries
    if tags.aspect is not None:
        context.sample_aspect_ratio = tags.aspect
    if tags.rotation is not None:
        stream.set_display_rotation(tags.rotation, hflip=tags.hflip)


def _sound_stream(container: Any, sound: Sound) -> Any:
    stream = container.add_stream(sound.codec, rate=sound.rate)
    stream.layout = "mono"
    if sound.language:
        stream.metadata["language"] = sound.language
    return stream


def _write_sound(container: Any, stream: Any, sound: Sound) -> None:
    offset = round(sound.start_s * sound.rate)
    for start in range(0, len(sound.samples), 1024):
        chunk = np.ascontiguousarray(sound.samples[None, start : start + 1024])
        frame = av.AudioFrame.from_ndarray(chunk, "fltp", "mono")
        frame.sample_rate, frame.pts = sound.rate, offset + start
        frame.time_base = Fraction(1, sound.rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _fill(plane: Any, values: NDArray[Any]) -> None:
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    data = values.view(np.uint8).reshape(plane.height, -1)
    rows[:, : data.shape[1]] = data
