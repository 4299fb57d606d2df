import csv
from pathlib import Path

import numpy as np
import pytest

from streamdefocus.errors import OutputError
from streamdefocus.training.journal import Journal


def rows(folder):
    with (folder / "log.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def note(journal, step, loss):
    journal.add({"loss": loss, "smoothness": loss / 2}, samples=4)
    journal.add({"loss": loss + 2, "smoothness": loss / 2}, samples=4)
    journal.write(step, 1e-3, skipped=1)


def test_a_line_has_the_means_since_the_last_one(tmp_path):
    with Journal(tmp_path, 0, ["smoothness"]) as journal:
        note(journal, 2, 1.0)
        note(journal, 4, 5.0)
    first, second = rows(tmp_path)
    assert (first["step"], first["samples"], first["loss"]) == ("2", "8", "2")
    assert (second["samples"], second["loss"], second["smoothness"]) == ("16", "6", "2.5")
    assert second["learning_rate"] == "0.001" and second["skipped"] == "1"


def test_lines_of_a_lost_part_are_dropped(tmp_path):
    with Journal(tmp_path, 0, ["smoothness"]) as journal:
        for step in (2, 4, 6):
            note(journal, step, float(step))
    with Journal(tmp_path, 4, ["smoothness"]) as journal:
        note(journal, 6, 60.0)
    assert [row["loss"] for row in rows(tmp_path)] == ["3", "5", "61"]
    assert rows(tmp_path)[-1]["samples"] == "24"


def test_a_resumed_run_that_is_killed_at_once_keeps_its_lines(tmp_path):
    with Journal(tmp_path, 0, ["smoothness"]) as journal:
        note(journal, 2, 2.0)
    with Journal(tmp_path, 2, ["smoothness"]):
        assert [row["step"] for row in rows(tmp_path)] == ["2"]  # nothing was closed yet


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_shows_curves_and_pictures(tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    with Journal(tmp_path, 0, ["smoothness"]) as journal:
        for step in (2, 4, 6):
            note(journal, step, float(step))
        journal.show(6, {"disparity": np.full((6, 8, 16, 1), 0.5)})
    with Journal(tmp_path, 4, ["smoothness"]) as journal:  # step 6 was lost
        note(journal, 6, 60.0)
    found = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [(point.step, point.value) for point in found.Scalars("loss")] == [
        (2, 3),
        (4, 5),
        (6, 61),
    ]
    assert "learning_rate" in found.Tags()["scalars"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pictures_are_stacked(tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    with Journal(tmp_path, 0, []) as journal:
        journal.show(6, {"disparity": np.full((6, 8, 16, 1), 0.5), "left": np.ones((2, 8, 16, 3))})
    found = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    (disparity,) = found.Images("pictures/disparity")
    (left,) = found.Images("pictures/left")
    assert (disparity.width, disparity.height) == (16, 32) and left.height == 16


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "log.csv").symlink_to("/dev/full")
    with (
        pytest.raises(OutputError, match=r"log\.csv: No space left on device"),
        Journal(tmp_path, 0, ["smoothness"]) as journal,
    ):
        note(journal, 2, 1.0)
