"""The loop, on the backend at hand; see test_backends for the others."""

import csv
import json
import os
import shutil
import signal
import threading
import tomllib

import cv2
import h5py
import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf
from tiny_training import (
    InterruptedRunError,
    Pairs,
    build,
    interrupt_at,
    losses,
    saved,
)
from tiny_training import options as tiny

from streamdefocus.errors import ConfigError, ModelError, OutputError
from streamdefocus.training import run, trainer
from streamdefocus.training.batches import batch_sizes
from streamdefocus.training.devices import Devices
from streamdefocus.training.folder import describe
from streamdefocus.training.labels.batches import open_label_batches
from streamdefocus.training.trainer import fit


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch):
    """Without graphs, whose tracing takes longer than these runs; test_backends has them."""
    monkeypatch.setattr(run, "build_network", build)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "tiny"
    path.mkdir()
    return path


def test_a_run_leaves_all_that_its_use_needs(folder):
    weights = fit(tiny(), Pairs(), folder)
    assert weights == folder / "tiny.weights.h5"
    assert tomllib.loads((folder / "network.toml").read_text()) == {
        "encoder": "vgg",
        "input_px": [512, 256],
        "metric": True,
    }
    assert json.loads((folder / "options.json").read_text())["optimiser"]["steps"] == 5
    assert len(list((folder / "tensorboard").glob("events.out.tfevents.*"))) == 1
    assert not list(folder.glob("*part*"))
    build("vgg").load_weights(weights)


def test_a_finished_run_is_left_as_it_is(folder):
    weights = fit(tiny(), Pairs(), folder)
    before = weights.read_bytes()
    fit(tiny(), Pairs(), folder)
    assert weights.read_bytes() == before
    assert len(losses(folder)) == 5


def test_other_options_than_before_are_told(folder, caplog):
    fit(tiny(), Pairs(), folder)
    caplog.clear()
    fit(tiny(), Pairs(), folder)
    assert "other options" not in caplog.text
    changed = tiny()
    rate = changed.optimiser.model_copy(update={"steps": 6, "learning_rate": 0.5})
    fit(changed.model_copy(update={"seed": 9, "optimiser": rate}), Pairs(), folder)
    assert "up to step 5 with other options (optimiser.learning_rate: " in caplog.text
    assert "-> 0.5; seed: " in caplog.text and "steps" not in caplog.text


def test_a_run_whose_last_weights_could_not_be_written_writes_them_when_resumed(
    folder, monkeypatch
):
    write, saves = run.write_whole, []

    def full(path, make):
        saves.append(path.name)
        if saves.count("tiny.weights.h5") == 3:
            raise OutputError("no room")
        write(path, make)

    monkeypatch.setattr(run, "write_whole", full)
    with pytest.raises(OutputError, match="no room"):
        fit(tiny(), Pairs(), folder)
    stale = sums_of(folder / "tiny.weights.h5")
    weights = sums_of(fit(tiny(), Pairs(), folder))
    shutil.rmtree(folder)
    folder.mkdir()
    assert weights == sums_of(fit(tiny(), Pairs(), folder)) != stale


def sums_of(weights):
    sums = []
    with h5py.File(weights) as file:
        file.visititems(lambda _, item: sums.append(item[()]) if hasattr(item, "shape") else None)
    return sorted(float(array.sum()) for array in sums)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batches": {"size_px": (500, 250)}}, r"size_px must be multiples of 128.*\[500, 250\]"),
        (
            {"batches": {"large_px": (500, 250), "large": 0.5}},
            r"large_px must be multiples of 128.*\[500, 250\]",
        ),
        ({"network": {"encoder": "compact"}}, "disparities of both views.*Received: 1"),
    ],
)
def test_what_does_not_go_with_the_network_is_told_before_anything_is_made(
    tmp_path, monkeypatch, changes, message
):
    monkeypatch.setattr(trainer, "load_train_options", lambda path: tiny(**changes))
    monkeypatch.setattr(trainer, "open_batches", None)
    with pytest.raises(ConfigError, match=message):
        trainer.train(tmp_path / "small.toml", runs=tmp_path)


def test_training_learns(folder):
    class Always(Pairs):
        def __call__(self, k):
            return super().__call__(0)

    optimiser = {"steps": 20, "learning_rate": 5e-2}
    fit(tiny(optimiser=optimiser, picture_every=100), Always(), folder)
    found = losses(folder)
    assert found[-1] < 0.97 * found[0]


def test_labels_are_learnt_from_too(options, folder):
    one = options.model_copy(
        update={"network": options.network.model_copy(update={"disparities": 1, "width": 0.5})}
    )
    make = open_label_batches(one.labels, one.batches, one.seed)
    fit(one, make, folder)
    assert len(losses(folder)) == 5
    assert "metric = false" in (folder / "network.toml").read_text()


def test_a_run_starts_from_other_weights(folder, tmp_path):
    weights = fit(tiny(), Pairs(), folder)
    tuned = tmp_path / "tuned"
    tuned.mkdir()
    still = {"steps": 1, "learning_rate": 1e-12}
    fit(tiny(initial=weights, optimiser=still), Pairs(), tuned)
    loaded, before = build("vgg"), build("vgg")
    loaded.load_weights(tuned / "tuned.weights.h5")
    before.load_weights(weights)
    for found, expected in zip(loaded.trainable_variables, before.trainable_variables, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("frozen", [False, True])
def test_normalisation_is_frozen_where_asked_for(folder, tmp_path, frozen):
    weights = fit(tiny(), Pairs(), folder)
    tuned = tmp_path / "tuned"
    tuned.mkdir()
    plain = {"steps": 5, "learning_rate": 1e-2}
    fit(tiny(initial=weights, freeze_norm=frozen, optimiser=plain), Pairs(), tuned)
    loaded, before = build("vgg"), build("vgg")
    loaded.load_weights(tuned / "tuned.weights.h5")
    before.load_weights(weights)
    kept = {
        variable.path.split("/")[-1]: np.array_equal(variable, old)
        for layer, former in zip(loaded.layers, before.layers, strict=True)
        for variable, old in zip(layer.variables, former.variables, strict=True)
        if "normalization" in variable.path
    }
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    assert kept == dict.fromkeys(names, frozen)
    assert not np.array_equal(loaded.layers[1].kernel, before.layers[1].kernel)


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_initial_weights_of_another_network_are_refused(folder, tmp_path):
    weights = fit(tiny(), Pairs(), folder)
    other = tiny(initial=weights, network={"encoder": "vgg", "width": 2})
    (tmp_path / "other").mkdir()
    with pytest.raises(ModelError, match="cannot start from the weights"):
        fit(other, Pairs(), tmp_path / "other")


def test_a_checkpoint_of_another_network_is_refused(folder):
    fit(tiny(), Pairs(), folder)
    wider = tiny(network={"encoder": "vgg", "width": 2})
    with pytest.raises(ModelError, match=r"cannot resume from .*state\.npz.*another network"):
        fit(wider, Pairs(), folder)


def test_after_a_damaged_checkpoint_the_one_before_is_used(folder, caplog):
    with pytest.raises(InterruptedRunError):
        fit(tiny(), Pairs(interrupt_at(4)), folder)
    state = folder / "state.npz"
    state.write_bytes(state.read_bytes()[:-100])
    fit(tiny(), Pairs(), folder)
    assert "state.npz is damaged" in caplog.text
    assert len(losses(folder)) == 5


class Blind(Pairs):
    """From batch 3 on, nothing can be learnt: its pictures are no numbers."""

    def __call__(self, k):
        batch = super().__call__(k)
        if k < 3:
            return batch
        return {name: np.full_like(views, np.nan, np.float32) for name, views in batch.items()}


def test_divergence_stops_the_run_and_leaves_the_checkpoint(folder):
    with pytest.raises(ConfigError, match=r"step 4: the loss is nan.*goes on from the last"):
        fit(tiny(), Blind(), folder)
    assert all(np.isfinite(array).all() for array in saved(folder))
    fit(tiny(), Pairs(), folder)
    assert len(losses(folder)) == 5


def test_weights_that_are_no_numbers_are_not_saved(folder, monkeypatch):
    learn = run.Learner.learn

    def spoil(self, batch):
        values = learn(self, batch)
        variable = self.network.trainable_variables[0]
        variable.assign(variable * float("nan"))
        return values

    monkeypatch.setattr(run.Learner, "learn", spoil)
    with pytest.raises(ConfigError, match=r"step 1: a weight is not a finite.* starts anew"):
        fit(tiny(save_every=1), Pairs(), folder)
    assert not (folder / "state.npz").exists()


def test_a_full_disk_leaves_the_checkpoint_before(folder, monkeypatch):
    savez, calls = np.savez, []

    def full(file, **arrays):
        calls.append(file)
        if len(calls) == 2:
            file.write(b"half")
            raise OSError(28, "No space left on device")
        savez(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match=r"state\.npz: No space left on device.*goes on"):
        fit(tiny(), Pairs(), folder)
    assert not list(folder.glob("*part*"))
    with np.load(folder / "state.npz") as arrays:
        assert arrays["step"] == 2
    fit(tiny(), Pairs(), folder)
    assert len(losses(folder)) == 5


def test_weights_are_not_begun_where_there_is_no_room_for_them(folder, monkeypatch):
    place = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: place._replace(free=1000))
    with pytest.raises(OutputError, match=r"tiny\.weights\.h5: No space left on device.*goes on"):
        fit(tiny(), Pairs(), folder)
    assert not list(folder.glob("*.h5"))


def test_ctrl_c_saves_after_the_step_and_ends(folder):
    def press(now):
        if now.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as held:
        fit(tiny(save_every=100), Pairs(), folder, watch=press)
    left = [t.name for t in threading.enumerate() if t.name.startswith("streamdefocus-")]
    assert not left, "the error must not keep the threads alive that made batches"
    assert held.type is KeyboardInterrupt
    with np.load(folder / "state.npz") as arrays:
        assert arrays["step"] == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_was_stopped_between_two_lines_of_the_log_has_the_same_lines(folder, tmp_path):
    def press(now):
        if now.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    (tmp_path / "whole").mkdir()
    fit(tiny(log_every=2), Pairs(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(tiny(log_every=2), Pairs(), folder, watch=press)
    fit(tiny(log_every=2), Pairs(), folder)
    found, expected = rows(folder), rows(tmp_path / "whole")
    for one, other in zip(found, expected, strict=True):
        assert (one["step"], one["samples"]) == (other["step"], other["samples"])
        assert float(one["loss"]) == pytest.approx(float(other["loss"]), rel=1e-5)
    assert all(float(row["seconds"]) > 0 for row in found)


def rows(folder):
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_whoever_watches_is_told_of_every_step(folder):
    seen = []
    fit(tiny(), Pairs(), folder, watch=seen.append)
    assert [(now.step, now.steps) for now in seen] == [(i, 5) for i in range(1, 6)]
    assert all(np.isfinite(now.loss) and now.samples_per_s > 0 for now in seen)


def test_epochs_are_counted_in_batches(folder):
    make = Pairs()
    make.batches_per_epoch = 2
    fit(tiny(optimiser={"epochs": 2}), make, folder)
    assert len(losses(folder)) == 4


def test_what_has_no_end_has_no_epochs(folder):
    with pytest.raises(ConfigError, match=r"give optimiser\.steps"):
        fit(tiny(optimiser={"epochs": 2}), Pairs(), folder)


def test_train_reads_the_file_and_names_the_run_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "load_train_options", lambda path: tiny())
    monkeypatch.setattr(trainer, "open_batches", lambda found: Pairs())
    weights = trainer.train(tmp_path / "small.toml", runs=tmp_path / "runs")
    assert weights == tmp_path / "runs" / "small" / "small.weights.h5"
    assert not (weights.parent / "lock").exists()
    (weights.parent / "lock").write_text(str(os.getppid()))
    with pytest.raises(OutputError, match=r"the process \d+ trains in"):
        trainer.train(tmp_path / "small.toml", runs=tmp_path / "runs")


def test_what_cannot_be_is_told_before_anything_is_labelled(options, tmp_path, monkeypatch):
    monkeypatch.setattr(
        trainer, "open_batches", lambda found: pytest.fail("something was labelled")
    )
    epochs = options.optimiser.model_copy(update={"steps": None, "epochs": 2})
    odd = options.batches.model_copy(update={"batch_size": 3})
    for change, count, message in (
        ({"optimiser": epochs}, 1, r"give optimiser\.steps"),
        ({"batches": odd}, 2, "must be a multiple of the 2 devices. Received: a batch of 3"),
    ):
        monkeypatch.setattr(
            trainer, "load_train_options", lambda path, c=change: options.model_copy(update=c)
        )
        monkeypatch.setattr(
            trainer, "open_devices", lambda wanted: Two() if wanted == 2 else Devices()
        )
        with pytest.raises(ConfigError, match=message):
            trainer.train(tmp_path / "x.toml", runs=tmp_path / "runs", devices=count)


class Two(Devices):
    count = 2


def test_batches_that_never_come_need_not_be_shared(options):
    small = options.batches.model_copy(
        update={"batch_size": 8, "large_batch_size": 3, "large": 0.0}
    )
    assert batch_sizes(small) == {8}
    assert batch_sizes(small.model_copy(update={"large": 0.5})) == {3, 8}
    assert batch_sizes(small.model_copy(update={"large": 1.0})) == {3}


def test_missing_weights_to_start_from_are_told_before_anything_is_made(tmp_path, monkeypatch):
    runs, nowhere = tmp_path / "runs", tmp_path / "first.weights.h5"
    monkeypatch.setattr(trainer, "load_train_options", lambda path: tiny(initial=nowhere))
    monkeypatch.setattr(trainer, "open_batches", None)
    with pytest.raises(ModelError, match=r"first\.weights\.h5, do not exist; train them first"):
        trainer.train(tmp_path / "small.toml", runs=runs)
    assert not (runs / "small" / "lock").exists()
    monkeypatch.setattr(trainer, "load_train_options", lambda path: tiny())
    monkeypatch.setattr(trainer, "open_batches", lambda found: Pairs())
    trainer.train(tmp_path / "small.toml", runs=runs)
    monkeypatch.setattr(trainer, "load_train_options", lambda path: tiny(initial=nowhere))
    trainer.train(tmp_path / "small.toml", runs=runs)  # it goes on from its checkpoint


def test_processes_make_the_same_batches_and_count_what_they_skip(tmp_path):
    left, right = tmp_path / "left.png", tmp_path / "right.png"
    views = np.random.default_rng(0).integers(0, 256, (2, 32, 64, 3), dtype=np.uint8)
    cv2.imwrite(str(left), views[0])
    cv2.imwrite(str(right), views[1])
    (tmp_path / "damaged.png").write_bytes(b"nothing")
    (tmp_path / "pairs.txt").write_text("left.png right.png\ndamaged.png right.png\n")
    pairs = {"kind": "list", "file": tmp_path / "pairs.txt", "root": tmp_path}
    some = tiny(stereo=[pairs], batches={"size_px": (64, 32), "batch_size": 2})
    alone, beside = trainer.open_batches(some), trainer.open_batches(some)
    expected = [alone(k) for k in range(3)]
    found = list(trainer._from_processes(some, 1, beside, 0, 3))
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a["left"], b["left"])
        np.testing.assert_array_equal(a["right"], b["right"])
    assert beside.skipped == alone.skipped > 0


def test_a_network_of_several_sizes_is_used_at_the_largest():
    sizes = {"size_px": (64, 32), "large_px": (128, 64)}
    assert "input_px = [64, 32]" in describe(tiny(batches=sizes))
    assert "input_px = [128, 64]" in describe(tiny(batches={**sizes, "large": 0.3}))


def test_other_sizes_of_a_network_are_told_with_its_weights():
    sizes = {"decoder": (48, 32, 24, 16, 8), "separable": True, "upsampling": "bilinear"}
    network = {"encoder": "compact", "sizes": sizes}
    table = tomllib.loads(describe(tiny(network=network)))
    assert table["sizes"] == {**sizes, "decoder": [48, 32, 24, 16, 8]}
