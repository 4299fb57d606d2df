import cv2
import numpy as np
import pytest

from streamdefocus.depth.datasets import read_stereo_truth
from streamdefocus.errors import InputError
from streamdefocus.training.labels import matching
from streamdefocus.training.labels.matching import match, prepare_matched


def pair(near=16, far=4):
    """A near square before a far wall, both of noise: (left, right, disparity of left in px)."""
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(0, 256, (96, 220, 3), dtype=np.uint8), (0, 0), 1)
    square = cv2.GaussianBlur(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8), (0, 0), 1)
    left, right = wall[:, :160].copy(), wall[:, far : far + 160].copy()
    disparity = np.full((96, 160), far, np.float32)
    left[30:70, 70:120] = square
    right[30:70, 70 - near : 120 - near] = square
    disparity[30:70, 70:120] = near
    return left, right, disparity


def test_what_is_matched_is_right_and_the_rest_is_unknown():
    left, right, disparity = pair()
    found = match(left, right)
    known = found > 0
    assert found.dtype == np.float32 and found.shape == disparity.shape
    assert known.mean() > 0.7
    assert (np.abs(found - disparity)[known] > 1).mean() < 0.03
    hidden = found[32:68, 59:69]  # left of the square, the right view does not show the wall
    assert (hidden > 0).mean() < 0.4


def test_views_of_two_sizes_are_refused():
    left, right, _ = pair()
    with pytest.raises(InputError, match=r"one size.*\(96, 160, 3\) and \(90, 160, 3\)"):
        match(left, right[:90])


@pytest.fixture
def data(tmp_path):
    left, right, disparity = pair()
    folder = tmp_path / "data" / "stereo" / "m"
    for name in ("a", "b", "held"):
        (folder / name).mkdir(parents=True)
        cv2.imwrite(str(folder / name / "l.png"), left)
        cv2.imwrite(str(folder / name / "r.png"), right)
    cv2.imwrite(str(folder / "b" / "d.png"), disparity.astype(np.uint8))
    rows = ["left\tright\tgt\tscale", "m/a/l.png\tm/a/r.png\t\t"]
    rows += ["m/b/l.png\tm/b/r.png\tm/b/d.png\t1", "m/held/l.png\tm/held/r.png\t\t"]
    (tmp_path / "data/stereo/pairs.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path / "data"


def test_pairs_without_measured_disparity_are_matched_once(data, tmp_path, monkeypatch):
    (found,) = prepare_matched(data, ("stereo/m/held/*",), tmp_path / "cache")
    assert found.name == "stereo/m/a/l.png"
    disparity = read_stereo_truth(found)
    assert np.median(disparity[40:60, 80:110]) == pytest.approx(16, abs=0.1)
    monkeypatch.setattr(matching, "match", None)
    assert prepare_matched(data, ("stereo/m/held/*",), tmp_path / "cache") == [found]


def test_a_damaged_view_is_skipped_and_told(data, tmp_path, caplog):
    (data / "stereo/m/a/r.png").write_bytes(b"nothing")
    found = prepare_matched(data, (), tmp_path / "cache")
    assert [item.name for item in found] == ["stereo/m/held/l.png"]
    assert "r.png is not a photo that can be read" in caplog.text
