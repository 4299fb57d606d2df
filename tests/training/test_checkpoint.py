import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from streamdefocus.errors import ModelError, OutputError
from streamdefocus.training.checkpoint import load_checkpoint, save_checkpoint, write_whole
from streamdefocus.training.folder import locked


def arrays(value):
    return {"network_0": np.full((3, 4), value, np.float32), "step": np.array(value)}


def test_what_was_saved_is_loaded(tmp_path):
    path = tmp_path / "state.npz"
    assert load_checkpoint(path) is None
    for value in (1, 2, 3):
        save_checkpoint(path, arrays(value))
        found = load_checkpoint(path)
        assert found["step"] == value and (found["network_0"] == value).all()


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-50], lambda data: b"PK"])
def test_the_one_before_replaces_a_damaged_one(tmp_path, caplog, damage):
    path = tmp_path / "state.npz"
    for value in (1, 2):
        save_checkpoint(path, arrays(value))
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(path)["step"] == 1
    assert "state.npz is damaged" in caplog.text


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "state.npz"
    save_checkpoint(path, arrays(1))
    data = bytearray(path.read_bytes())
    data[data.find(np.float32(1).tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"cannot resume: .*state\.npz.*Delete .* to start anew"):
        load_checkpoint(path)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def fail(unfinished):
        unfinished.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"cannot write .*file: No space left on device"):
        write_whole(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["file"] and path.read_text() == "before"


@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_of_hdf5s_errors_the_reason_is_told(tmp_path, kind):
    def fail(unfinished):
        unfinished.write_text("half")
        raise kind(
            "Can't decrement id ref count (file write failed: time = Sun Nov 29\n, filename = 'x', "
            "file descriptor = 3, errno = 28, error message = 'No space left on device', buf = 0x7)"
        )

    with pytest.raises(OutputError, match=r"cannot write .*file: No space left on device\. The"):
        write_whole(tmp_path / "file", fail)
    assert not list(tmp_path.iterdir())


def test_what_is_not_about_the_disk_is_raised_as_it_is(tmp_path):
    def fail(unfinished):
        raise RuntimeError("the network has no weights")

    with pytest.raises(RuntimeError, match="no weights"):
        write_whole(tmp_path / "file", fail)


def test_a_folder_belongs_to_one_process(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (tmp_path / "lock").write_text(str(other.pid))
        with (
            pytest.raises(OutputError, match=f"the process {other.pid} trains in"),
            locked(tmp_path),
        ):
            pass
    finally:
        other.communicate(b"\n")
    with locked(tmp_path):  # that process was killed and left its lock
        assert (tmp_path / "lock").read_text() == str(os.getpid())
    assert not (tmp_path / "lock").exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match="cannot use the run's folder"),
        locked(tmp_path / "file/x"),
    ):
        pass
