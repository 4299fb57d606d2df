import cv2
import numpy as np
import pytest
from depth_trees import blank, write

from streamdefocus.errors import ConfigError, InputError
from streamdefocus.evaluation.depth import DataOptions, Method, Rig, detect, evaluate, open_data

SIZE_PX = (20, 10)
DISPARITY = np.tile(np.linspace(2, 10, 20), (10, 1)).astype(np.float32)  # px


def says(values):
    return Method(lambda bgr: np.broadcast_to(np.float32(values), bgr.shape[:2]).copy())


def scores(data, method, **options):
    found = evaluate({"it": method}, open_data(data, detect(data), DataOptions(**options)))
    return found[data.name]["it"]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "mine"
    write(folder / "images/a.jpg", blank(SIZE_PX))
    (folder / "disparity").mkdir()
    return folder


def test_disparity_up_to_scale_and_shift(data):
    np.save(data / "disparity/a.npy", DISPARITY)
    assert scores(data, says(7 - DISPARITY))["abs_rel"] < 1e-5
    assert scores(data, says(0))["abs_rel"] > 0.1


@pytest.mark.parametrize("ending", ["png", "npy", "pfm"])
def test_disparity_in_pixels(data, ending):
    truth = DISPARITY.copy()
    truth[0] = np.inf if ending != "png" else 0  # unknown
    file = data / f"disparity/a.{ending}"
    if ending == "npy":
        np.save(file, truth)
    else:
        write(file, (truth * 100).round().astype(np.uint16) if ending == "png" else truth)
    exact = scores(data, says(DISPARITY / 20), align="none", scale=100.0)
    assert exact["abs_rel"] < 2e-3 and exact["d1_all"] == 0
    assert exact["pixels"] == 9 * 20
    off = scores(data, says((DISPARITY + 4) / 20), align="none", scale=100.0)
    assert off["d1_all"] == 100


def test_disparity_in_metres_by_the_cameras(data):
    np.save(data / "disparity/a.npy", np.full((10, 20), 5, np.float32))
    rig = Rig(100, 0.5)  # 5 px are 10 m, 4 px are 12.5 m
    found = scores(data, says(4 / 20), align="none", rig=rig, caps_m=(80.0,))
    assert found["rmse"] == pytest.approx(2.5, rel=1e-5)
    assert found["abs_rel"] == pytest.approx(0.25, rel=1e-5)


def test_a_cap_in_metres_on_disparity_needs_the_cameras(data):
    np.save(data / "disparity/a.npy", DISPARITY)
    with pytest.raises(ConfigError, match="a cap in metres on measured disparity needs the cam"):
        scores(data, says(DISPARITY / 20), align="scale-shift", caps_m=(50.0,))


def test_whole_numbers_in_npy_are_pixels_as_they_are(data):
    whole = np.rint(DISPARITY)
    np.save(data / "disparity/a.npy", whole)
    as_float = scores(data, says(DISPARITY / 20), align="none")
    np.save(data / "disparity/a.npy", whole.astype(np.int32))
    assert scores(data, says(DISPARITY / 20), align="none") == as_float


def test_depth_in_metres(tmp_path):
    folder = tmp_path / "mine"
    write(folder / "images/a.png", blank(SIZE_PX))
    depth_m = np.full((10, 20), 10.0)
    depth_m[:5] = 90
    write(folder / "depth/a.png", (depth_m * 256).astype(np.uint16))
    rig = Rig(100, 0.5)
    found = scores(folder, says(100 * 0.5 / (20 * 8)), align="none", rig=rig, caps_m=(80.0,))
    assert found["rmse"] == pytest.approx(2, rel=1e-5)
    assert found["pixels"] == 5 * 20
    with pytest.raises(ConfigError, match="needs the cameras: give --focal-px and --baseline-m"):
        scores(folder, says(0.1), align="none")
    assert scores(folder, says(1 / depth_m))["abs_rel"] < 1e-5


def test_a_table_of_stereo_pairs(tmp_path):
    folder = tmp_path / "mine"
    write(folder / "s/left.png", blank(SIZE_PX, 1))
    write(folder / "s/right.png", blank(SIZE_PX, 2))
    write(folder / "s/truth.png", np.full((10, 20), 20, np.uint8))
    (folder / "pairs.tsv").write_text(
        "left\tright\tgt\tscale\ns/left.png\ts/right.png\ts/truth.png\t4\n"
        "s/left.png\ts/right.png\t\t\n"
    )

    def estimate(views):
        assert (views[..., :3] == 1).all() and (views[..., 3:] == 2).all()
        return np.full(views.shape[:2], 5 / 20, np.float32)

    found = scores(folder, Method(estimate, sees_pairs=True), align="none")
    assert (found["d1_all"], found["images"]) == (0, 1)
    (folder / "pairs.tsv").write_text("left\tright\n1\t2\n")
    with pytest.raises(InputError, match="a table with a header and four columns"):
        open_data(folder, "folder", DataOptions())
    (folder / "pairs.tsv").write_text("left\tright\tgt\tscale\n")
    with pytest.raises(InputError, match=r"no picture in .* has measured"):
        open_data(folder, "folder", DataOptions())


def test_truth_of_another_size_than_the_picture(data):
    np.save(data / "disparity/a.npy", cv2.resize(DISPARITY, (5, 5)))
    assert scores(data, says(DISPARITY))["delta1"] > 0.95


def test_bad_files_are_named(data):
    with pytest.raises(InputError, match=r"a\.jpg has no truth: .*a\.png \(or \.npy, \.pfm\)"):
        open_data(data, "folder", DataOptions())
    (data / "disparity/a.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"cannot read the truth .*a\.npy"):
        scores(data, says(0.1))
    (data / "disparity/a.npy").unlink()
    (data / "disparity/a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png is not a map of disparity or depth"):
        scores(data, says(0.1))
    with pytest.raises(InputError, match="has nothing to measure on: it needs images/"):
        open_data(data / "images", "folder", DataOptions())


def test_real_middlebury_pairs(shared_data):
    """The scenes with truth; the ramp's score is the known one of all Middlebury scenes."""
    folder = shared_data / "train/stereo"
    data = open_data(folder, detect(folder), DataOptions())
    assert len(data["stereo"]) == 33
    few = {"stereo": data["stereo"][::8]}
    found = evaluate({"truth": says(0.1)}, few)["stereo"]
    assert 0.1 < found["ramp"]["abs_rel"] < 0.3
    assert found["ramp"]["abs_rel"] < found["truth"]["abs_rel"] < 0.5


def test_a_truth_of_another_view_is_an_error(data):
    np.save(data / "disparity/a.npy", DISPARITY.T)
    with pytest.raises(InputError, match="20x10, its truth 10x20: a photo"):
        scores(data, says(0))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "cannot read the truth"), (b"no array", "cannot read the truth")],
)
def test_a_damaged_truth_is_an_error(data, content, message):
    (data / "disparity/a.npy").write_bytes(content)
    with pytest.raises(InputError, match=message):
        scores(data, says(0))


def test_a_truth_of_words_is_an_error(data):
    np.save(data / "disparity/a.npy", np.full((10, 20), "far"))
    with pytest.raises(InputError, match="not a map of disparity or depth"):
        scores(data, says(0))


def test_a_truth_in_colour_is_an_error(data):
    coloured = cv2.applyColorMap((DISPARITY * 20).astype(np.uint8), cv2.COLORMAP_JET)
    write(data / "disparity/a.png", coloured)
    with pytest.raises(InputError, match="in colour"):
        scores(data, says(0))


def test_an_empty_table_and_empty_lines(data):
    (data / "pairs.tsv").write_text("")
    with pytest.raises(InputError, match="has measured disparity"):
        scores(data, says(0))
    np.save(data / "a.npy", DISPARITY)
    (data / "pairs.tsv").write_text("l\tr\td\ts\n\nimages/a.jpg\t\ta.npy\t1\n\n")
    assert scores(data, says(7 - DISPARITY))["abs_rel"] < 1e-5
    (data / "pairs.tsv").write_text("l\tr\td\ts\nimages/a.jpg\n")
    with pytest.raises(InputError, match="must be a table"):
        scores(data, says(0))
