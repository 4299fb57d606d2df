"""The lens: what light does out of focus, and what must not leak where."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.defocus.grid import WORKING_LIMIT_PX, make_grid
from streamdefocus.defocus.light import LIGHT_OF_VALUE
from streamdefocus.evaluation.scenes import make_scene
from streamdefocus.evaluation.similarity import psnr
from streamdefocus.frames import BgrImage, DisparityMap, FloatMap, FocusPlane

WIDTH, HEIGHT = 640, 360
FAR, NEAR = 0.05, 0.25


def render(bgr: BgrImage, values: FloatMap, focus: float, **options: object) -> BgrImage:
    lens = create_renderer(DefocusOptions(**{"blur": 3.0, **options}))  # type: ignore[arg-type]
    return lens.render(bgr, DisparityMap(values, FAR, NEAR), FocusPlane(focus))


def flat(disparity: float) -> FloatMap:
    return np.full((HEIGHT, WIDTH), disparity, np.float32)


def subject_and_wall() -> tuple[FloatMap, np.ndarray]:
    """A near box in the middle before a far wall: its disparity, and where it is."""
    box = np.zeros((HEIGHT, WIDTH), bool)
    box[100:260, 220:420] = True
    return np.where(box, np.float32(NEAR), np.float32(FAR)), box


def light_of(bgr: BgrImage) -> np.ndarray:
    return LIGHT_OF_VALUE[bgr].astype(np.float64) / 65535


def within(mask: np.ndarray, px: int) -> np.ndarray:
    """Pixels at most ``px`` from the mask."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * px + 1, 2 * px + 1), np.uint8)) > 0


@pytest.mark.parametrize("focus", [FAR, NEAR])
@pytest.mark.parametrize("blur", [1.0, 2.0, 4.0, 8.0])
def test_a_lamp_becomes_a_disc_of_the_expected_radius(focus: float, blur: float) -> None:
    image = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    image[179:182, 319:322] = 225  # bright, but not clipped
    result = render(image, flat(FAR + NEAR - focus), focus, blur=blur)
    light = light_of(result)[..., 1] - light_of(image)[0, 0, 1]
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    around = (np.abs(y - 180) < 90) & (np.abs(x - 320) < 90)
    light = np.where(around, light, 0)
    # A disc's mean squared distance from its centre is half its squared radius.
    spread = float((light * ((x - 320) ** 2 + (y - 180) ** 2)).sum() / light.sum())
    assert np.sqrt(2 * spread) == pytest.approx(blur / 100 * WIDTH, rel=0.12)
    before = light_of(image)[..., 1] - light_of(image)[0, 0, 1]
    assert light.sum() == pytest.approx(before.sum(), rel=0.25)  # 8 bits hold little of it


def test_discs_are_flat_and_end_sharply() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 10, np.uint8)
    image[176:185, 316:325] = 255
    result = render(image, flat(FAR), NEAR, blur=4).astype(int)[180, :, 1]
    radius = round(0.04 * WIDTH)
    middle = result[320]
    assert middle > 60
    assert abs(result[320 + radius // 2] - middle) < 0.15 * middle
    assert result[320 + radius + 12] < 15


def test_lights_have_the_shape_of_the_aperture() -> None:
    image = np.full((2 * HEIGHT, 2 * WIDTH, 3), 10, np.uint8)
    cv2.circle(image, (WIDTH, HEIGHT), 8, (255, 255, 255), -1)
    disc, hexagon, octagon = (
        render(image, flat(FAR), NEAR, blur=3, aperture_shape=shape)[..., 1].astype(int) - 10
        for shape in ("disc", "hexagon", "octagon")
    )
    assert disc[HEIGHT].sum() == pytest.approx(disc[:, WIDTH].sum(), rel=0.02)
    assert hexagon[HEIGHT].sum() > 1.02 * hexagon[:, WIDTH].sum()  # wider than high
    assert np.abs(disc - hexagon).max() > 10
    assert np.abs(disc - octagon).max() > 6
    assert np.abs(hexagon - octagon).max() > 10


def test_small_clipped_lights_outshine_the_picture_and_broad_white_does_not() -> None:
    lamp = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    lamp[178:183, 318:323] = 255
    dim = lamp.copy()
    dim[178:183, 318:323] = 225
    peaks = [light_of(render(i, flat(FAR), NEAR)).max() for i in (lamp, dim)]
    assert peaks[0] > 3 * peaks[1]
    wall = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    wall[:, 300:] = 255
    blurred = light_of(render(wall, flat(FAR), NEAR))[:, :, 1]
    bright = float(light_of(wall)[..., 1].mean())
    assert blurred.mean() == pytest.approx(bright, rel=0.02)


def test_highlights_can_be_made_stronger_or_left_as_the_picture_shows_them() -> None:
    lamp = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    lamp[178:183, 318:323] = 255
    dark = light_of(lamp)[0, 0, 1]
    plain, usual, strong = (
        light_of(render(lamp, flat(FAR), NEAR, highlights=h)).max() - dark for h in (0, 4, 8)
    )
    assert usual == pytest.approx(5 * plain, rel=0.2)
    assert strong == pytest.approx(9 * plain, rel=0.2)


def test_the_foreground_can_stay_sharp() -> None:
    values, box = subject_and_wall()
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    np.testing.assert_array_equal(render(image, values, FAR, foreground_blur=False), image)
    middle = (FAR + NEAR) / 2
    result = render(image, values, middle, foreground_blur=False)
    inside, outside = ~within(~box, 8), ~within(box, 8)
    np.testing.assert_array_equal(result[inside], image[inside])
    assert np.abs(result[outside].astype(int) - image[outside]).mean() > 20


@pytest.mark.parametrize("size", [(256, 512), (HEIGHT, WIDTH)])
def test_a_subject_in_focus_stays_as_it_is_away_from_its_edges(size: tuple[int, int]) -> None:
    values, box = subject_and_wall()
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    given = cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA)
    result = render(image, given, NEAR)
    inside = ~within(~box, 8)
    np.testing.assert_array_equal(result[inside], image[inside])
    outside = ~within(box, 8)
    assert np.abs(result[outside].astype(int) - image[outside]).mean() > 20


def test_a_bright_subject_in_focus_does_not_bleed_into_the_wall() -> None:
    values, box = subject_and_wall()
    image = np.where(box[..., None], np.uint8(240), np.uint8(40)).repeat(3, axis=2)
    result = render(image, values, NEAR).astype(int)
    np.testing.assert_array_equal(result[box], 240)
    assert (result[~box] - 40).max() <= 3


def test_a_bright_wall_in_focus_is_not_smeared_into_a_dark_subject_nor_it_hard() -> None:
    values, box = subject_and_wall()
    image = np.where(box[..., None], np.uint8(40), np.uint8(240)).repeat(3, axis=2)
    result = render(image, values, FAR).astype(int)
    away = ~within(box, 24)  # the largest radius is 19.2 px
    np.testing.assert_array_equal(result[away], 240)
    deep = ~within(~box, 24)
    assert np.abs(result[deep] - 40).max() <= 1
    edge = light_of(result.astype(np.uint8))[180, 195:245, 1]
    assert (np.diff(edge) < 0.12).all()  # soft: no step of more than 12 % of white
    wall, subject = (
        light_of(np.array([[240]], np.uint8))[0, 0],
        light_of(np.array([[40]], np.uint8))[0, 0],
    )
    assert edge[25] == pytest.approx((wall + subject) / 2, abs=0.12)  # half covered at the edge


def test_what_is_hidden_behind_a_blurred_foreground_is_filled_from_around_it() -> None:
    values, box = subject_and_wall()
    image = np.where(box[..., None], [0, 0, 255], [255, 0, 0]).astype(np.uint8)
    result = light_of(render(image, values, FAR))
    inside_edge = result[180, 222:230]
    # Red foreground over blue wall, together as bright as either: nothing dark, nothing green.
    assert inside_edge[:, 1].max() < 0.01
    np.testing.assert_allclose(inside_edge[:, 0] + inside_edge[:, 2], 1, atol=0.12)
    assert inside_edge[0, 0] > 0.3


def test_works_in_linear_light() -> None:
    stripes = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stripes[:, ::2] = 220
    result = render(stripes, flat(FAR), NEAR, blur=4)
    expected = light_of(stripes).mean()
    assert light_of(result).mean() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("size", [(64, 48), (480, 640), (1920, 1080), (4000, 3000), (8000, 6000)])
@pytest.mark.parametrize("blur", [0.1, 1.8, 10.0])
def test_the_layers_stay_small_whatever_the_picture(size: tuple[int, int], blur: float) -> None:
    grid = make_grid(size, blur / 100 * size[0])
    assert max(grid.work) <= WORKING_LIMIT_PX
    assert grid.work[0] / grid.work[1] == pytest.approx(size[0] / size[1], rel=0.02)
    assert grid.front.radii[-1] == grid.behind.radii[-1] == pytest.approx(blur / 100 * size[0])
    assert len(grid.behind.radii) <= 9
    for stack in (grid.front, grid.behind):
        assert stack.coverage.max() == pytest.approx(1)
        assert stack.coverage[127] == 0
    together = grid.front.coverage + grid.behind.coverage
    assert together.max() <= 1 + 1e-6


@pytest.mark.parametrize("place", ["behind", "on", "front"])
def test_cats_eyes_are_those_of_a_lens_whose_rims_cut_the_light(place: str) -> None:
    scene = make_scene(0, (WIDTH, HEIGHT))
    focus = scene.focuses()[place]
    reference = scene.through_lens(focus, 0.024 * WIDTH, samples=64, cats_eye=1.0)
    exact = scene.disparity()
    without, with_cats_eyes = (
        create_renderer(DefocusOptions(blur=2.4, cats_eye=cats_eye)).render(
            scene.photo(), exact, FocusPlane(focus)
        )
        for cats_eye in (0.0, 1.0)
    )
    assert psnr(with_cats_eyes, reference) > psnr(without, reference) + 0.2


def test_edges_from_coarse_disparity_are_soft_over_a_pixel_and_exact_ones_are_not() -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    near = x + 0.6 * y > 400
    image = np.where(near[..., None], np.uint8(200), np.uint8(40)).repeat(3, axis=2)
    exact = np.where(near, np.float32(NEAR), np.float32(FAR))
    results = [render(image, values, NEAR) for values in (exact[::2, ::2].copy(), exact)]
    rim = near & ~(cv2.erode(near.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    mixed = [((result[rim] > 60) & (result[rim] < 190)).mean() for result in results]
    assert mixed[0] > 0.25
    assert mixed[1] == 0
    inner = cv2.erode(near.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    np.testing.assert_array_equal(results[0][inner], 200)
