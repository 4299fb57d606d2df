"""benchmarks/ablation.py: what it measures and how it adds it up; the trainings are its own."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from streamdefocus.evaluation.depth.evaluation import evaluate
from streamdefocus.evaluation.depth.methods import Method
from streamdefocus.training.config import load_train_options

ROOT = Path(__file__).resolve().parents[2]
SETS = [ROOT / "configs/train/ablation", ROOT / "configs/train/ablation-full"]
SIZE = (64, 128)


@pytest.fixture(scope="module")
def ablation():
    spec = importlib.util.spec_from_file_location("ablation", ROOT / "benchmarks/ablation.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["ablation"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sample(ablation):
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 255, (2, *SIZE, 3), np.uint8)
    fraction = rng.uniform(0.01, 0.2, SIZE).astype(np.float32)
    fraction[:, :5] = 0  # unknown
    return ablation._sample("rooms", "one", left, right, fraction), fraction


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_methods_learn_from_the_same_for_as_long(ablation, folder):
    configs = sorted(folder.glob("*.toml"))
    options = [load_train_options(config) for config in configs]
    names = {"deep3d", "deep3ds", "no-lr", "lr", "lr-stereo"}
    assert {config.stem for config in configs} == names <= set(ablation.TITLES)
    assert len({(o.stereo, o.batches, o.optimiser, o.precision) for o in options}) == 1
    assert len({(o.network, o.objective) for o in options}) == len(configs)


def test_disparity_is_measured_with_its_scale_and_without(ablation, sample):
    sample, fraction = sample
    methods = {
        "lr 0": Method(lambda _: fraction, is_metric=True),
        "lr 1": Method(lambda _: 2 * fraction, is_metric=True),
    }
    scores = evaluate(methods, {"rooms": [lambda: sample]})
    assert scores["rooms"]["lr 0"]["abs_rel"] == pytest.approx(0, abs=1e-6)
    assert scores["rooms"]["lr 0"]["d1_all"] == 0
    assert scores["rooms"]["lr 1"]["abs_rel"] == pytest.approx(0.5, abs=1e-3)
    assert scores["rooms"]["lr 1"]["d1_all"] == 100
    assert scores["rooms aligned"]["lr 1"]["abs_rel"] == pytest.approx(0, abs=1e-5)
    assert scores["rooms"]["lr 0"]["pixels"] == SIZE[0] * (SIZE[1] - 5)
    assert scores["rooms inner"]["lr 0"]["pixels"] == SIZE[0] * (SIZE[1] - 13)


def test_depth_is_that_of_kittis_rig(ablation, sample):
    sample, fraction = sample
    truth = sample.truths["rooms"]
    farther = Method(lambda _: fraction / 1.1, is_metric=True)
    rmse = evaluate({"lr 0": farther}, {"rooms": [lambda: sample]})["rooms"]["lr 0"]["rmse"]
    depth_m = 721.5377 / 1242 * 0.54 / fraction[truth.counts]
    assert rmse == pytest.approx(0.1 * float(np.sqrt(np.mean(depth_m**2))), rel=1e-3)


def test_the_table_has_means_over_seeds_and_their_spread(ablation):
    columns = (*ablation.COLUMNS, "images")
    rows = {"lr 0": 0.1, "lr 1": 0.3, "no-lr 0": 0.5, "ramp": 0.7}
    scores = {
        kind: {name: dict.fromkeys(columns, value) for name, value in rows.items()}
        for kind in ("rooms", "rooms inner", "rooms aligned")
    }
    table = ablation.as_markdown(scores).splitlines()
    assert table[4].startswith("| No LR | 0.5 |")
    assert table[5].startswith("| LR | 0.2 ± 0.1 |")
    assert table[6].startswith("| ramp, fitted to the truth | 0.7 |")


@pytest.mark.parametrize("both_views", [False, True])
def test_a_run_is_read_and_measured(ablation, tmp_path, both_views):
    from streamdefocus.depth.network import build_network

    run = tmp_path / "lr-seed0"
    run.mkdir()
    channels = 6 if both_views else 3
    network = {"encoder": "compact", "width": 0.1, "input_channels": channels, "disparities": 2}
    lines = [f"{key} = {value!r}\n" for key, value in network.items()]
    (run / "network.toml").write_text("".join(lines) + "input_px = [128, 64]\nmetric = true\n")
    model = build_network(**network, height=64, width_px=128)
    model.save_weights(run / "lr-seed0.weights.h5")
    name = "lr-stereo 0" if both_views else "lr 0"
    methods = ablation.methods_of(run, name)
    assert list(methods) == ([name] if both_views else [name, "lr+pp 0"])
    picture = np.random.default_rng(1).integers(0, 255, (*SIZE, channels), np.uint8)
    rgb = np.concatenate([picture[..., i : i + 3][..., ::-1] for i in range(0, channels, 3)], 2)
    expected = np.asarray(model(rgb[None] / np.float32(255))[0])[0, ..., 0]
    np.testing.assert_allclose(methods[name].estimate(picture), expected, atol=1e-4)
    assert methods[name].sees_pairs == both_views
