"""The best renderer: what fast cannot do, and work that is watched."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamdefocus.config import DefocusOptions
from streamdefocus.defocus import create_renderer, multiplane
from streamdefocus.defocus.multiplane import MultiplaneRenderer
from streamdefocus.defocus.planes import make_planes
from streamdefocus.defocus.plate import Plate
from streamdefocus.evaluation.bokeh_cases import make_cases
from streamdefocus.evaluation.scenes import TUNING_SEEDS
from streamdefocus.evaluation.similarity import psnr
from streamdefocus.frames import BgrImage, DisparityMap, FocusPlane

FAR, NEAR = 0.05, 0.25
SIZE = (320, 180)


def portrait() -> tuple[BgrImage, DisparityMap]:
    """A near disc before a far wall, both with noise; disparity of the picture's size."""
    bgr = np.random.default_rng(0).integers(60, 190, (SIZE[1], SIZE[0], 3), np.uint8)
    subject = cv2.circle(np.zeros(bgr.shape[:2], np.uint8), (160, 90), 50, 1, -1) > 0
    values = np.where(subject, np.float32(NEAR), np.float32(FAR))
    return bgr, DisparityMap(values, FAR, NEAR)


@pytest.fixture(scope="module")
def psnrs() -> dict[str, dict[str, float]]:
    """Mean PSNR against the lens, by renderer and condition, of one scene."""
    options = DefocusOptions(blur=2.0)
    lenses = {
        name: create_renderer(options.model_copy(update={"renderer": name}))
        for name in ("fast", "best")
    }
    found: dict[str, dict[str, list[float]]] = {name: {} for name in lenses}
    for case in make_cases(TUNING_SEEDS[:1], (640, 360), options.blur, samples=128):
        for condition in ("exact", "512x256"):
            for name, lens in lenses.items():
                result = lens.render(case.bgr, case.disparity[condition], case.focus)
                found[name].setdefault(condition, []).append(psnr(result, case.reference))
    return {n: {c: float(np.mean(v)) for c, v in scores.items()} for n, scores in found.items()}


@pytest.mark.parametrize(("condition", "gain"), [("exact", 1.0), ("512x256", 0.1)])
def test_best_is_closer_to_a_lens_than_fast(
    psnrs: dict[str, dict[str, float]], condition: str, gain: float
) -> None:
    assert psnrs["best"][condition] > psnrs["fast"][condition] + gain


def test_the_background_goes_on_behind_a_blurred_subject() -> None:
    bgr = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    bgr[:] = (200, 60, 60)
    _, disparity = portrait()
    subject = disparity.values == NEAR
    bgr[subject] = (40, 40, 220)
    lens = MultiplaneRenderer(DefocusOptions(blur=5))
    result = lens.render(bgr, disparity, FocusPlane(FAR)).astype(int)
    inside = cv2.erode(subject.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    seam = inside & ~(cv2.erode(subject.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0)
    # Through the rim of the subject its own colour mixes with the wall's, and with nothing else.
    assert result[seam][:, 0].min() > 90
    assert result[seam][:, 2].min() > 90
    assert result[seam][:, 1].min() >= 39
    assert result[seam][:, 1].max() <= 61


def test_bands_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    bgr, disparity = portrait()
    lens = MultiplaneRenderer(DefocusOptions(blur=3))
    whole = lens.render(bgr, disparity, FocusPlane(NEAR)).astype(int)
    monkeypatch.setattr(multiplane, "BAND_PX", 1)
    steps: list[float] = []
    in_bands = lens.render_watched(bgr, disparity, FocusPlane(NEAR), steps.append).astype(int)
    assert len(steps) > 2 * len(make_planes(0.03 * SIZE[0]))
    assert np.abs(in_bands - whole).max() <= 1


def test_progress_grows_to_one_and_ends_the_work_when_it_raises() -> None:
    bgr, disparity = portrait()
    lens = MultiplaneRenderer(DefocusOptions(blur=3))
    steps: list[float] = []
    watched = lens.render_watched(bgr, disparity, FocusPlane(NEAR), steps.append)
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(1)
    np.testing.assert_array_equal(watched, lens.render(bgr, disparity, FocusPlane(NEAR)))

    def lose_patience(share: float) -> None:
        if share > 0.2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        lens.render_watched(bgr, disparity, FocusPlane(NEAR), lose_patience)


def test_every_radius_is_wholly_on_planes() -> None:
    for largest in (0.3, 1.0, 25.6, 400.0):
        planes = make_planes(largest)
        np.testing.assert_allclose(sum(p.weights for p in planes), 1, atol=1e-5)
        radii = [plane.radius_px for plane in planes]
        assert radii == sorted(radii, reverse=True)
        assert max(radii) == pytest.approx(largest)


def test_what_is_remembered_shows_through_a_blurred_rim() -> None:
    rng = np.random.default_rng(3)
    wall = rng.integers(0, 256, (SIZE[1] // 6, SIZE[0] // 6, 3), np.uint8)
    wall = np.asarray(cv2.resize(wall, SIZE, interpolation=cv2.INTER_NEAREST), np.uint8)
    _, disparity = portrait()
    subject = disparity.values == NEAR
    bgr = wall.copy()
    bgr[subject] = 128
    plate = Plate(wall, np.full_like(disparity.values, FAR), subject)
    lens = MultiplaneRenderer(DefocusOptions(blur=5))
    with_plate, without = (
        lens.render_watched(bgr, disparity, FocusPlane(FAR), lambda share: None, known)
        for known in (plate, None)
    )
    rim = subject & ~(cv2.erode(subject.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    # Half of the light comes from the wall: its pattern, not its mean, is seen.
    likeness = [
        float(np.corrcoef(picture[rim].ravel(), wall[rim].ravel())[0, 1])
        for picture in (with_plate, without)
    ]
    assert likeness[0] > 0.8
    assert likeness[0] > likeness[1] + 0.2
    changed = np.abs(with_plate.astype(int) - without).max(axis=2) > 2
    around = cv2.dilate(subject.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert not changed[~around].any()  # the wall is in focus: what is behind cannot leak out


def test_steps_of_the_radius_within_a_dark_thing_do_not_let_a_bright_wall_through() -> None:
    bgr = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    values = np.full(bgr.shape[:2], FAR, np.float32)
    bgr[40:, 60:260] = 8
    values[40:, 60:260] = 0.2
    values[40:, 72:190] = 0.19  # a network's disparity is never quite even
    lens = MultiplaneRenderer(DefocusOptions(blur=4, highlights=0))
    result = lens.render(bgr, DisparityMap(values, FAR, NEAR), FocusPlane(NEAR))
    assert result[80:150, 67:230].max() <= 10


def test_thin_things_before_the_focus_are_blurred_all_along() -> None:
    size = (640, 360)
    bgr = np.full((size[1], size[0], 3), 60, np.uint8)
    values = np.full(bgr.shape[:2], FAR, np.float32)
    for x in range(40, 620, 60):  # stems two pixels wide, before and behind which nothing is sharp
        cv2.line(bgr, (x, 20), (x + 50, 340), (60, 200, 60), 2, cv2.LINE_AA)
        cv2.line(values, (x, 20), (x + 50, 340), NEAR, 2)
    small = cv2.resize(values, (512, 256), interpolation=cv2.INTER_AREA)
    lens = MultiplaneRenderer(DefocusOptions(blur=2))
    result = lens.render(bgr, DisparityMap(small, FAR, NEAR), FocusPlane((FAR + NEAR) / 2))
    green = result[40:320, :, 1].astype(float)
    assert np.percentile(green, 99.9) < np.percentile(green, 90) + 30


def test_edges_from_coarse_disparity_are_soft_over_a_pixel_and_no_more() -> None:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    near = x + 0.6 * y > 200  # a slanted edge; in a photo its pixels would be mixed
    bgr = np.where(near[..., None], np.uint8(200), np.uint8(40)).repeat(3, axis=2)
    values = np.where(near, np.float32(NEAR), np.float32(FAR))
    coarse = DisparityMap(values[::2, ::2].copy(), FAR, NEAR)
    result = MultiplaneRenderer(DefocusOptions(blur=3)).render(bgr, coarse, FocusPlane(NEAR))
    inner = cv2.erode(near.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    np.testing.assert_allclose(result[inner].astype(int), 200, atol=1)
    rim = near & ~(cv2.erode(near.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    assert ((result[rim] > 60) & (result[rim] < 190)).mean() > 0.5
