"""The reference lens and the scores, on small scenes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.defocus.aperture import ApertureShape
from streamdefocus.errors import OutputError
from streamdefocus.evaluation.bokeh import (
    CONDITIONS,
    compare,
    evaluate,
    format_table,
    make_cases,
    write_sheet,
)
from streamdefocus.evaluation.scenes import REPORTING_SEEDS, TUNING_SEEDS, make_scene
from streamdefocus.evaluation.similarity import psnr, ssim
from streamdefocus.evaluation.thin_lens import Plane, Scene, encode_srgb

SIZE = (320, 180)


def lamp_before_wall(disparity: float) -> Scene:
    """One bright pixel, floating before a black wall of disparity 0."""
    wall = np.zeros((101, 101, 4), np.float32)
    wall[..., 3] = 1
    light = np.zeros((3, 3, 4), np.float32)
    light[1, 1] = (200, 200, 200, 1)
    planes = (Plane(wall, 0, 0, (0.0, 0.0, 0.0)), Plane(light, 49, 49, (disparity, 0.0, 0.0)))
    return Scene((101, 101), planes, disparity)


def test_seeds_for_tuning_and_for_reporting_are_apart() -> None:
    assert not set(TUNING_SEEDS) & set(REPORTING_SEEDS)


def test_a_scene_is_the_same_each_time_and_has_depth() -> None:
    scene, again = make_scene(1, SIZE), make_scene(1, SIZE)
    np.testing.assert_array_equal(scene.photo(), again.photo())
    assert np.abs(scene.photo().astype(int) - make_scene(2, SIZE).photo()).mean() > 10
    disparity = scene.disparity()
    assert disparity.values.shape == (180, 320)
    assert disparity.far < scene.subject < disparity.near
    assert scene.photo().max() == 255  # lamps clip


@pytest.mark.parametrize("shape", ["disc", "hexagon"])
def test_a_point_out_of_focus_is_the_aperture_in_the_exact_size(shape: ApertureShape) -> None:
    scene = lamp_before_wall(0.2)
    seen = scene.through_lens(0.0, 20.0, shape) > 0  # the lamp is one span from the focus
    assert seen[..., 0].sum() == pytest.approx(np.pi * 20**2, rel=0.08)
    rows, columns = (np.flatnonzero(seen[..., 0].any(axis)) for axis in (1, 0))
    assert (rows[0] + rows[-1], columns[0] + columns[-1]) == pytest.approx((100, 100), abs=1)
    assert (np.ptp(columns) > np.ptp(rows) + 2) == (shape == "hexagon")


def test_the_plane_in_focus_is_the_photo() -> None:
    scene = make_scene(1, SIZE)
    seen = scene.through_lens(scene.subject, 6.4, samples=64)
    exact = scene.disparity()
    in_focus = cv2.erode(
        (np.abs(exact.values - scene.subject) < 1e-6).astype(np.uint8), np.ones((15, 15), np.uint8)
    )
    assert in_focus.sum() > 1000
    difference = np.abs(seen.astype(int) - scene.photo())[in_focus > 0]
    assert difference.max() <= 1


def test_no_aperture_is_the_photo() -> None:
    scene = make_scene(1, SIZE)
    np.testing.assert_array_equal(scene.through_lens(0.1, 0.0, samples=16), scene.photo())


def test_srgb_curve_at_known_points() -> None:
    light = np.array([-1, 0, 0.0031308, 0.21404114, 1, 5], np.float32)
    np.testing.assert_array_equal(encode_srgb(light), [0, 0, 10, 128, 255, 255])


def test_scores_of_equal_and_of_known_pictures() -> None:
    image = np.random.default_rng(0).integers(0, 246, (40, 50, 3), np.uint8)
    assert psnr(image, image) == 99
    assert ssim(image, image) == pytest.approx(1)
    assert psnr(image + np.uint8(10), image) == pytest.approx(28.13, abs=0.01)
    assert ssim(cv2.blur(image, (5, 5)), image) < 0.5


def test_bleeding_is_counted_on_its_side_of_the_edge() -> None:
    case = next(c for c in make_cases([1], SIZE, 2.0, samples=16) if c.name == "1 on")
    in_focus = np.abs(case.radius_px) < 0.1
    worse = case.reference.copy()
    worse[in_focus] ^= 16
    score = compare(worse, case)
    assert score["bleed_in"] == pytest.approx(16, abs=0.5)
    assert score["bleed_out"] == 0
    perfect = compare(case.reference, case)
    assert perfect == {"psnr": 99.0, "ssim": pytest.approx(1), "bleed_in": 0, "bleed_out": 0}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    sheet = tmp_path_factory.mktemp("bokeh") / "sheet.png"
    result = evaluate(
        seeds=TUNING_SEEDS[:1], size=SIZE, samples=128, timed_sizes=[SIZE], sheet=sheet
    )
    return result, sheet


def test_result_is_in_the_form_of_the_contract(scores: tuple[dict, Path]) -> None:
    result, sheet = scores
    assert set(result) == {"unblurred", "uniform", "fast", "classic"}
    for score in result.values():
        assert set(score) == {*CONDITIONS, "ms"}
        for condition in CONDITIONS:
            assert set(score[condition]) == {"psnr", "ssim", "bleed_in", "bleed_out"}
        assert score["ms"]["320x180"] > 0
    assert cv2.imread(str(sheet)).shape == (3 * 270, 5 * 480, 3)
    table = format_table(result)
    assert "fast" in table
    assert "ms 320x180" in table


@pytest.mark.parametrize("condition", CONDITIONS)
def test_fast_is_better_than_classic_and_classic_than_no_blur(
    scores: tuple[dict, Path], condition: str
) -> None:
    psnrs = {name: score[condition]["psnr"] for name, score in scores[0].items()}
    assert psnrs["fast"] > psnrs["classic"] + 3
    assert psnrs["classic"] > psnrs["unblurred"] + 3
    assert psnrs["classic"] > psnrs["uniform"]
    assert scores[0]["fast"]["exact"]["psnr"] > 35


def test_a_sheet_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    picture = np.zeros((9, 16, 3), np.uint8)
    with pytest.raises(OutputError, match="cannot write the contact sheet"):
        write_sheet(tmp_path / "missing" / "sheet.png", ["a"], [[picture]])
