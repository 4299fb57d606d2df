from pathlib import Path

import pytest

from streamdefocus.cli.main import run
from streamdefocus.errors import OutputError
from streamdefocus.training import trainer


@pytest.fixture
def train(monkeypatch):
    """What the trainer is called with; it does what its "outcome" says."""
    calls = {}

    def stub(config, **options):
        calls.update(options, config=config)
        options["watch"](trainer.Progress(3, 5, 1.5, 88.0, 2))
        return calls["outcome"]()

    monkeypatch.setattr(trainer, "train", stub)
    return calls


def test_the_file_of_the_weights_is_all_that_is_printed(train, capsys):
    train["outcome"] = lambda: Path("runs/a/a.weights.h5")
    assert run(["train", "a.toml", "--runs", "elsewhere", "--threads", "3", "--devices", "2"]) == 0
    output = capsys.readouterr()
    assert (
        output.out.strip() == "runs/a/a.weights.h5" and output.err == ""
    )  # not a terminal: no bar
    assert train["config"] == Path("a.toml") and train["runs"] == Path("elsewhere")
    assert (train["threads"], train["devices"]) == (3, 2)


def test_who_interrupts_is_told_how_to_go_on(train, capsys):
    def interrupted():
        raise KeyboardInterrupt

    train["outcome"] = interrupted
    told = "to go on where it stopped: streamdefocus train configs/a.toml"
    assert run(["train", "configs/a.toml"]) == 130
    assert told in capsys.readouterr().err.splitlines()
    assert run(["train", "configs/a.toml", "--runs", "elsewhere"]) == 130
    assert f"{told} --runs elsewhere" in capsys.readouterr().err


def test_a_full_disk_is_one_line(train, capsys):
    def full():
        raise OutputError("cannot write runs/a/state.npz: No space left on device")

    train["outcome"] = full
    assert run(["train", "a.toml"]) == 1
    assert capsys.readouterr().err == (
        "error: cannot write runs/a/state.npz: No space left on device\n"
    )


def test_a_missing_configuration_is_one_line(tmp_path, capsys):
    assert run(["train", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_a_sheet_is_drawn_instead(train, tmp_path, monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr("streamdefocus.training.config.load_train_options", lambda path: path)
    monkeypatch.setattr(trainer, "open_batches", lambda options: f"batches of {options}")
    monkeypatch.setattr(
        "streamdefocus.training.sheet.write_sheet", lambda *arguments: drawn.append(arguments)
    )
    assert run(["train", "a.toml", "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert drawn == [("batches of a.toml", tmp_path / "sheet.png")]
    assert capsys.readouterr().out.strip() == str(tmp_path / "sheet.png")
    assert "config" not in train
