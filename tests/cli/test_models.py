from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.cli.main import run
from streamdefocus.config import DepthOptions
from streamdefocus.depth import DisparityEstimator
from streamdefocus.depth.importing import default_name, import_checkpoint
from streamdefocus.depth.weights import find_model

originals = pytest.importorskip("originals", reason="needs TensorFlow")

from streamdefocus.depth.network import build_network  # noqa: E402

WIDTH = 0.05


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of models, empty."""
    folder = tmp_path / "models"
    monkeypatch.setenv("STREAMDEFOCUS_MODELS", str(folder))
    return folder


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "cat.png"), picture)
    return tmp_path / "cat.png"


def small(tmp_path: Path, library: Path, name: str, encoder: str = "vgg", views: int = 1) -> None:
    prefix = originals.save(originals.make(encoder, WIDTH, views), tmp_path / name / "model_x")
    import_checkpoint(prefix, name, library, (256, 128), width=WIDTH)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all names and shapes of the released VGG."""
    folder = tmp_path_factory.mktemp("released")
    originals.save(originals.make("vgg"), folder / "model_kitti")
    return folder


def test_an_original_is_imported_and_used(
    released: Path, photo: Path, tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "import", str(released), "--name", "kitti", "--input", "256x128"]) == 0
    said = capsys.readouterr().out
    assert "non-commercial" in said and "--model kitti" in said
    assert sorted(p.name for p in (library / "kitti").iterdir()) == [
        "kitti.bin",
        "kitti.md",
        "kitti.weights.h5",
        "kitti.xml",
        "manifest.toml",
    ]
    assert run(["models", "info", "kitti"]) == 0
    said = capsys.readouterr().out
    assert "31,600,072 parameters" in said and "one picture, 256x128" in said
    assert "non-commercial" in said and "model_kitti" in said
    assert run(["models", "list"]) == 0
    assert "kitti    256x128" in capsys.readouterr().out
    out = tmp_path / "out"
    assert run(["photo", str(photo), "-o", str(out), "--model", "kitti", "-q"]) == 0
    assert np.load(out / "cat_disp.npy").shape == (60, 90)
    assert run(["models", "remove", "kitti"]) == 0
    assert list(library.iterdir()) == []
    assert run(["photo", str(photo), "-o", str(out), "--model", "kitti"]) == 1
    assert "unknown model 'kitti'" in capsys.readouterr().err


@pytest.mark.parametrize("encoder", ["vgg", "resnet50"])
def test_an_imported_model_says_on_photos_what_the_original_says(
    encoder: str, tmp_path: Path, library: Path
) -> None:
    small(tmp_path, library, "small", encoder)
    picture = np.random.default_rng(0).integers(0, 256, (128, 256, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    image = picture[None, ..., ::-1].astype(np.float32) / 255
    expected = originals.Original(originals.make(encoder, WIDTH))(image)[0][0, ..., 0]
    bounds = {"keras": 1e-5, "openvino": 2e-3}  # OpenVINO: float16 weights, maybe bfloat16
    for engine, bound in bounds.items():
        options = ["--model", "small", "--engine", engine, "-o", str(tmp_path / engine), "-q"]
        assert run(["photo", str(tmp_path / "p.png"), *options]) == 0
        found = np.load(tmp_path / engine / "p_disp.npy")
        np.testing.assert_allclose(found, expected, atol=bound)


def test_a_model_of_pairs_has_no_file_for_single_pictures(
    tmp_path: Path, library: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small(tmp_path, library, "pairs", views=2)
    model = find_model("pairs")
    assert model.input_channels == 6 and model.metric and model.openvino == {}
    assert run(["models", "info", "pairs"]) == 0
    assert "both views of a stereo pair" in capsys.readouterr().out
    assert run(["photo", str(photo), "--model", "pairs"]) == 1
    assert "looks at both views of a stereo pair" in capsys.readouterr().err


def test_another_model_of_the_name_is_replaced_only_when_asked(
    tmp_path: Path, library: Path
) -> None:
    small(tmp_path, library, "mine")
    small(tmp_path, library, "mine")  # the same checkpoint again
    other = originals.save(originals.make("vgg", WIDTH, seed=1), tmp_path / "other")
    with pytest.raises(Exception, match="there is another model 'mine', made of model_x"):
        import_checkpoint(other, "mine", library, width=WIDTH)
    import_checkpoint(other, "mine", library, width=WIDTH, replace=True)
    origin = find_model("mine").origin
    assert origin is not None and origin.file == "other"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "compact"], "'compact' comes with streamdefocus"),
        (["--name", "My.Model"], "a model's name has small letters"),
        (["--name", "kitti"], "is not a checkpoint of the original implementation"),
        (["--name", "kitti", "--input", "512"], "must be like 512x256"),
    ],
)
def test_a_refused_import_leaves_nothing_behind(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    library: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prefix = originals.save(originals.make("vgg", WIDTH), tmp_path / "model_kitti")
    assert run(["models", "import", str(prefix), *arguments]) > 0
    assert message in capsys.readouterr().err
    assert not library.exists()


def test_an_input_between_strides_is_refused(tmp_path: Path, library: Path) -> None:
    prefix = originals.save(originals.make("vgg", WIDTH), tmp_path / "model_kitti")
    with pytest.raises(Exception, match=r"multiples of 128. Received: 640x192"):
        import_checkpoint(prefix, "kitti", library, (640, 192), width=WIDTH)
    assert not library.exists()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("model_city2kitti_resnet.zip", "city2kitti_resnet"),
        ("model_kitti.data-00000-of-00001", "kitti"),
        ("Mein Modell.zip", "mein-modell"),
        ("model_.zip", "imported"),
    ],
)
def test_a_model_is_called_like_its_checkpoint(file: str, name: str) -> None:
    assert default_name(Path(file)) == name


def test_an_export_is_checked_and_runs_as_a_model(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ai_edge_litert")
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(photo, folder)
    file = tmp_path / "compact.tflite"
    options = ["--check", str(folder), "--input", "128x64"]
    assert run(["models", "export", "compact", "-o", str(file), *options]) == 0
    said = capsys.readouterr().out
    assert "LiteRT, float32" in said and "1 pictures against the network" in said
    assert run(["photo", str(photo), "--model", str(file), "-o", str(tmp_path / "out")]) == 0
    assert sizes_seen(file) == [(64, 128), (64, 128)]


def sizes_seen(model: Path) -> list[tuple[int, ...]]:
    """At which sizes a landscape and an upright picture are looked at."""
    with DisparityEstimator(DepthOptions(model=str(model))) as opened:
        pictures = np.zeros((60, 90, 3), np.uint8), np.zeros((90, 60, 3), np.uint8)
        return [opened.estimate(picture)[1].shape for picture in pictures]


def test_a_keras_file_of_one_size_is_used_and_exported_too(tmp_path: Path) -> None:
    whole = tmp_path / "n.keras"
    assert run(["models", "export", "compact", "-o", str(whole), "--input", "128x64"]) == 0
    assert sizes_seen(whole) == [(64, 128), (64, 128)]
    assert run(["models", "export", str(whole), "-o", str(tmp_path / "n.xml")]) == 0
    assert (tmp_path / "n.bin").is_file()


def test_what_a_training_run_learnt_is_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "tiny"
    folder.mkdir(parents=True)
    network = build_network("compact", width=0.1, height=64, width_px=128, disparities=2)
    network.save_weights(folder / "tiny.weights.h5")
    (folder / "network.toml").write_text(
        'encoder = "compact"\nwidth = 0.1\ndisparities = 2\ninput_px = [128, 64]\nmetric = true\n'
    )
    assert run(["models", "export", str(folder), "-o", str(tmp_path / "tiny.xml")]) == 0
    assert "pictures against the network" in capsys.readouterr().out
    (folder / "tiny.weights.h5").unlink()
    assert run(["models", "export", str(folder), "-o", str(tmp_path / "n.xml")]) > 0
    assert "is not the folder of a training run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compact", "-o", "n.onnx"], "no format ends in '.onnx'"),
        (["compact", "-o", "n.tflite", "--check", "nowhere"], "there are no photos in nowhere"),
        (["n.xml", "-o", "n.tflite"], "only a model's name, a training run's folder"),
        (["n.keras", "-o", "n.tflite"], "model file n.keras does not exist"),
        (["nobody", "-o", "n.tflite"], "unknown model 'nobody'"),
        (["compact", "-o", "n.xml", "--format", "litert"], "must end in .tflite"),
    ],
)
def test_an_export_that_cannot_be_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "export", *arguments]) > 0
    assert message in capsys.readouterr().err
