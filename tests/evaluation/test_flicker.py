"""Flicker and lag: the measures rank methods that are known to be good, bad or useless."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.config import SmoothingOptions
from streamdefocus.errors import OutputError
from streamdefocus.evaluation.flicker import evaluate, lag, measure, near_edges, opw, rtc
from streamdefocus.evaluation.flicker_clips import Sample, samples_of, synthetic_clip
from streamdefocus.evaluation.flicker_curve import draw_curve, write_curve
from streamdefocus.evaluation.flicker_methods import (
    ema_method,
    frozen_method,
    methods,
    minmax_method,
    raw_method,
    smoother_method,
    strengths,
)
from streamdefocus.frames import BgrImage, FloatMap, Frame

SIZE = (160, 96)
OPTIONS = SmoothingOptions()
CLIPS = Path(__file__).parents[3] / "shared/data/clips/webcam"
TEACHER = Path(__file__).parents[3] / "shared/data/teacher/tcmonodepth_small_192x320.onnx"


def sample(picture: BgrImage, raw: FloatMap, time_s: float, truth: FloatMap | None) -> Sample:
    return Sample(Frame(picture, pts=round(time_s * 1e6)), picture, raw, truth)


def still_clip(jitter: float) -> Iterator[Sample]:
    """A picture that stands still, whose disparity jumps up and down by ``jitter``."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (96, 160, 3), np.uint8)
    ramp = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (96, 1))
    for index in range(6):
        yield sample(picture, ramp + np.float32(jitter * (index % 2)), index / 30, ramp)


def test_opw_and_rtc_by_hand() -> None:
    before = np.zeros((2, 2), np.float32)
    after = np.array([[0, 0.1], [0.2, -0.3]], np.float32)
    weight = np.array([[1, 1], [0.5, 0]], np.float32)
    assert opw(before, after, weight) == pytest.approx(0.05)
    assert rtc(before, after, 0.15) == 0.5


@pytest.mark.parametrize("jitter", [0.0, 0.005, 0.05])
def test_flicker_is_the_change_as_a_share_of_the_span(jitter: float) -> None:
    scores = measure(still_clip(jitter), {"raw": raw_method})["raw"]
    assert scores["opw"] == pytest.approx(jitter / 0.96, rel=0.05, abs=1e-6)
    assert scores["rtc"] == pytest.approx(1.0 if jitter < 0.01 else 0.0)
    assert scores["error"] == pytest.approx(jitter / 2 / 0.96, rel=0.05, abs=1e-3)


def test_flicker_does_not_depend_on_scale_and_shift() -> None:
    tenfold = (shot._replace(raw=10 * shot.raw + 3) for shot in still_clip(0.05))
    plain, scaled = (
        measure(clip, {"raw": raw_method})["raw"] for clip in (still_clip(0.05), tenfold)
    )
    assert plain["opw"] == pytest.approx(scaled["opw"], rel=1e-4)
    assert plain["error"] == pytest.approx(scaled["error"], rel=1e-3)


def test_movement_is_not_flicker() -> None:
    rng = np.random.default_rng(1)
    wide = cv2.resize(rng.integers(0, 256, (8, 20, 3), np.uint8), (240, 96))
    ramp = np.abs(np.sin(np.arange(240, dtype=np.float32) / 20)) * np.ones((96, 1), np.float32)
    windows = [np.s_[:, 2 * index : 2 * index + 160] for index in range(5)]
    pan = [sample(wide[at].copy(), ramp[at].copy(), i / 30, None) for i, at in enumerate(windows)]
    moved = measure(pan, {"raw": raw_method})["raw"]["opw"]
    in_place = np.abs(ramp[windows[1]] - ramp[windows[0]]).mean()
    assert moved is not None
    assert moved < in_place / 3


def test_cuts_are_left_out() -> None:
    def cut() -> Iterator[Sample]:
        for seed in (2, 3):
            rng = np.random.default_rng(seed)
            picture = np.repeat(np.repeat(rng.integers(0, 256, (6, 10, 3), np.uint8), 16, 0), 16, 1)
            yield sample(picture, rng.random((96, 160), np.float32), seed / 30, None)

    assert measure(cut(), {"raw": raw_method})["raw"]["opw"] is None


def test_the_smoother_is_calmer_and_truer_than_raw_and_not_frozen() -> None:
    scores = measure(synthetic_clip(0, SIZE, 3.0, SIZE), methods(OPTIONS))
    figures = {name: (row["opw"] or 0, row["error"] or 0) for name, row in scores.items()}
    assert figures["smoother"][0] < figures["ema"][0] / 2 < figures["raw"][0] / 2
    assert figures["frozen"][0] < figures["smoother"][0]  # the useless winner
    assert figures["smoother"][1] < min(figures[name][1] for name in ("raw", "frozen", "minmax"))


def test_lag_of_known_methods() -> None:
    assert lag(raw_method(), SIZE) == 1
    assert lag(minmax_method(), SIZE) == 1
    assert lag(frozen_method(), SIZE) is None
    assert lag(ema_method(0.6), SIZE) == 5  # 1 - 0.6^5 = 0.92
    assert lag(ema_method(0.9), SIZE) == 22  # 1 - 0.9^22 = 0.902
    assert lag(smoother_method(OPTIONS), SIZE) in (1, 2)


def test_lag_of_a_step_that_the_picture_does_not_show() -> None:
    assert lag(raw_method(), SIZE, seen=False) == 1
    assert lag(ema_method(0.9), SIZE, seen=False) == 22
    weak, strong = (
        lag(smoother_method(SmoothingOptions(smoothing=s)), SIZE, seen=False) for s in (0.3, 0.8)
    )
    assert weak is not None
    assert strong is None or strong > 2 * weak > 2 * 3


def jumping_clip(jump: float, noise: float = 0.0) -> Iterator[Sample]:
    """A board before a wall whose edge jumps to and fro, before a camera with noise."""
    rng = np.random.default_rng(4)
    picture = cv2.resize(rng.integers(0, 256, (24, 40, 3), np.uint8), SIZE)
    for index in range(6):
        raw = np.zeros((96, 160), np.float32)
        raw[:, 60 + round(jump) * (index % 2) :] = 1
        noisy = np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)
        yield sample(noisy, raw, index / 30, None)


def test_an_edge_that_jumps_flickers_in_the_picture_near_the_edge() -> None:
    still, jumping = (
        measure(jumping_clip(jump), {"raw": raw_method})["raw"] for jump in (0.0, 4.0)
    )
    assert still["picture"] == still["edges"] == 0
    assert jumping["picture"] is not None
    assert jumping["edges"] is not None
    assert jumping["edges"] > 4 * jumping["picture"] > 0


def test_noise_of_the_camera_is_not_counted_as_flicker() -> None:
    noisy = measure(jumping_clip(0.0, noise=3.0), {"frozen": frozen_method})["frozen"]
    moving = measure(jumping_clip(4.0), {"raw": raw_method})["raw"]
    assert (noisy["edges"] or 0) < 0.2 * (moving["edges"] or 0)


def test_edges_lie_where_disparity_jumps() -> None:
    map_ = np.zeros((96, 160), np.float32)
    map_[:, 80:] = 1
    edges = near_edges(map_)
    assert edges[:, 78:82].all()
    assert not edges[:, :70].any()
    assert not edges[:, 90:].any()


def test_the_picture_is_compared_with_that_from_exact_disparity() -> None:
    scores = measure(
        synthetic_clip(0, SIZE, 0.5, SIZE), {"raw": raw_method, "frozen": frozen_method}
    )
    exact = (shot._replace(raw=shot.truth) for shot in synthetic_clip(0, SIZE, 0.5, SIZE))
    perfect = measure(exact, {"raw": raw_method})["raw"]
    assert perfect["picture_error"] == 0
    assert (scores["raw"]["picture_error"] or 0) > 0.1


def test_a_curve_has_a_line_for_each_clip(tmp_path: Path) -> None:
    makers = strengths([0.0, 0.5, 0.9])
    assert list(makers) == ["0", "0.5", "0.9"]
    flickers = {name: {"edges": 1.0 - float(name), "picture_error": 1.0} for name in makers}
    lags = {name: {**row, "lag_unseen_frames": None} for name, row in flickers.items()}
    picture = draw_curve({"clip": flickers, "synthetic": lags})
    levels = {tuple(int(c) for c in colour) for colour in np.unique(picture.reshape(-1, 3), axis=0)}
    assert {(180, 90, 20), (30, 110, 220), (60, 150, 60)} <= levels
    write_curve(tmp_path / "curve.png", {"synthetic": lags})
    assert (tmp_path / "curve.png").stat().st_size > 1000
    with pytest.raises(OutputError, match="cannot write the curve"):
        write_curve(tmp_path / "missing" / "curve.png", {"synthetic": lags})


def test_samples_of_frames() -> None:
    frames = [Frame(np.zeros((4, 6, 3), np.uint8), i, i, Fraction(1, 10)) for i in range(2)]

    def estimate(bgr: BgrImage) -> tuple[BgrImage, FloatMap]:
        return bgr[::2, ::2], np.ones((2, 3), np.float32)

    samples = list(samples_of(frames, estimate))
    assert [shot.frame.time_s for shot in samples] == [0, 0.1]
    assert samples[0].picture.shape == (2, 3, 3)
    assert samples[0].truth is None


def test_evaluate_gives_json_with_all_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdefocus.evaluation import flicker

    monkeypatch.setattr(flicker, "synthetic_clip", lambda: synthetic_clip(0, SIZE, 0.2, SIZE))
    monkeypatch.setattr(flicker, "lag", lambda method, seen=True: lag(method, (64, 48), seen=seen))
    scores = json.loads(json.dumps(evaluate({"still": still_clip(0.01)}, methods(OPTIONS))))
    assert set(scores) == {"still", "synthetic"}
    for rows in scores.values():
        assert set(rows) == {"raw", "minmax", "frozen", "ema", "smoother"}
        columns = {"opw", "rtc", "picture", "edges", "ms", "error", "picture_error"}
        assert all(columns <= set(row) for row in rows.values())
    assert scores["synthetic"]["frozen"]["lag_frames"] is None


@pytest.mark.skipif(not (CLIPS.is_dir() and TEACHER.is_file()), reason="needs the shared clips")
def test_a_real_clip_flickers_less_than_half_as_much() -> None:
    import av

    pytest.importorskip("onnxruntime")
    from streamdefocus.depth.teacher import Teacher

    teacher = Teacher(TEACHER)

    def clip() -> Iterator[Sample]:
        with av.open(str(next(CLIPS.glob("*woman*.mp4")))) as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index == 24:
                    return
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), (256, 128))
                yield sample(picture, teacher(picture), float(frame.time or 0), None)

    scores = measure(clip(), {"raw": raw_method, "smoother": lambda: smoother_method(OPTIONS)})
    assert (scores["smoother"]["opw"] or 1) < (scores["raw"]["opw"] or 0) / 2
