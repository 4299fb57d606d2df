from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from streamdefocus.depth.weights import find_model, load_manifest
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
