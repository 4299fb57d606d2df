import numpy as np
import pytest
from depth_trees import KITTI_M_PX, KITTI_PX, blank, kitti, write

from streamdefocus.errors import ConfigError, InputError
from streamdefocus.evaluation.depth import DataOptions, Method, detect, evaluate, open_data

WIDTH, HEIGHT = KITTI_PX


def says(disparity_px):
    """A network that sees the same everywhere."""
    return Method(lambda bgr: np.full(bgr.shape[:2], disparity_px / WIDTH, np.float32))


def truth_of(*parts):
    """Equal parts of the picture, from left to right, with these disparities in pixels."""
    rows = np.zeros((HEIGHT, WIDTH))
    for part, value in zip(np.array_split(np.arange(WIDTH), len(parts)), parts, strict=True):
        rows[:, part] = value
    return rows


def scores(data, method, **options):
    found = evaluate({"it": method}, open_data(data, detect(data), DataOptions(**options)))
    return found["kitti"]


def test_errors_are_those_of_depth_and_d1_is_that_of_pixels(tmp_path):
    # Half of the known pixels at 40 px, as estimated; half at 10 px: four times as far. A third
    # of the picture is unknown.
    data = kitti(tmp_path, truth_of(40, 0, 10))
    found = scores(data, says(40))["it"]
    near_m, far_m = KITTI_M_PX / 40, KITTI_M_PX / 10
    gap_m = far_m - near_m
    assert found == pytest.approx(
        {
            "abs_rel": (gap_m / far_m) / 2,
            "sq_rel": gap_m**2 / far_m / 2,
            "rmse": np.sqrt(gap_m**2 / 2),
            "rmse_log": np.sqrt(np.log(4) ** 2 / 2),
            "log10": np.log10(4) / 2,
            "delta1": 0.5,
            "delta2": 0.5,
            "delta3": 0.5,
            "d1_all": 50,
            "images": 1,
            "pixels": 8 * 414 * 2,
        },
        rel=1e-5,
    )


def test_estimates_are_capped_and_the_truth_is_not(tmp_path):
    data = kitti(tmp_path, truth_of(4))  # 97.4 m
    for cap_m in (80, 50):
        found = scores(data, says(0.001), caps_m=(cap_m,))["it"]
        assert found["rmse"] == pytest.approx(KITTI_M_PX / 4 - cap_m, rel=1e-5)


def test_alignment_is_by_median_or_by_scale_and_shift(tmp_path):
    data = kitti(tmp_path, truth_of(40, 20, 10))

    def half_of_all(bgr):  # twice as far, which is below the cap
        return (truth_of(40, 20, 10) / 2 / WIDTH).astype(np.float32)

    assert scores(data, Method(half_of_all))["it"]["abs_rel"] == pytest.approx(1, rel=1e-4)
    assert scores(data, Method(half_of_all), align="median")["it"]["abs_rel"] < 1e-5
    shifted = Method(lambda bgr: half_of_all(bgr) + 1)
    assert scores(data, shifted, align="median")["it"]["abs_rel"] > 0.3
    assert scores(data, shifted, align="scale-shift")["it"]["abs_rel"] < 1e-3


def test_the_ramp_is_brought_to_the_whole_data_sets_scale(tmp_path):
    column = np.linspace(0, 1, HEIGHT)[:, None] * np.ones(WIDTH)
    kitti(tmp_path, 20 + 60 * column)
    data = kitti(tmp_path, 20 + 60 * column, "000001_10.png")
    found = scores(data, says(40))
    assert found["ramp"]["abs_rel"] < 1e-3
    assert found["ramp"]["images"] == 2
    assert found["blob"]["abs_rel"] > 0.1


def test_both_views_are_there_for_a_network_that_looks_at_pairs(tmp_path):
    data = kitti(tmp_path, truth_of(40))

    def estimate(views):
        assert (views[..., :3] == 60).all() and (views[..., 3:] == 61).all()
        return np.full(views.shape[:2], 40 / WIDTH, np.float32)

    assert scores(data, Method(estimate, sees_pairs=True))["it"]["d1_all"] == 0
    (data / "training/image_3/000000_10.png").unlink()
    with pytest.raises(InputError, match=r"000000_10\.png has no right view"):
        scores(data, Method(estimate, sees_pairs=True))


def test_a_missing_picture_is_named(tmp_path):
    data = kitti(tmp_path, truth_of(40))
    (data / "training/image_2/000000_10.png").unlink()
    with pytest.raises(InputError, match=r"not complete: .*image_2.000000_10\.png is missing"):
        open_data(data, "kitti", DataOptions())
    with pytest.raises(InputError, match=r"nowhere is not KITTI 2015: .*image_2 and .*disp_occ_0"):
        open_data(tmp_path / "nowhere", "kitti", DataOptions())


def test_pictures_that_were_resized_are_refused(tmp_path):
    data = kitti(tmp_path, truth_of(40))
    write(data / "training/image_2/000000_10.png", blank((621, 4)))
    with pytest.raises(InputError, match="621x4 px; they should be the same"):
        scores(data, says(40))
    write(data / "training/disp_occ_0/000000_10.png", np.ones((4, 621), np.uint16))
    with pytest.raises(InputError, match="is 621 px wide, and KITTI's focal length is known for"):
        scores(data, says(40))
    write(data / "training/disp_occ_0/000000_10.png", blank((621, 4)))
    with pytest.raises(InputError, match="cannot read 16-bit disparity"):
        scores(data, says(40))


def test_two_caps_at_once_are_for_eigen(tmp_path):
    data = kitti(tmp_path, truth_of(40))
    with pytest.raises(ConfigError, match="one cap at a time for kitti"):
        scores(data, says(40), caps_m=(80, 50))
