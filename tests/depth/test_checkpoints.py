from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from streamdefocus.depth.checkpoints import read_checkpoint
from streamdefocus.errors import ModelError

originals = pytest.importorskip("originals", reason="needs TensorFlow")

WIDTH = 0.05
KINDS = [("vgg", 1), ("vgg", 2), ("resnet50", 1), ("resnet50", 2)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small VGG checkpoint, alone in a folder."""
    originals.save(originals.make("vgg", WIDTH), tmp_path / "c" / "model_kitti")
    return tmp_path / "c"


def changed(tmp_path: Path, **changes: np.ndarray | None) -> Path:
    """A small checkpoint with some variables replaced, added or (None) left out."""
    arrays = originals.make("vgg", WIDTH)
    for name, value in changes.items():
        arrays.pop(name, None)
        if value is not None:
            arrays[name] = value
    return originals.save(arrays, tmp_path / "changed")


@pytest.mark.parametrize(("encoder", "views"), KINDS)
def test_the_network_says_what_the_original_says(encoder: str, views: int, tmp_path: Path) -> None:
    arrays = originals.make(encoder, WIDTH, views)
    checkpoint = read_checkpoint(originals.save(arrays, tmp_path / "m"), WIDTH)
    assert checkpoint.arguments["encoder"] == encoder
    assert checkpoint.network.input_shape == (None, None, None, 3 * views)
    image = np.random.default_rng(1).random((1, 128, 256, 3 * views), dtype=np.float32)
    expected = originals.Original(arrays)(image)
    found = [np.asarray(output) for output in checkpoint.network(image, training=False)]
    assert [f.shape for f in found] == [e.shape for e in expected]
    assert np.ptp(expected[0]) > 1e-3  # otherwise agreement would mean nothing
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("encoder", "views", "parameters"),
    [("vgg", 1, 31_600_072), ("vgg", 2, 31_604_776), ("resnet50", 1, 58_452_008)],
)
def test_the_originals_shapes_add_up_to_their_number_of_parameters(
    encoder: str, views: int, parameters: int
) -> None:
    shapes = originals.vgg_shapes(1.0, views) if encoder == "vgg" else originals.resnet_shapes(1, 1)
    shapes = shapes + originals.decoder_shapes(encoder, 1.0)
    assert sum(int(np.prod(shape)) + shape[-1] for shape in shapes) == parameters


def test_what_training_leaves_in_a_checkpoint_is_ignored(tmp_path: Path) -> None:
    arrays = originals.make("vgg", WIDTH)
    prefix = originals.save(arrays, tmp_path / "m", training=True)
    network = read_checkpoint(prefix, WIDTH).network
    kernel = np.asarray(network.get_layer("conv1a").kernel)
    np.testing.assert_array_equal(kernel, arrays["model/encoder/Conv/weights"])


@pytest.mark.parametrize(
    "path",
    ["", "model_kitti", "model_kitti.index", "model_kitti.data-00000-of-00001", "checkpoint"],
)
def test_a_checkpoint_may_be_given_in_any_of_its_ways(folder: Path, path: str) -> None:
    checkpoint = read_checkpoint(folder / path, WIDTH)
    assert checkpoint.file == "model_kitti"
    assert re.fullmatch("[0-9a-f]{64}", checkpoint.sha256)


def test_a_folder_in_a_folder_is_found(folder: Path) -> None:
    (folder / "checkpoint").unlink()
    assert read_checkpoint(folder.parent, WIDTH).file == "model_kitti"


@pytest.mark.parametrize("inside", ["", "model_kitti/", "a/b/"])
def test_a_zip_is_read_without_unpacking_it_oneself(
    folder: Path, tmp_path: Path, inside: str
) -> None:
    archive = originals.pack(folder, tmp_path / "model_kitti.zip", inside)
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("__MACOSX/._model_kitti.index", b"shadow")
        packed.writestr("readme.txt", b"hello")
    before = sorted(tmp_path.rglob("*"))
    assert read_checkpoint(archive, WIDTH).file == "model_kitti.zip"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_cannot_write_outside(folder: Path, tmp_path: Path) -> None:
    archive = originals.pack(folder, tmp_path / "evil.zip", "../../../../../../tmp/")
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    assert any(name.startswith("..") for name in names)
    outside = Path("/tmp/model_kitti.index")
    assert not outside.exists()
    read_checkpoint(archive, WIDTH)
    assert not outside.exists()


def test_the_step_that_tensorflow_names_is_taken_of_several(folder: Path) -> None:
    originals.save(originals.make("vgg", WIDTH, seed=2), folder / "model-7")
    assert read_checkpoint(folder, WIDTH).file == "model-7"
    (folder / "checkpoint").unlink()
    with pytest.raises(ModelError, match=r"has 2 checkpoints; name one: model-7, model_kitti"):
        read_checkpoint(folder, WIDTH)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "model/encoder/Conv_3/weights",
            np.zeros((3, 3, 3, 3), np.float32),
            r"model/encoder/Conv_3/weights must be 5 x 5 x 3 x 3. Received: 3 x 3 x 3 x 3",
        ),
        (
            "model/decoder/Conv_17/biases",
            None,
            r"model/decoder/Conv_17/biases must be 2. Received: no such variable",
        ),
        (
            "model/decoder/Conv_18/biases",
            np.zeros(2, np.float32),
            r"model/decoder/Conv_18/biases must not be there. Received: 2",
        ),
    ],
)
def test_the_first_variable_that_does_not_fit_is_named(
    tmp_path: Path, name: str, value: np.ndarray | None, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        read_checkpoint(changed(tmp_path, **{name: value}), WIDTH)


def test_of_several_variables_that_do_not_fit_the_first_is_named(tmp_path: Path) -> None:
    names = ("model/decoder/Conv/weights", "model/encoder/Conv_2/biases")
    with pytest.raises(ModelError, match=r"model/encoder/Conv_2/biases must be"):
        read_checkpoint(changed(tmp_path, **dict.fromkeys(names)), WIDTH)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    prefix = originals.save({"linear/w": np.zeros((2, 2), np.float32)}, tmp_path / "other")
    with pytest.raises(ModelError, match=r"Conv/weights must be .*Received: no such variable"):
        read_checkpoint(prefix, WIDTH)


def test_a_smaller_network_is_not_an_original(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"Conv/weights must be 7 x 7 x 3 x 32. Received: 7 x 7"):
        read_checkpoint(folder)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(tmp_path: Path, bad: float) -> None:
    name = "model/encoder/Conv_1/biases"
    with pytest.raises(ModelError, match=rf"{name} has values that are not finite"):
        read_checkpoint(changed(tmp_path, **{name: np.float32([0, bad])}), WIDTH)


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001"])
def test_truncated_files_are_refused_in_one_line(folder: Path, ending: str) -> None:
    file = folder / f"model_kitti.{ending}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ModelError, match="damaged") as caught:
        read_checkpoint(folder, WIDTH)
    assert "\n" not in str(caught.value)


def test_a_truncated_zip_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = originals.pack(folder, tmp_path / "m.zip")
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(ModelError, match=r"cannot unpack .*m\.zip: .*; download it again"):
        read_checkpoint(archive, WIDTH)


def test_a_zip_with_a_flipped_bit_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = originals.pack(folder, tmp_path / "m.zip")
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 16
    archive.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot unpack .*m\.zip"):
        read_checkpoint(archive, WIDTH)


@pytest.mark.parametrize("name", ["cat.jpg", "model.zip", "model.index"])
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"neither of them" * 99)
    with pytest.raises(ModelError) as caught:
        read_checkpoint(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "nothing.zip", "empty"])
def test_what_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="no checkpoint"):
        read_checkpoint(tmp_path / name)
