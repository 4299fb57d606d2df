"""``evaluate depth`` from the command line; what it measures is tested with the evaluation."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from depth_trees import KITTI_PX, eigen, kitti

from streamdefocus.cli.main import run
from streamdefocus.depth.network import build_network
from streamdefocus.resources import resource_dir

METRICS = {"abs_rel", "sq_rel", "rmse", "rmse_log", "log10", "d1_all", "delta1", "delta2", "delta3"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = np.linspace(10, 60, KITTI_PX[1])[:, None]
    return kitti(tmp_path / "data", rows * np.ones(KITTI_PX[0]))


@pytest.fixture
def bare_model(tmp_path: Path) -> str:
    """The compact network as a bare file, of which nobody knows that it is relative."""
    for ending in ("xml", "bin"):
        shutil.copy(resource_dir("models") / f"compact.{ending}", tmp_path / f"net.{ending}")
    return str(tmp_path / "net.xml")


def test_prints_and_writes_the_scores_beside_the_baselines(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, sheet = tmp_path / "scores.json", tmp_path / "sheet.png"
    files = ["--json", str(report), "--sheet", str(sheet)]
    assert run(["evaluate", "depth", str(data), "--align", "scale-shift", *files]) == 0
    shown = capsys.readouterr()
    assert "kitti: 1 images, 9,936 pixels, alignment: scale-shift" in shown.out
    assert all(metric in shown.out for metric in METRICS)  # no name is cut off
    assert "Traceback" not in shown.err
    scores = json.loads(report.read_text())
    assert set(scores) == {"kitti"}
    assert set(scores["kitti"]) == {"compact", "ramp", "blob"}
    assert all(set(row) == METRICS | {"images", "pixels"} for row in scores["kitti"].values())
    assert cv2.imread(str(sheet)).shape[1] == 4 * 306 + 6


def test_several_models_and_mirror_images(data: Path, tmp_path: Path, bare_model: str) -> None:
    rng = np.random.default_rng(0)
    picture = data / "training/image_2/000000_10.png"
    cv2.imwrite(str(picture), rng.integers(0, 256, (*KITTI_PX[::-1], 3), np.uint8))
    found = []
    for extra in ([], ["--postprocess"]):
        report = tmp_path / "scores.json"
        models = ["--model", bare_model, "--json", str(report)]
        assert run(["evaluate", "depth", str(data), *models, *extra]) == 0
        found.append(json.loads(report.read_text())["kitti"])
    assert set(found[0]) == {bare_model, "ramp", "blob"}
    assert found[0]["ramp"] == found[1]["ramp"]
    assert found[0][bare_model]["abs_rel"] != found[1][bare_model]["abs_rel"]


@pytest.mark.parametrize(
    "kind", [{"input_channels": 6}, {"head": "deep3d", "disparities": 8}], ids=["pairs", "deep3d"]
)
def test_a_training_run_of_every_kind(kind: dict[str, Any], data: Path, tmp_path: Path) -> None:
    run_folder, report = tmp_path / "mine", tmp_path / "scores.json"
    run_folder.mkdir()
    network = {"encoder": "vgg", "width": 0.05, **kind}
    build_network(**network, height=128, width_px=256).save_weights(run_folder / "mine.weights.h5")
    described = {**network, "input_px": [256, 128], "metric": True}
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in described.items())
    (run_folder / "network.toml").write_text(table)
    arguments = ["--model", str(run_folder), "--json", str(report)]
    assert run(["evaluate", "depth", str(data), *arguments]) == 0
    assert set(json.loads(report.read_text())["kitti"]) == {str(run_folder), "ramp", "blob"}


def test_caps_of_eigen(tmp_path: Path, bare_model: str) -> None:
    data = eigen(tmp_path / "raw", [(10, 0, 0), (60, -6, 0)])
    report = tmp_path / "scores.json"
    common = ["evaluate", "depth", str(data), "--model", bare_model, "--json", str(report)]
    assert run(common) == 0
    assert set(json.loads(report.read_text())) == {"eigen_80m", "eigen_50m"}
    assert run([*common, "--cap", "65", "--crop", "none"]) == 0
    assert set(json.loads(report.read_text())) == {"eigen_65m"}


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ([], 2, "compact: its disparity is relative"),
        (["--align", "median", "--dataset", "eigen"], 1, "needs the list of its pictures"),
        (["--dataset", "make3d"], 1, "is not Make3D"),
        (["--dataset", "folder"], 1, "has nothing to measure on"),
        (["--focal-px", "700"], 2, "--focal-px and --baseline-m belong together"),
        (["--cap", "0"], 2, "0.0 is not in the range x>0"),
        (["--align", "scale-shift", "--json", "no folder/s.json"], 1, "cannot write the report"),
        (["--model", "huge"], 1, "unknown model 'huge'"),
    ],
)
def test_wrong_options_give_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, expected: str
) -> None:
    assert run(["evaluate", "depth", str(data), *arguments]) == code
    shown = capsys.readouterr().err
    assert expected in shown
    assert "Traceback" not in shown


def test_a_folder_that_holds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "depth", str(tmp_path)]) == 1
    assert "nothing to measure on" in capsys.readouterr().err
