import cv2
import numpy as np
import pytest

from streamdefocus.errors import InputError, OutputError
from streamdefocus.evaluation.depth import BASELINES, blob, evaluate, ramp


def write(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def gradient(value_right):
    columns = np.linspace(30, value_right, 64).astype(np.uint8)
    return np.tile(columns, (48, 1))


@pytest.fixture
def collection(tmp_path):
    """Pictures whose grey value is the disparity, so that an estimator can be perfect."""
    near_right = gradient(240)
    data = tmp_path / "data"
    write(data / "stereo/m/A/left.png", np.dstack([near_right] * 3))
    write(data / "stereo/m/A/disp.png", near_right)
    table = "left\tright\tgt\tscale\nm/A/left.png\t\tm/A/disp.png\t4\n"
    (data / "stereo" / "pairs.tsv").write_text(table)
    person = np.zeros((48, 64), np.uint8)
    person[20:, 10:30] = 255
    write(data / "grid_keyed/P_05.png", np.dstack([person // 2 + 60] * 3))
    write(data / "grid_keyed/P_05_mask.png", person)
    room = data / "icl_nuim/reconstruction_system/room"
    write(room / "image/00000.jpg", np.dstack([near_right] * 3))
    write(room / "depth/00000.png", (240_000 / near_right).astype(np.uint16))
    (tmp_path / "holdout.toml").write_text('holdout = ["*"]\n')
    return tmp_path


def grey(bgr):
    return bgr[..., 0].astype(np.float32)


def test_a_perfect_estimate_scores_perfectly_and_the_baselines_stand_beside_it(collection):
    scores = evaluate({"grey": grey}, collection / "data", collection / "holdout.toml")
    assert set(scores) == {"middlebury", "icl_nuim", "grid_people"}
    assert all(set(methods) == {"grey", *BASELINES} for methods in scores.values())
    assert scores["middlebury"]["grey"]["abs_rel"] < 1e-6
    assert scores["middlebury"]["ramp"]["abs_rel"] > 0.3
    assert scores["icl_nuim"]["grey"]["delta1"] == 1
    assert scores["grid_people"]["grey"] == {"iou": 1, "auc": 1, "boundary_f": 1, "images": 1}
    assert scores["grid_people"]["blob"]["iou"] < 0.7


def test_the_sheet_shows_picture_truth_estimate_and_error(collection):
    sheet = collection / "sheet.png"
    evaluate({"grey": grey}, collection / "data", collection / "holdout.toml", sheet=sheet)
    assert cv2.imread(str(sheet)).shape == (3 * 180, 4 * 240, 3)


def test_a_sheet_that_cannot_be_written_is_an_error(collection):
    with pytest.raises(OutputError, match="sheet"):
        evaluate(
            {"grey": grey},
            collection / "data",
            collection / "holdout.toml",
            sheet=collection / "no folder" / "sheet.png",
        )


def test_what_was_trained_on_is_not_measured(collection):
    (collection / "holdout.toml").write_text('holdout = ["grid_keyed/*"]\n')
    scores = evaluate({}, collection / "data", collection / "holdout.toml")
    assert set(scores) == {"grid_people"}


def test_nothing_to_measure_on_is_an_error(collection, tmp_path):
    with pytest.raises(InputError, match="nothing to measure on"):
        evaluate({}, tmp_path / "nowhere", collection / "holdout.toml")


def test_baselines_are_what_they_say():
    picture = np.zeros((40, 60, 3), np.uint8)
    assert (np.diff(ramp(picture), axis=0) > 0).all()
    y, x = np.unravel_index(np.argmax(blob(picture)), (40, 60))
    assert y == 39 and 28 <= x <= 31
