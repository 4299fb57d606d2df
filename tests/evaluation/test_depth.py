import cv2
import numpy as np
import pytest

from streamdefocus.errors import ConfigError, InputError, OutputError
from streamdefocus.evaluation.depth import (
    BASELINES,
    DataOptions,
    Method,
    Sample,
    blob,
    detect,
    evaluate,
    open_data,
    ramp,
)
from streamdefocus.evaluation.depth.baselines import fitted
from streamdefocus.evaluation.depth.truths import DepthTruth, PersonTruth


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


GREY = Method(grey)


def opened(collection, **options):
    data, holdout = collection / "data", collection / "holdout.toml"
    return open_data(data, detect(data), DataOptions(holdout=holdout, **options))


def test_a_perfect_estimate_scores_perfectly_and_the_baselines_stand_beside_it(collection):
    scores = evaluate({"grey": GREY}, opened(collection))
    assert set(scores) == {"middlebury", "icl_nuim", "grid_people", "pasted_people"}
    assert all(set(methods) == {"grey", *BASELINES} for methods in scores.values())
    assert scores["middlebury"]["grey"]["abs_rel"] < 1e-6
    assert scores["middlebury"]["ramp"]["abs_rel"] > 0.3
    assert scores["icl_nuim"]["grey"]["delta1"] == 1
    assert scores["grid_people"]["grey"] == {
        "iou": 1,
        "auc": 1,
        "boundary_f": 1,
        "boundary_f1": 1,
        "images": 1,
        "pixels": 48 * 64,
    }
    assert scores["grid_people"]["blob"]["iou"] < 0.7


def test_people_are_pasted_before_every_kind_of_room(collection):
    loads = opened(collection)["pasted_people"]
    samples = [load() for load in loads]
    assert [sample.name.split("/")[-1] for sample in samples] == ["left.png", "00000.jpg"]
    room = np.dstack([gradient(240)] * 3)
    picture, person = samples[0].picture, samples[0].truths["pasted_people"].person
    np.testing.assert_array_equal(picture[:16], room[:16])
    assert (picture[25:, 15:25] == 187).all()
    assert person[24:, 12:28].all() and not person[:19].any() and not person[:, :9].any()
    np.testing.assert_array_equal(picture, loads[0]().picture)


def test_the_sheet_shows_picture_truth_estimate_and_error(collection):
    sheet = collection / "sheet.png"
    evaluate({"grey": GREY, "upside": Method(ramp)}, opened(collection), sheet=sheet)
    picture = cv2.imread(str(sheet))
    # Six columns of 300 px and 6 px between: picture, truth, and two for every method.
    assert picture.shape[1] == 6 * 306 + 6
    tile = picture[48 : 48 + 225]  # of 48 x 64 px
    photo, truth, right, no_error = (tile[:, 6 + 306 * i : 306 + 306 * i] for i in range(4))
    assert (photo[..., 0] == photo[..., 2]).all()  # the collection is grey
    np.testing.assert_array_equal(right, truth)
    assert np.ptp(truth.astype(int)) > 100
    assert np.ptp(no_error.reshape(-1, 3).astype(int), axis=0).max() == 0


def test_a_sheet_that_cannot_be_written_is_an_error(collection):
    with pytest.raises(OutputError, match="sheet"):
        evaluate({"grey": GREY}, opened(collection), sheet=collection / "no folder" / "sheet.png")


def test_what_was_trained_on_is_not_measured(collection):
    (collection / "holdout.toml").write_text('holdout = ["grid_keyed/*"]\n')
    assert set(evaluate({}, opened(collection))) == {"grid_people"}


def test_nothing_to_measure_on_is_an_error(collection, tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        detect(tmp_path / "nowhere")
    with pytest.raises(InputError, match="nothing to measure on"):
        detect(tmp_path)
    (collection / "holdout.toml").write_text('holdout = ["nothing"]\n')
    with pytest.raises(InputError, match="nothing to measure on"):
        opened(collection)


@pytest.mark.parametrize("options", [{"align": "none"}, {"caps_m": (80.0,)}])
def test_collections_know_no_metres(collection, options):
    with pytest.raises(ConfigError, match="no metric truth"):
        opened(collection, **options)


def test_baselines_are_what_they_say():
    picture = np.zeros((40, 60, 3), np.uint8)
    assert (np.diff(ramp(picture), axis=0) > 0).all()
    y, x = np.unravel_index(np.argmax(blob(picture)), (40, 60))
    assert y == 39 and 28 <= x <= 31


BLANK = np.zeros((11, 4, 3), np.uint8)


def sample_of(disparity, counts=None, **truth):
    values = np.asarray(disparity, np.float32)
    known = values > 0 if counts is None else counts
    return Sample("s", BLANK, {"set": DepthTruth(values, known, **truth)})


def test_fitted_baselines_get_one_scale_and_shift_for_all_pictures():
    # In pixels of 100, the pictures' truths are 20 ramp + 3 and 40 ramp + 5: the mean of both.
    column = ramp(BLANK)
    loads = [
        lambda: sample_of(20 * column + 3, align="none", unit=100),
        lambda: sample_of(40 * column + 5, align="none", unit=100),
    ]
    np.testing.assert_allclose(fitted(ramp, loads)(BLANK), 0.3 * column + 0.04, rtol=1e-4)


def test_a_relative_method_is_not_measured_in_metres():
    data = {"set": [lambda: sample_of(np.ones((11, 4)), align="none", cap_m=80.0)]}
    with pytest.raises(ConfigError, match=r"relative: its disparity is relative.*--align"):
        evaluate({"relative": Method(ramp, is_metric=False)}, data)
    evaluate({"unknown": Method(blob)}, data)


def test_pictures_without_a_truth_are_left_out_and_said(caplog):
    data = {
        "set": [
            lambda: sample_of(np.zeros((11, 4)), align="scale-shift"),
            lambda: sample_of(ramp(BLANK) + 1, align="scale-shift"),
        ]
    }
    assert evaluate({}, data)["set"]["ramp"]["images"] == 1
    assert "no pixel of set has a truth" in caplog.text
    with pytest.raises(InputError, match="no pixel"):
        evaluate({}, {"set": data["set"][:1]})


def test_progress_is_told():
    seen = []
    data = {"set": [lambda: sample_of(ramp(BLANK) + 1, align="scale-shift")] * 3}
    evaluate({}, data, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_method_that_sees_pairs_gets_both_views():
    right = np.full_like(BLANK, 9)
    truth = {"set": PersonTruth(ramp(BLANK) > 0.5)}

    def estimate(views):
        assert views.shape == (11, 4, 6)
        assert (views[..., 3:] == 9).all()
        return ramp(views)

    stereo = Method(estimate, sees_pairs=True)
    scores = evaluate({"stereo": stereo}, {"set": [lambda: Sample("s", BLANK, truth, right)]})
    assert scores["set"]["stereo"]["iou"] == 1
    with pytest.raises(InputError, match="s has no right view"):
        evaluate({"stereo": stereo}, {"set": [lambda: Sample("s", BLANK, truth)]})
