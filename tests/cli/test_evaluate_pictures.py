"""``evaluate bokeh`` and ``evaluate flicker``: what they are asked, and what they refuse."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamdefocus.cli.main import run
from streamdefocus.depth import teacher as teacher_module
from streamdefocus.evaluation import bokeh, flicker
from streamdefocus.frames import BgrImage, FloatMap, Frame
from streamdefocus.sinks import VideoSink


def test_bokeh_passes_on_what_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, Any] = {}

    def evaluate(renderers: Any, **options: Any) -> dict[str, Any]:
        asked.update(options, renderers=renderers)
        score = {"psnr": 30.0, "ssim": 0.9, "bleed_in": 1, "bleed_out": 2, "highlights": None}
        return {"fast": dict.fromkeys(("exact", "512x256", "network"), score) | {"ms": {"8x4": 1}}}

    monkeypatch.setattr(bokeh, "evaluate", evaluate)
    path = tmp_path / "bokeh.json"
    arguments = ["--only", "fast", "--only", "classic:median+disc", "--aperture-shape", "hexagon"]
    assert run(["evaluate", "bokeh", *arguments, "--seeds", "2", "--json", str(path)]) == 0
    assert list(asked["renderers"]) == ["fast", "classic:median+disc"]
    assert {o.aperture_shape for o in asked["renderers"].values()} == {"hexagon"}
    assert asked["renderers"]["classic:median+disc"].far_blur_method == "disc"
    assert asked["seeds"] == (101, 102)
    assert asked["samples"] == 1024
    assert json.loads(path.read_text())["fast"]["exact"]["psnr"] == 30
    assert "none" in capsys.readouterr().out  # no lamp was out of focus


def test_bokeh_refuses_an_unknown_renderer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "bokeh", "--only", "fog"]) == 2
    assert "error: fog: renderer" in capsys.readouterr().err


def test_flicker_tries_many_strengths_for_a_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def evaluate(clips: Any, makers: Any) -> Any:
        row = {"edges": 1.0, "picture_error": 1.0, "lag_unseen_frames": None}
        return {"synthetic": dict.fromkeys(makers, row)}

    monkeypatch.setattr(flicker, "evaluate", evaluate)
    path = tmp_path / "curve.png"
    assert run(["evaluate", "flicker", "--curve", str(path)]) == 0
    assert path.is_file()
    assert "0.95" in capsys.readouterr().out
    assert run(["evaluate", "flicker"]) == 0
    assert "smoother" in capsys.readouterr().out


def test_flicker_of_the_teacher_stands_beside_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Constant:
        def __init__(self, path: Path) -> None:
            assert path.name == "teacher.onnx"

        def __call__(self, bgr: BgrImage) -> FloatMap:
            return np.full(bgr.shape[:2], 3, np.float32)

    maps: dict[str, tuple[int, ...]] = {}

    def evaluate(clips: Any, makers: Any) -> Any:
        for name, samples in clips.items():
            maps[name] = next(samples).raw.shape
            assert ("teacher" in name) == all((sample.raw == 3).all() for sample in samples)
        return {}

    monkeypatch.setattr(teacher_module, "Teacher", Constant)
    monkeypatch.setattr(flicker, "evaluate", evaluate)
    clip = tmp_path / "talk.mp4"
    with VideoSink(clip) as sink:
        for index in range(3):
            picture = np.full((90, 160, 3), 40 * index, np.uint8)
            sink.write(Frame(picture, index, index, Fraction(1, 25), 1))
    assert run(["evaluate", "flicker", str(clip), "--teacher", "teacher.onnx"]) == 0
    assert maps == {"talk.mp4": (256, 512), "talk.mp4, teacher": (256, 512)}


def test_results_that_cannot_be_written_are_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for subject, option in (("bokeh", "--sheet"), ("flicker", "--curve")):
        assert run(["evaluate", subject, option, str(tmp_path / "none" / "x.png")]) == 1
        assert "cannot write" in capsys.readouterr().err
