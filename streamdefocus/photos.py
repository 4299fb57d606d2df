"""Photo files: decoded to upright 8-bit pixels, encoded with the metadata they came with."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import InputError, OutputError
from streamdefocus.frames import BgrImage

PhotoFormat = Literal["png", "jpg", "webp", "tiff", "bmp", "heic"]

SUFFIXES: dict[str, PhotoFormat] = {
    ".png": "png",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
    ".heic": "heic",
    ".heif": "heic",
}
"""File names that folders are searched for; a file given by name is judged by its content."""

_QUALITY = 95
_MOST_PX = 500_000_000
"""Pillow takes larger photos for attacks: it warns, and refuses twice as many pixels. Its own limit
is less than what stitched panoramas have."""
_VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".m4v")
_CONTINUED_PX, _ENOUGH = 512, 0.5
"""At most so many pixels a side, colours go on under transparency; from so many opaque ones on."""
_ORIENTATION, _EXIF_IFD, _EXIF_WIDTH, _EXIF_HEIGHT = 0x0112, 0x8769, 0xA002, 0xA003
_EXIF_FOCAL_35MM = 0xA405
_FILM_DIAGONAL_MM = math.hypot(36, 24)
_HAS_METADATA_IN_OPENCV = ("png", "jpg", "webp")


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    Attributes:
        bgr: H x W x 3 uint8, upright (the EXIF orientation is applied). What nobody sees under
            transparency goes on from what is around it, or blur would draw it in.
        alpha: H x W uint8, or None where the file has no transparency.
        exif: EXIF block with its orientation set to upright, or None.
        icc_profile: RGB colour profile of ``bgr``, or None (then sRGB).
        format: What the file was.
        bits: Bits of a channel in the file; more than 8 were rounded to 8.
    """

    bgr: BgrImage
    alpha: NDArray[np.uint8] | None = None
    exif: bytes | None = None
    icc_profile: bytes | None = None
    format: PhotoFormat = "png"
    bits: int = 8


def read_photo(path: Path) -> Photo:
    """Decode a PNG, JPEG, WebP, TIFF, BMP or HEIC file.

    Raises:
        InputError: The file is missing, empty, truncated, or not a photo.
    """
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder without photos") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if not data:
        raise InputError(f"{path} is empty (0 bytes)")
    try:
        return _decode(data)
    except (OSError, SyntaxError, ValueError, EOFError, cv2.error, _bomb_error()) as error:
        advice = "known are PNG, JPEG, WebP, TIFF, BMP and HEIC"
        if isinstance(error, _bomb_error()):
            advice = f"more than {2 * _MOST_PX // 10**6} megapixels are refused: scale it down"
        elif path.suffix.lower() in _VIDEOS:
            advice = "for videos there is `streamdefocus video`"
        raise InputError(
            f"{path} is not a photo that can be read, or it is damaged ({_first_line(error)}); "
            f"{advice}"
        ) from error


def focal_length_px(photo: Photo) -> float | None:
    """Focal length in pixels by the EXIF tag FocalLengthIn35mmFilm; None where it is missing.

    The tag compares diagonals (CIPA DCG-001); a photo that was cropped later seems wider than it
    is.
    """
    if photo.exif is None:
        return None
    exif = _pillow().Exif()
    exif.load(photo.exif)
    focal_mm = exif.get_ifd(_EXIF_IFD).get(_EXIF_FOCAL_35MM)
    if not focal_mm:  # 0 says that the camera does not know
        return None
    return float(focal_mm) * math.hypot(*photo.bgr.shape[:2]) / _FILM_DIAGONAL_MM


def encode_photo(photo: Photo, format: PhotoFormat) -> bytes:
    """Encode a photo with its metadata; JPEG and BMP, which have no alpha, lie on white.

    Raises:
        OutputError: The format cannot hold the photo (its size, above all).
    """
    pixels: NDArray[np.uint8] = photo.bgr
    if photo.alpha is not None:
        if format in ("jpg", "bmp"):
            pixels = _on_white(photo.bgr, photo.alpha)
        else:
            pixels = np.dstack((photo.bgr, photo.alpha))
    try:
        if format in ("tiff", "heic"):
            return _encode_with_pillow(pixels, photo, format)
        return _encode_with_opencv(pixels, photo, format)
    except (OSError, ValueError, RuntimeError, cv2.error) as error:
        height, width = photo.bgr.shape[:2]
        raise OutputError(
            f"cannot write {width}x{height} pixels as {format}: {_first_line(error)}; "
            "try --format png"
        ) from error


def _decode(data: bytes) -> Photo:
    image = _pillow().open(io.BytesIO(data))
    image.load()  # raises on truncated files, where OpenCV returns grey
    exif = image.getexif()
    orientation = exif.get(_ORIENTATION, 1)
    bits = _bits(image, data)
    pixels = _pixels_16(data) if bits == 16 else _pixels_8(image)
    upright = _upright(pixels, orientation if image.format != "HEIF" else 1)
    has_alpha = upright.shape[2] == 4
    profile = image.info.get("icc_profile")
    bgr = np.ascontiguousarray(upright[..., :3])
    alpha = np.ascontiguousarray(upright[..., 3]) if has_alpha else None
    return Photo(
        bgr=bgr if alpha is None else _continued(bgr, alpha),
        alpha=alpha,
        exif=_exif_of_upright(exif, upright.shape[1], upright.shape[0]),
        icc_profile=profile if profile and profile[16:20] == b"RGB " else None,
        format=_format_of(str(image.format)),
        bits=bits,
    )


def _format_of(pillow_name: str) -> PhotoFormat:
    names = {"JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "TIFF": "tiff", "BMP": "bmp"}
    return cast(PhotoFormat, names.get(pillow_name, "heic" if pillow_name == "HEIF" else "png"))


def _bits(image: Any, data: bytes) -> int:
    if image.format == "PNG":
        return max(8, data[24])  # IHDR: bit depth
    if image.format == "TIFF":
        return max(8, *image.tag_v2.get(258, (8,)))  # BitsPerSample
    return 8


def _pixels_8(image: Any) -> NDArray[np.uint8]:
    """H x W x 3 or 4, BGR or BGRA."""
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    rgb = np.asarray(image.convert("RGBA" if has_alpha else "RGB"))
    code = cv2.COLOR_RGBA2BGRA if has_alpha else cv2.COLOR_RGB2BGR
    return cv2.cvtColor(rgb, code)


def _pixels_16(data: bytes) -> NDArray[np.uint8]:
    """The same of 16-bit files, which Pillow would cut to their high bytes or refuse."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        found = "nothing" if pixels is None else str(pixels.dtype)
        raise ValueError(f"16-bit integer channels expected, found {found}")
    eight = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    if eight.ndim == 2:
        eight = cv2.cvtColor(eight, cv2.COLOR_GRAY2BGR)
    return eight


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation (CIPA DC-008, 4.6.5.1.5): first transpose, then flip."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _exif_of_upright(exif: Any, width: int, height: int) -> bytes | None:
    if not exif:
        return None
    exif[_ORIENTATION] = 1
    details = exif.get_ifd(_EXIF_IFD)
    if _EXIF_WIDTH in details:
        details[_EXIF_WIDTH], details[_EXIF_HEIGHT] = width, height
    return exif.tobytes()


def _encode_with_opencv(pixels: NDArray[np.uint8], photo: Photo, format: PhotoFormat) -> bytes:
    """Several times faster than Pillow at 12 MP."""
    kinds, blocks = [], []
    if format in _HAS_METADATA_IN_OPENCV:
        if photo.exif:
            kinds.append(cv2.IMAGE_METADATA_EXIF)
            blocks.append(np.frombuffer(photo.exif.removeprefix(b"Exif\0\0"), np.uint8))
        if photo.icc_profile:
            kinds.append(cv2.IMAGE_METADATA_ICCP)
            blocks.append(np.frombuffer(photo.icc_profile, np.uint8))
    params = {
        "jpg": [cv2.IMWRITE_JPEG_QUALITY, _QUALITY],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, _QUALITY],
    }.get(format, [])
    if blocks:
        done, data = cv2.imencodeWithMetadata(f".{format}", pixels, kinds, blocks, params)
    else:
        done, data = cv2.imencode(f".{format}", pixels, params)
    if not done:
        raise ValueError("the encoder refused it")
    return data.tobytes()


def _encode_with_pillow(pixels: NDArray[np.uint8], photo: Photo, format: PhotoFormat) -> bytes:
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    image = _pillow().fromarray(cv2.cvtColor(pixels, code))
    options: dict[str, Any] = {"icc_profile": photo.icc_profile} if photo.icc_profile else {}
    if photo.exif:
        options["exif"] = photo.exif
    if format == "heic":  # TIFF stays uncompressed: libtiff cannot write EXIF's nested tables
        options["quality"] = _QUALITY
    buffer = io.BytesIO()
    image.save(buffer, "TIFF" if format == "tiff" else "HEIF", **options)
    return buffer.getvalue()


def _continued(bgr: BgrImage, alpha: NDArray[np.uint8]) -> BgrImage:
    """The colours of what can be seen, spread under what cannot, the farther the smoother."""
    unseen = alpha == 0
    if not unseen.any() or unseen.all():
        return bgr
    height, width = alpha.shape
    factor = min(1.0, _CONTINUED_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    weight = alpha.astype(np.float32) / 255
    known = cv2.resize(bgr * weight[..., None], size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    filled, found = np.zeros_like(known), np.zeros(share.shape, np.bool_)
    reach = 3
    while not found.all() and reach < 4 * max(size):
        around, colour = (
            cv2.boxFilter(each, -1, (reach, reach), normalize=False) for each in (share, known)
        )
        here = (around > _ENOUGH) & ~found
        filled[here] = colour[here] / around[here, None]
        found |= here
        reach = 2 * reach + 1
    filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(unseen[..., None], np.clip(np.rint(filled), 0, 255), bgr).astype(np.uint8)


def _on_white(bgr: BgrImage, alpha: NDArray[np.uint8]) -> BgrImage:
    weight = cv2.merge((alpha, alpha, alpha)).astype(np.uint16)
    blended = (bgr * weight + 255 * (255 - weight) + 127) // 255
    return blended.astype(np.uint8)


@cache
def _pillow() -> Any:
    """Pillow's Image module, with HEIC files made known to it."""
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = _MOST_PX
    return Image


def _bomb_error() -> type[Exception]:
    return _pillow().DecompressionBombError


def _first_line(error: Exception) -> str:
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return re.sub(r" <\S+ object at 0x[0-9a-f]+>", "", line)  # Pillow names the buffer
