from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from streamdefocus.errors import InputError
from streamdefocus.photos import Photo, PhotoFormat, encode_photo, read_photo

ORIENTATION, CAMERA = 0x0112, 0x0110
FORMATS: tuple[PhotoFormat, ...] = ("png", "jpg", "webp", "tiff", "bmp", "heic")


def gradient(height: int = 48, width: int = 64) -> np.ndarray:
    """Smooth colours, so that lossy formats keep them, and no two corners alike."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack((x * 255 // width, y * 255 // height, np.full_like(x, 90))).astype(np.uint8)


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[ORIENTATION] = orientation
    block[CAMERA] = "Test camera"
    return block.tobytes()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("with_alpha", [False, True])
def test_round_trip_keeps_pixels_and_metadata(
    tmp_path: Path, format: PhotoFormat, with_alpha: bool
) -> None:
    alpha = np.full((48, 64), 255, np.uint8) if with_alpha else None
    if alpha is not None and format not in ("jpg", "bmp"):
        alpha[:, 40:] = 100
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Photo(gradient(), alpha, exif(1), profile)
    file = tmp_path / f"photo.{format}"
    file.write_bytes(encode_photo(photo, format))
    back = read_photo(file)
    assert back.format == format
    assert np.abs(back.bgr.astype(int) - photo.bgr).mean() < 3
    if format != "bmp":
        block = Image.Exif()
        block.load(back.exif)
        assert block[CAMERA] == "Test camera"
        assert back.icc_profile == profile
    if with_alpha and format not in ("jpg", "bmp"):
        assert back.alpha is not None
        np.testing.assert_allclose(back.alpha, alpha, atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(gradient())
    undo = {  # what a camera held that way has stored
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    file = tmp_path / "photo.png"
    stored.save(file, exif=exif(orientation))
    photo = read_photo(file)
    np.testing.assert_array_equal(photo.bgr[..., ::-1], np.asarray(upright))
    block = Image.Exif()
    block.load(photo.exif)
    assert block[ORIENTATION] == 1


def test_real_photos_of_all_orientations_look_the_same(shared_data: Path) -> None:
    folder = shared_data / "photos" / "exif_orientation"
    first = read_photo(folder / "Portrait_1.jpg").bgr.astype(int)
    for number in range(2, 9):
        other = read_photo(folder / f"Portrait_{number}.jpg").bgr
        assert other.shape == first.shape
        assert np.abs(other - first).mean() < 6  # each was compressed on its own


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_rounded_to_8(tmp_path: Path, suffix: str, channels: int) -> None:
    eight = np.dstack([gradient()] * 2)[..., :channels].squeeze()
    file = tmp_path / f"photo.{suffix}"
    cv2.imwrite(str(file), eight.astype(np.uint16) * 257)
    photo = read_photo(file)
    assert photo.bits == 16
    expected = eight if channels > 1 else np.dstack([eight] * 3)
    assert (photo.alpha is not None) == (channels == 4)
    seen = np.ones(expected.shape[:2], bool) if photo.alpha is None else photo.alpha > 0
    np.testing.assert_array_equal(photo.bgr[seen], expected[..., :3][seen])


def test_transparency_lies_on_white_where_the_format_has_none(tmp_path: Path) -> None:
    clear = np.zeros((48, 64), np.uint8)
    file = tmp_path / "photo.bmp"
    file.write_bytes(encode_photo(Photo(gradient(), clear), "bmp"))
    assert (read_photo(file).bgr == 255).all()


def test_what_is_transparent_goes_on_from_what_is_not(tmp_path: Path) -> None:
    bgr = np.zeros((480, 640, 3), np.uint8)
    alpha = np.zeros((480, 640), np.uint8)
    bgr[100:300, 200:400], alpha[100:300, 200:400] = (40, 120, 230), 255
    alpha[200:210, 200:210] = 3  # its colour can be seen, if hardly
    bgr[200:210, 200:210] = 7
    file = tmp_path / "cut-out.png"
    file.write_bytes(cv2.imencode(".png", np.dstack((bgr, alpha)))[1].tobytes())
    read = read_photo(file)
    np.testing.assert_array_equal(read.alpha, alpha)
    seen = alpha > 0
    np.testing.assert_array_equal(read.bgr[seen], bgr[seen])
    assert np.abs(read.bgr[~seen].astype(int) - (40, 120, 230)).max() <= 16
    bgr[:], alpha[:] = 9, 0
    alpha[5, 5], bgr[5, 5] = 255, 200
    file.write_bytes(cv2.imencode(".png", np.dstack((bgr, alpha)))[1].tobytes())
    assert (read_photo(file).bgr == 200).all()


def test_a_profile_of_another_colour_space_is_dropped(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    buffer = io.BytesIO()
    Image.fromarray(gradient()).save(buffer, "PNG", icc_profile=lab)
    file = tmp_path / "photo.png"
    file.write_bytes(buffer.getvalue())
    assert read_photo(file).icc_profile is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"This is a letter, not a photo.\n" * 20, "is not a photo"),
        (encode_photo(Photo(gradient(480, 640)), "png")[:3000], "damaged"),
        (encode_photo(Photo(gradient(480, 640)), "jpg")[:3000], "damaged"),
        (encode_photo(Photo(gradient()), "png")[:20], "damaged"),
    ],
)
def test_what_is_no_photo_is_refused_in_one_line(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_photo(file)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_video_is_told_where_it_belongs(tmp_path: Path) -> None:
    file = tmp_path / "talk.mp4"
    file.write_bytes(b"....ftypisom" * 9)
    with pytest.raises(InputError, match="for videos there is `streamdefocus video`"):
        read_photo(file)


def test_more_pixels_than_any_panorama_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "wide.png"
    file.write_bytes(encode_photo(Photo(gradient()), "png"))
    read_photo(file)
    assert Image.MAX_IMAGE_PIXELS == 500_000_000
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match="more than 1000 megapixels are refused"):
        read_photo(file)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_photo(tmp_path / "nothing.jpg")
    with pytest.raises(InputError, match="folder without photos"):
        read_photo(tmp_path)


def test_photos_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Photo(gradient()).bits = 16  # type: ignore[misc]
