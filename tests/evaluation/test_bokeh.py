"""The reference lens and the scores, on small scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import Renderer, create_renderer
from streamdefocus.defocus.aperture import ApertureShape
from streamdefocus.errors import ConfigError, EngineError, OutputError
from streamdefocus.evaluation import bokeh
from streamdefocus.evaluation.bokeh import (
    compare,
    evaluate,
    every_renderer,
    format_table,
    renderer_options,
)
from streamdefocus.evaluation.bokeh_cases import CONDITIONS, Case, make_cases
from streamdefocus.evaluation.bokeh_sheet import TILE_PX, crop_place, write_sheet
from streamdefocus.evaluation.scenes import REPORTING_SEEDS, TUNING_SEEDS, make_scene
from streamdefocus.evaluation.similarity import psnr, ssim
from streamdefocus.evaluation.thin_lens import Plane, Scene, decode_srgb, encode_srgb

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


def test_a_slanted_plane_blurs_every_point_by_its_own_disparity() -> None:
    """Disparity grows from 0.1 at the top to 0.3 at the bottom of one plane with two lamps."""
    wall = np.zeros((121, 121, 4), np.float32)
    wall[..., 3] = 1
    slanted = np.zeros((121, 121, 4), np.float32)
    for row in (30, 90):
        slanted[row, 60] = (200, 200, 200, 1)
    planes = (
        Plane(wall, 0, 0, (0.0, 0.0, 0.0)),
        Plane(slanted, 0, 0, (0.1, 0.0, 0.2 / 120)),
    )
    scene = Scene((121, 121), planes, 0.1)
    span = scene.disparity().span
    assert span == pytest.approx(0.25)  # from the wall to the lower lamp
    seen = scene.through_lens(0.0, 25.0 * span / 0.25)[..., 0] > 0
    widths = [np.ptp(np.flatnonzero(part.any(0))) for part in (seen[:58], seen[62:])]
    assert widths == pytest.approx([30, 50], abs=2)  # 0.15 / 0.25 of 50 px, and all of it


def test_what_is_hidden_from_the_middle_of_the_lens_is_seen_past_an_edge() -> None:
    wall = np.ones((61, 61, 4), np.float32)
    wall[:, 30:, :3] = 0  # bright up to the edge of the board before it, dark under the board
    board = np.zeros((61, 31, 4), np.float32)
    board[..., 3] = 1
    scene = Scene(
        (61, 61),
        (Plane(wall, 0, 0, (0.0, 0.0, 0.0)), Plane(board, 30, 0, (1.0, 0.0, 0.0))),
        0.0,
    )
    seen = decode_srgb(scene.through_lens(0.0, 10.0)[30, :, 0])
    assert seen[15] == pytest.approx(1, abs=0.01)
    assert seen[29] == pytest.approx(0.5, abs=0.06)  # half of the lens sees past the board
    assert seen[35:].max() < 0.01  # what it sees there is the dark part of the wall


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


def test_light_comes_back_from_the_srgb_curve() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(encode_srgb(decode_srgb(levels)), levels)


def test_scores_of_equal_and_of_known_pictures() -> None:
    image = np.random.default_rng(0).integers(0, 246, (40, 50, 3), np.uint8)
    assert psnr(image, image) == 99
    assert ssim(image, image) == pytest.approx(1)
    assert psnr(image + np.uint8(10), image) == pytest.approx(28.13, abs=0.01)
    assert ssim(cv2.blur(image, (5, 5)), image) < 0.5


@pytest.fixture(scope="module")
def case() -> Case:
    return next(c for c in make_cases([1], SIZE, 2.0, samples=64) if c.name == "1 on")


def test_bleeding_is_counted_on_its_side_of_the_edge(case: Case) -> None:
    in_focus = np.abs(case.radius_px) < 0.1
    worse = case.reference.copy()
    worse[in_focus] ^= 16
    score = compare(worse, case)
    assert score["bleed_in"] == pytest.approx(16, abs=0.5)
    assert score["bleed_out"] == 0
    perfect = compare(case.reference, case)
    assert perfect == {
        "psnr": 99.0,
        "ssim": pytest.approx(1),
        "bleed_in": 0,
        "bleed_out": 0,
        "highlights": 1,
    }


def test_highlights_are_the_light_where_the_lens_spreads_lamps(case: Case) -> None:
    half = encode_srgb(decode_srgb(case.reference) / 2)
    assert compare(half, case)["highlights"] == pytest.approx(0.5, abs=0.02)
    elsewhere = case.reference.copy()
    elsewhere[~case.lamp_discs()] = 0
    assert compare(elsewhere, case)["highlights"] == 1
    clipped = cv2.GaussianBlur(case.bgr, (0, 0), 3.2)  # lamps as the photo has them: white, no more
    assert compare(clipped, case)["highlights"] < 0.95


def test_without_lamps_out_of_focus_there_is_no_figure(case: Case) -> None:
    dark = replace(case, lamps=np.zeros_like(case.lamps))
    assert np.isnan(compare(case.reference, dark)["highlights"])


def test_the_crop_shows_edges_in_focus_and_lies_in_the_picture(case: Case) -> None:
    rows, columns = crop_place(case)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (135, 240)
    assert 0 <= rows.start < rows.stop <= SIZE[1]
    assert 0 <= columns.start < columns.stop <= SIZE[0]
    edges = case.depth_edges()
    assert edges[rows, columns].mean() > edges.mean()


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    sheet = tmp_path_factory.mktemp("bokeh") / "sheet.png"
    lens = DefocusOptions(blur=2.0)
    result = evaluate(
        {name: lens.model_copy(update={"renderer": name}) for name in ("fast", "classic")},
        seeds=TUNING_SEEDS[:1],
        size=SIZE,
        samples=128,
        timed_sizes=[SIZE],
        sheet=sheet,
    )
    return result, sheet


def test_result_is_in_the_form_of_the_contract(scores: tuple[dict, Path]) -> None:
    result, sheet = scores
    assert set(result) == {"unblurred", "uniform", "fast", "classic"}
    for score in result.values():
        assert set(score) == {*CONDITIONS, "ms", "aperture_shape"}
        for condition in CONDITIONS:
            keys = {"psnr", "ssim", "bleed_in", "bleed_out", "highlights"}
            assert set(score[condition]) == keys
        assert score["ms"]["320x180"] > 0
    # Three cases, each as a picture and two crops; the lens, two baselines, two renderers.
    assert cv2.imread(str(sheet)).shape == (3 * 3 * 270, 5 * TILE_PX, 3)
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


def test_a_polygon_is_measured_against_a_polygon() -> None:
    """On the same pictures the disc fits the disc's reference better, the hexagon its own."""
    fits = {}
    for lens in ("disc", "hexagon"):
        for blades in ("disc", "hexagon"):
            cases = make_cases([1], SIZE, 6.0, samples=256, shape=lens)
            renderer = create_renderer(DefocusOptions(blur=6.0, aperture_shape=blades))
            case = next(c for c in cases if c.name == "1 front")
            result = renderer.render(case.bgr, case.disparity["exact"], case.focus)
            fits[lens, blades] = compare(result, case)["psnr"]
    assert fits["disc", "disc"] > fits["disc", "hexagon"]
    assert fits["hexagon", "hexagon"] > fits["hexagon", "disc"]


def test_every_renderer_and_every_blur_method_is_compared() -> None:
    renderers = every_renderer(DefocusOptions(blur=3, aperture_shape="octagon"))
    assert {"fast", "classic", "classic:average", "classic:median"} <= set(renderers)
    assert "classic:gaussian" not in renderers
    assert {(o.blur, o.aperture_shape) for o in renderers.values()} == {(3, "octagon")}


def test_renderers_are_named_with_their_methods() -> None:
    mixed = renderer_options("classic:median+average", DefocusOptions(blur=3))
    assert (mixed.renderer, mixed.blur_method, mixed.far_blur_method, mixed.blur) == (
        "classic",
        "median",
        "average",
        3,
    )
    for wrong in ("quick", "classic:fog", "classic:median+fog"):
        with pytest.raises(ConfigError, match=wrong.split("+", maxsplit=1)[0]):
            renderer_options(wrong)


def test_a_renderer_that_cannot_run_here_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(options: DefocusOptions) -> Renderer:
        if options.renderer == "classic":
            raise EngineError("no graphics card")
        return create_renderer(options)

    monkeypatch.setattr(bokeh, "create_renderer", create)
    said: list[str] = []
    result = evaluate(
        {name: DefocusOptions(renderer=name) for name in ("classic", "fast")},
        seeds=[1],
        size=(160, 90),
        samples=16,
        timed_sizes=[],
        progress=said.append,
    )
    assert set(result) == {"unblurred", "uniform", "fast"}
    assert "classic is left out: no graphics card" in said


def test_renderers_with_different_lenses_are_refused() -> None:
    with pytest.raises(ValueError, match="one blur"):
        evaluate({"a": DefocusOptions(blur=1), "b": DefocusOptions(blur=2)})


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing/sheet.png", "cannot write the contact sheet"), ("sheet.xyz", r"try \.png")],
)
def test_a_sheet_that_cannot_be_written_is_said_in_one_line(
    name: str, told: str, tmp_path: Path
) -> None:
    picture = np.zeros((9, 16, 3), np.uint8)
    with pytest.raises(OutputError, match=told):
        write_sheet(tmp_path / name, [[picture]])
