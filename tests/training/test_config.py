from pathlib import Path

import pytest

from streamdefocus.errors import ConfigError
from streamdefocus.training.config import TrainOptions, load_train_options

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "train"
LISTS = ("holdout.toml", "tuning.toml")
FILES = [path for path in sorted(CONFIGS.rglob("*.toml")) if path.name not in LISTS]

CONFIG = """
[network]
encoder = "compact"
[labels]
folder = "a"
holdout = "b"
teacher = "c"
{labels}
[optimiser]
steps = 3
learning_rate = 1e-3
{more}
"""


def write(tmp_path, labels="", more=""):
    path = tmp_path / "c.toml"
    path.write_text(CONFIG.format(labels=labels, more=more))
    return path


def test_defaults_are_the_papers(tmp_path):
    options = load_train_options(write(tmp_path))
    assert isinstance(options, TrainOptions)
    assert options.batches.size_px == (512, 256) and options.batches.batch_size == 8
    assert options.optimiser.schedule == "halving" and options.optimiser.epsilon == 1e-8


@pytest.mark.parametrize(
    ("labels", "more", "message"),
    [
        ("facs = 0.5", "", r"labels\.facs: Extra inputs"),
        ("faces = 0.5", "", r"must be 1\. Received: 1\.3"),
        ("", "epochs = 2", "give either steps or epochs"),
        ("", '[objective]\nkind = "stereo"', r"needs no table \[labels\]"),
        ("", '[objective]\nkind = "beauty"', "objective: .*'labels', 'stereo', 'deep3d'"),
        ("", "kind = 'sgd'", "optimiser.kind: .*'adam' or 'muon'"),
        ("", '[[stereo]]\nkind = "rooms"', r"needs a table \[labels\] and no"),
    ],
)
def test_what_is_wrong_is_named_with_its_table(tmp_path, labels, more, message):
    with pytest.raises(ConfigError, match=message):
        load_train_options(write(tmp_path, labels, more))


def test_single_photos_are_no_pairs(tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text().replace("[labels]", "input_channels = 6\n[labels]"))
    with pytest.raises(ConfigError, match=r"single photos need network\.input_channels = 3"):
        load_train_options(path)


def test_frozen_normalisation_needs_weights_to_start_from(tmp_path):
    path = write(tmp_path)
    path.write_text(f"freeze_norm = true\n{path.read_text()}")
    with pytest.raises(ConfigError, match="freeze_norm needs initial"):
        load_train_options(path)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_train_options(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_text("steps =")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_train_options(tmp_path / "x.toml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_projects_configurations_are_valid(path):
    pytest.importorskip("keras")
    from streamdefocus.depth.network import NETWORKS
    from streamdefocus.training.objectives import open_objective

    options = load_train_options(path)
    open_objective(options)
    stride = NETWORKS[options.network.encoder].multiple
    assert all(side % stride == 0 for side in options.batches.size_px)


@pytest.mark.parametrize("path", sorted((CONFIGS / "paper").glob("*.toml")), ids=lambda p: p.stem)
def test_the_papers_configurations_begin_with_command_cost_and_score(path):
    header = path.read_text().split("\n\n")[0]
    assert f"streamdefocus train configs/train/paper/{path.name}" in header
    assert "Cost:" in header and "Expected of" in header


@pytest.mark.parametrize("kind", ["ablation", "ablation-full"])
@pytest.mark.parametrize("name", ["deep3d", "deep3ds", "no-lr", "lr", "lr-stereo"])
def test_the_ablations_configurations_do_so_too(kind, name):
    header = (CONFIGS / kind / f"{name}.toml").read_text().split("\n\n")[0]
    assert "python benchmarks/ablation.py" in header
    assert (f"--configs configs/train/{kind}" in header) == (kind == "ablation-full")
    assert "Cost:" in header and "Expected" in header and "abs_rel" in header


def test_every_row_of_the_papers_tables_has_a_configuration():
    headers = "".join(path.read_text() for path in (CONFIGS / "paper").glob("*.toml"))
    table_1 = (0.412, 0.151, 0.123, 0.124, 0.699, 0.104, 0.100, 0.097, 0.068)
    table_2 = (0.152, 0.148, 0.124, 0.118, 0.114, 0.140, 0.117, 0.112, 0.108, 0.134, 0.130)
    for score in (*table_1, *table_2):
        assert f"{score:.3f}" in headers
