from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from streamdefocus.cli.main import run
from streamdefocus.resources import resource_dir


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    y, x = np.mgrid[0:90, 0:120]
    picture = np.dstack((x * 2, y * 2, (x * y) % 255)).astype(np.uint8)
    file = tmp_path / "cat.jpg"
    exif = Image.Exif()
    exif[0x0110] = "Test camera"
    Image.fromarray(picture).save(file, exif=exif, quality=95)
    return file


def test_writes_disparity_depth_map_and_result(photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes()
    assert run(["photo", str(photo), "-o", str(tmp_path / "out"), "--focus", "0.5,0.5"]) == 0
    out = tmp_path / "out"
    assert sorted(p.name for p in out.iterdir()) == [
        "cat_defocus.png",
        "cat_depth.png",
        "cat_disp.npy",
    ]
    disparity = np.load(out / "cat_disp.npy")
    assert disparity.dtype == np.float32
    assert disparity.shape == (90, 120)
    assert np.isfinite(disparity).all()
    assert cv2.imread(str(out / "cat_depth.png")).shape == (90, 120, 3)
    result = Image.open(out / "cat_defocus.png")
    assert result.size == (120, 90)
    assert result.getexif()[0x0110] == "Test camera"
    result.close()
    assert photo.read_bytes() == before


def test_uncertainty_is_written_beside_the_rest(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--uncertainty", "--augmentations", "3", "-q"]
    assert run(["photo", str(photo), "-o", str(out), *options]) == 0
    uncertainty = np.load(out / "cat_uncertainty.npy")
    assert uncertainty.dtype == np.float32
    assert uncertainty.shape == (90, 120)
    assert uncertainty.min() >= 0
    assert uncertainty.max() > 0
    assert cv2.imread(str(out / "cat_uncertainty.png")).shape == (90, 120, 3)
    assert (out / "cat_defocus.png").is_file()


def test_metres_are_refused_where_disparity_is_relative(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--baseline-m", "0.54", "--focal-px", "700", "-o", str(tmp_path / "out")]
    assert run(["photo", str(photo), str(photo), *options]) == 2
    assert capsys.readouterr().err.count("this model's disparity is relative") == 1
    assert not (tmp_path / "out").exists()


@pytest.fixture
def metric_model(tmp_path: Path) -> Path:
    """The compact network as a bare file, of which nobody knows that it is relative."""
    folder = resource_dir("models")
    for ending in ("xml", "bin"):
        shutil.copy(folder / f"compact.{ending}", tmp_path / f"net.{ending}")
    return tmp_path / "net.xml"


def test_metres_by_a_given_focal_length(photo: Path, metric_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--model", str(metric_model), "--baseline-m", "0.54", "--focal-px", "100"]
    assert run(["photo", str(photo), "-o", str(out), "-q", *options]) == 0
    depth_m, disparity = np.load(out / "cat_depth_m.npy"), np.load(out / "cat_disp.npy")
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, 100 * 0.54 / (120 * disparity), rtol=1e-5)


def test_metres_by_the_focal_length_in_exif(
    metric_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 28
    blank = Image.new("RGB", (160, 120), (90, 120, 150))
    blank.save(tmp_path / "tagged.jpg", exif=exif)
    blank.save(tmp_path / "bare.jpg")
    files = [str(tmp_path / name) for name in ("bare.jpg", "tagged.jpg")]
    options = ["--model", str(metric_model), "--baseline-m", "0.5", "-o", str(tmp_path / "out")]
    assert run(["photo", *files, *options]) == 1
    shown = capsys.readouterr().err
    assert "error: depth in metres needs the focal length" in shown
    # A diagonal of 200 px, of 43.267 mm on film: 28 mm are 129.4 px.
    assert "(focal length 129 px, EXIF)" in shown
    depth_m = np.load(tmp_path / "out" / "tagged_depth_m.npy")
    disparity = np.load(tmp_path / "out" / "tagged_disp.npy")
    np.testing.assert_allclose(depth_m, 129.43 * 0.5 / (160 * disparity), rtol=1e-3)


def test_format_input_and_beside_the_input(photo: Path) -> None:
    assert run(["photo", str(photo), "--format", "input", "-q"]) == 0
    assert (photo.parent / "cat_defocus.jpg").is_file()


def test_a_folder_again_leaves_its_own_results_alone(photo: Path, tmp_path: Path) -> None:
    assert run(["photo", str(tmp_path), "-q"]) == 0
    names = sorted(p.name for p in tmp_path.iterdir())
    assert run(["photo", str(tmp_path), "-q"]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == names


def test_names_that_would_collide_are_told_apart(photo: Path, tmp_path: Path) -> None:
    other = tmp_path / "cat.png"
    cv2.imwrite(str(other), np.zeros((60, 60, 3), np.uint8))
    out = tmp_path / "out"
    assert run(["photo", str(photo), str(other), "-o", str(out), "-q"]) == 0
    assert np.load(out / "cat_disp.npy").shape == (90, 120)
    assert np.load(out / "cat_png_disp.npy").shape == (60, 60)


def test_photos_of_one_name_from_many_folders_are_all_kept(photo: Path, tmp_path: Path) -> None:
    photos = []
    for number in range(4):
        photos.append(tmp_path / str(number) / photo.name)
        photos[-1].parent.mkdir()
        shutil.copy(photo, photos[-1])
    out = tmp_path / "out"
    assert run(["photo", *map(str, photos), "-o", str(out), "-q"]) == 0
    assert len(list(out.glob("*_disp.npy"))) == 4


def test_one_bad_file_does_not_stop_the_rest(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photo")
    out = tmp_path / "out"
    assert run(["photo", str(bad), str(tmp_path / "none.png"), str(photo), "-o", str(out)]) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert "bad.jpg is not a photo" in errors[0]
    assert "none.png" in errors[1]
    assert (out / "cat_defocus.png").is_file()


def test_results_never_replace_an_input(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "cat_depth.png"
    cv2.imwrite(str(other), np.zeros((60, 60, 3), np.uint8))
    before = other.read_bytes()
    assert run(["photo", str(photo), str(other), "-q"]) == 1
    assert "would overwrite the input" in capsys.readouterr().err
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--focus", "2,0"], 2, "focus must lie in 0..1"),
        (["--blur", "50"], 2, "50.0 is not in the range 0<=x<=10"),
        (["--aperture-shape", "star"], 2, "'star' is not one of"),
        (["--config", "none.toml"], 2, "cannot read configuration none.toml"),
        (["--model", "huge"], 1, "unknown model 'huge'. Known: compact"),
        (["--model", "none.onnx"], 1, "model file none.onnx does not exist"),
        (["--wrong"], 2, "No such option"),
    ],
)
def test_wrong_options_give_one_line(
    photo: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, expected: str
) -> None:
    assert run(["photo", str(photo), *arguments]) == code
    shown = capsys.readouterr().err
    assert expected in shown
    assert "Traceback" not in shown


def test_an_output_folder_that_cannot_be_made(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["photo", str(photo), "-o", str(photo / "below")]) == 1
    assert "cannot make the folder" in capsys.readouterr().err
