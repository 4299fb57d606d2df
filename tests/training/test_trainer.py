import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from streamdefocus.depth import network
from streamdefocus.depth.network import disparity
from streamdefocus.errors import ConfigError, ModelError
from streamdefocus.training import trainer
from streamdefocus.training.batches import BatchMaker, open_pool
from streamdefocus.training.config import (
    OptimiserOptions,
    TrainOptions,
    load_train_options,
)
from streamdefocus.training.run import learning_rate
from streamdefocus.training.trainer import fit


@pytest.fixture
def make(options):
    return BatchMaker(open_pool(options.data), options.data, options.batches, options.seed)


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch):
    """Four outputs from two layers: what is tested is the loop, and graphs take long to trace."""

    def build(encoder, width, height, width_px):
        image = layers.Input((None, None, 3))
        x = layers.Conv2D(round(40 * width), 3, padding="same", activation="elu")(image)
        x = layers.BatchNormalization()(x)
        outputs = []
        for scale in range(4):
            logits = layers.Conv2D(1, 1)(layers.AveragePooling2D(2**scale)(x))
            outputs.append(disparity(logits, f"disp{scale + 1}"))
        return keras.Model(image, outputs)

    monkeypatch.setattr(network, "build_network", build)


def losses(folder):
    with (folder / "log.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


class InterruptedRunError(Exception):
    pass


def test_an_interrupted_run_resumes_with_the_same_losses(options, make, tmp_path):
    weights = fit(options, make, tmp_path / "whole")

    def failing(k):
        if k == 3:
            raise InterruptedRunError
        return make(k)

    failing.skipped = 0
    with pytest.raises(InterruptedRunError):
        fit(options, failing, tmp_path / "parts")
    again = fit(options, make, tmp_path / "parts")  # from the checkpoint of step 2
    whole, parts = losses(tmp_path / "whole"), losses(tmp_path / "parts")
    assert len(whole) == len(parts) == options.optimiser.steps
    np.testing.assert_allclose(parts, whole, rtol=1e-3)  # sums in threads have no fixed order
    assert weights.stat().st_size == again.stat().st_size


def test_a_finished_run_is_left_as_it_is(options, make, tmp_path):
    weights = fit(options, make, tmp_path / "run")
    before = weights.read_bytes()
    fit(options, make, tmp_path / "run")
    assert weights.read_bytes() == before


def test_training_learns(options, make, tmp_path):
    batch = make(0)

    def always(_):
        return batch

    always.skipped = 0
    optimiser = OptimiserOptions(steps=40, learning_rate=5e-2, warm_up=2)
    fit(options.model_copy(update={"optimiser": optimiser}), always, tmp_path / "run")
    found = losses(tmp_path / "run")
    assert found[-1] < 0.75 * found[0]


def test_a_checkpoint_of_another_network_is_refused(options, make, tmp_path):
    fit(options, make, tmp_path / "run")
    wider = options.network.model_copy(update={"width": 0.2})
    with pytest.raises(ModelError, match=r"cannot resume from .*state\.npz"):
        fit(options.model_copy(update={"network": wider}), make, tmp_path / "run")


def test_a_damaged_checkpoint_is_refused(options, make, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ModelError, match="Delete it"):
        fit(options, make, tmp_path / "run")


def test_divergence_stops_the_run(options, make, tmp_path):
    def bad(k):
        batch = make(k)
        return replace(batch, targets=np.full_like(batch.targets, np.nan))

    bad.skipped = 0
    with pytest.raises(ConfigError, match="diverged at step 1"):
        fit(options, bad, tmp_path / "run")


def test_the_learning_rate_rises_stays_and_falls():
    options = OptimiserOptions(steps=100, learning_rate=1.0, warm_up=9, decay_from=0.6)
    rates = [learning_rate(step, options) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == pytest.approx(1)
    assert rates[60] == 1 and rates[80] == pytest.approx(0.5) and rates[100] == 0


CONFIG = """
[network]
encoder = "compact"
[data]
folder = "a"
holdout = "b"
teacher = "c"
{data}
[optimiser]
steps = 3
learning_rate = 1e-3
"""


def write(tmp_path, data=""):
    path = tmp_path / "c.toml"
    path.write_text(CONFIG.format(data=data))
    return path


def test_defaults_fill_a_short_configuration(tmp_path):
    options = load_train_options(write(tmp_path))
    assert isinstance(options, TrainOptions)
    assert options.batches.small_px == (256, 128)


def test_an_unknown_key_is_named_with_its_table(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.facs: Extra inputs"):
        load_train_options(write(tmp_path, "facs = 0.5"))


def test_parts_must_sum_to_one(tmp_path):
    with pytest.raises(ConfigError, match=r"must be 1\. Received: 1\.3"):
        load_train_options(write(tmp_path, "faces = 0.5"))


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_train_options(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_text("steps =")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_train_options(tmp_path / "x.toml")


def test_train_reads_the_file_and_names_the_run_after_it(options, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(trainer, "load_train_options", lambda path: options)
    monkeypatch.setattr(trainer, "fit", lambda o, m, folder, threads: seen.append(folder) or folder)
    trainer.train(tmp_path / "small.toml", runs=tmp_path / "runs")
    assert seen == [tmp_path / "runs" / "small"]


def test_the_projects_configuration_is_valid():
    path = Path(__file__).resolve().parents[2] / "configs" / "train" / "compact.toml"
    assert load_train_options(path).network.encoder == "compact"
