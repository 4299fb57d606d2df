from __future__ import annotations

from pathlib import Path

import pytest

from streamdefocus.depth.library import check_name, new_model, remove_model, write_manifest
from streamdefocus.depth.weights import ModelEntry, Origin, known_models, load_manifest
from streamdefocus.errors import ModelError, OutputError


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STREAMDEFOCUS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def entry(folder: Path, name: str = "mine", file: str = "m.zip") -> ModelEntry:
    return ModelEntry(
        folder=folder,
        name=name,
        title='a "title" with \\ and \x7f',
        encoder="resnet50",
        projecting_shortcuts=True,
        input_px=(640, 192),
        metric=True,
        licence="l",
        card="mine.md",
        keras={"mine.weights.h5": "ab"},
        scores={"kitti": {"abs_rel": 1e-5}},
        origin=Origin(file=file, sha256="cd"),
    )


def put(library: Path, name: str = "mine", content: str = "new") -> None:
    with new_model(name, library) as folder:
        write_manifest(entry(folder, name))
        (folder / "file").write_text(content)


@pytest.mark.parametrize("file", ["m.zip", "깊이 \N{GRINNING FACE}.zip", 'quo"te\n.zip'])
def test_a_written_manifest_reads_the_same(tmp_path: Path, file: str) -> None:
    written = entry(tmp_path, file=file)
    write_manifest(written)
    assert load_manifest(tmp_path) == {"mine": written}


def test_a_new_model_is_known_and_then_gone(library: Path) -> None:
    put(library)
    assert known_models()["mine"].folder == library / "mine"
    assert remove_model("mine") == library / "mine"
    assert "mine" not in known_models()
    assert list(library.iterdir()) == []


def test_a_model_is_replaced_as_a_whole(library: Path) -> None:
    put(library, content="old")
    (library / "mine" / "left over").touch()
    put(library)
    assert (library / "mine" / "file").read_text() == "new"
    assert not (library / "mine" / "left over").exists()
    assert [p.name for p in library.iterdir()] == ["mine"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ModelError])
def test_an_interruption_leaves_what_was_there(library: Path, stop: type[BaseException]) -> None:
    put(library, content="old")
    with pytest.raises(stop), new_model("mine", library) as folder:
        (folder / "file").write_text("half")
        raise stop
    assert (library / "mine" / "file").read_text() == "old"
    assert [p.name for p in library.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write the model 'mine' to .*file"):
        put(tmp_path / "file")


@pytest.mark.parametrize("name", ["", "Mine", "my.model", "../mine", "-mine", "my model"])
def test_names_that_would_be_mistaken_are_refused(library: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"a model's name has small letters"):
        check_name(name)
    with pytest.raises(ModelError, match="unknown model"):
        remove_model(name)


def test_the_packages_models_stay(library: Path) -> None:
    with pytest.raises(ModelError, match="'compact' comes with streamdefocus; choose another"):
        check_name("compact")
    with pytest.raises(ModelError, match="'compact' comes with streamdefocus; it cannot be"):
        remove_model("compact")
