from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from streamdefocus.config import DepthOptions
from streamdefocus.depth import open_engine
from streamdefocus.depth.weights import (
    find_model,
    known_models,
    load_manifest,
    user_models_dir,
)
from streamdefocus.errors import ModelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content = b"weights"
    (tmp_path / "net.xml").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    (tmp_path / "manifest.toml").write_text(
        f'[net]\ntitle = "t"\nencoder = "compact"\nlicence = "l"\ncard = "net.md"\n'
        f'[net.openvino]\n"net.xml" = "{sha256}"\n'
    )
    return tmp_path


def test_intact_files_are_found(folder: Path) -> None:
    assert find_model("net", folder).verified("openvino") == folder / "net.xml"


def test_a_corrupted_file_is_named(folder: Path) -> None:
    (folder / "net.xml").write_bytes(b"weightz")
    with pytest.raises(ModelError, match=r"net\.xml is corrupted: sha256 is .* expected"):
        find_model("net", folder).verified("openvino")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "net.xml").unlink()
    with pytest.raises(ModelError, match=r"net\.xml cannot be read: No such file"):
        find_model("net", folder).verified("openvino")


def test_a_model_without_files_for_the_engine(folder: Path) -> None:
    with pytest.raises(ModelError, match="no files for the engine 'keras'"):
        find_model("net", folder).verified("keras")


def test_an_unknown_model_lists_the_known(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"unknown model 'nett'. Known: net"):
        find_model("nett", folder)


@pytest.mark.parametrize("content", ["[net]\ntitle = 3", "[net", 'x = "y"'])
def test_a_broken_manifest_is_named(folder: Path, content: str) -> None:
    (folder / "manifest.toml").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.toml is not valid"):
        load_manifest(folder)


def test_everything_that_is_shipped_is_intact() -> None:
    models = load_manifest()
    assert models
    for model in models.values():
        assert (model.folder / model.card).is_file()
        for engine in ("openvino", "keras"):
            if getattr(model, engine):
                model.verified(engine)


def test_every_shipped_model_counts_its_parameters() -> None:
    models = load_manifest()
    assert models["compact"].parameters() == 3_245_716
    assert models["tiny"].parameters() == 1_648_356


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of models with one in it, "mine"."""
    monkeypatch.setenv("STREAMDEFOCUS_MODELS", str(tmp_path))
    write(tmp_path / "mine", "mine", "input_channels = 6\n")
    return tmp_path


def write(folder: Path, name: str, more: str = "") -> None:
    folder.mkdir()
    table = f'[{name}]\ntitle = "t"\nencoder = "vgg"\nlicence = "l"\ncard = "c.md"\n{more}'
    (folder / "manifest.toml").write_text(table)


def test_the_users_models_are_known_beside_the_packages(users: Path) -> None:
    assert list(known_models()) == ["compact", "tiny", "mine"]
    mine = find_model("mine")
    assert mine.is_users and not find_model("compact").is_users
    assert mine.arguments()["input_channels"] == 6
    assert mine.parameters() is None


def test_the_packages_models_cannot_be_replaced(users: Path) -> None:
    write(users / "compact", "compact")
    assert not find_model("compact").is_users


def test_a_broken_model_of_the_user_does_not_hide_the_others(
    users: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(users / "bad", "bad", "width = 'wide'\n")
    assert list(known_models()) == ["compact", "tiny", "mine"]
    assert "bad/manifest.toml is not valid" in caplog.text


def test_unfinished_models_are_not_known(users: Path) -> None:
    write(users / ".new-1", "half")
    assert "half" not in known_models()


def test_a_model_of_stereo_pairs_says_so_when_given_one_picture(users: Path) -> None:
    with pytest.raises(ModelError, match="'mine' looks at both views of a stereo pair"):
        open_engine(DepthOptions(model="mine"), (512, 256))


def test_the_users_folder_is_where_the_platform_keeps_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STREAMDEFOCUS_MODELS", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    found = {}
    for platform, data in (
        ("linux", "/data"),
        ("linux", "relative"),
        ("darwin", ""),
        ("win32", ""),
    ):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        monkeypatch.setattr(sys, "platform", platform)
        found[platform, data] = user_models_dir().parent.parent
    assert list(found.values()) == [
        Path("/data"),
        tmp_path / ".local" / "share",
        tmp_path / "Library" / "Application Support",
        tmp_path / "Local",
    ]
