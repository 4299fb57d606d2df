import numpy as np
import pytest
from depth_trees import EIGEN_BASELINE, EIGEN_FOCAL, EIGEN_PX, eigen

from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth import DataOptions, Method, detect, evaluate, open_data
from streamdefocus.evaluation.depth.eigen import crop_mask

WIDTH = EIGEN_PX[0]
NEAR, FAR = (10, 0, 0), (60, -6, 0)


def says(depth_m):
    disparity = EIGEN_FOCAL * EIGEN_BASELINE / (WIDTH * depth_m)
    return Method(lambda bgr: np.full(bgr.shape[:2], disparity, np.float32))


def opened(data, **options):
    return open_data(data, detect(data), DataOptions(**options))


def depth_of(data, **options):
    """{(row, column): metres} of the one sample's counting pixels."""
    truths = opened(data, **options)["eigen"][0]().truths
    truth = truths["eigen_80m"]
    return {
        (int(row), int(column)): pytest.approx(1 / truth.disparity[row, column], rel=1e-5)
        for row, column in np.argwhere(truth.counts)
    }


def test_points_are_projected_into_the_left_camera(tmp_path):
    # Straight ahead at 10 m: column 21 + 10 / 10 counted from 1. A metre to the right: 10 px more.
    # At 20 m the camera's offset is half a pixel, so that the point falls on the first and is
    # behind it. What is behind the laser, or not in the picture, is nowhere.
    points = [(20, 0, 0), NEAR, (10, -1, 0), (-5, 0, 0), (10, 9, 0), (10, 0, 9)]
    assert depth_of(eigen(tmp_path, points)) == {(12, 21): 10, (12, 31): 10}


def test_depth_is_the_lasers_forward_axis(tmp_path):
    data = eigen(tmp_path, [NEAR])
    calibration = data / "2011_09_26/calib_velo_to_cam.txt"
    calibration.write_text(calibration.read_text().replace("T: 0 0 0", "T: 0 0 -0.5"))
    assert depth_of(data) == {(12, 21): 10}  # 9.5 m from the camera


def test_both_caps_are_measured_in_one_go(tmp_path):
    found = evaluate({"it": says(10)}, opened(eigen(tmp_path, [NEAR, FAR])))
    assert set(found) == {"eigen_80m", "eigen_50m"}
    far = found["eigen_80m"]["it"]
    assert far["abs_rel"] == pytest.approx((0 + 50 / 60) / 2, rel=1e-5)
    assert far["rmse"] == pytest.approx(np.sqrt(50**2 / 2), rel=1e-5)
    assert (far["delta1"], far["pixels"]) == (0.5, 2)
    near = found["eigen_50m"]["it"]
    assert (near["abs_rel"], near["delta1"], near["pixels"]) == (pytest.approx(0, abs=1e-6), 1, 1)
    assert "d1_all" not in far


def test_estimates_are_capped(tmp_path):
    data = opened(eigen(tmp_path, [FAR]), caps_m=(70.0,))
    found = evaluate({"it": says(1e6)}, data)["eigen_70m"]
    assert found["it"]["rmse"] == pytest.approx(10, rel=1e-5)


def test_crops(tmp_path):
    high = (10, 0, 0.9)  # row 3
    data = eigen(tmp_path, [NEAR, high])
    assert list(depth_of(data)) == [(12, 21)]
    assert list(depth_of(data, crop="eigen")) == [(12, 21)]
    assert list(depth_of(data, crop="none")) == [(3, 21), (12, 21)]
    # A picture of the usual size: the bounds that papers on the Eigen split name.
    rows, columns = np.nonzero(crop_mask((375, 1242), "garg"))
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (153, 371, 44, 1197)
    rows, columns = np.nonzero(crop_mask((375, 1242), "eigen"))
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (124, 342, 44, 1197)


def test_lists_of_both_styles(tmp_path):
    data = eigen(tmp_path, [NEAR])
    listed = tmp_path / "list.txt"
    for line in (
        "2011_09_26/2011_09_26_drive_0001_sync 0000000005 l",
        "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png",
    ):
        listed.write_text(f"{line}\n\n")
        sample = opened(data, split=listed)["eigen"][0]()
        assert sample.picture[0, 0, 0] == 2 and sample.right[0, 0, 0] == 3
    listed.write_text("2011_09_26/2011_09_26_drive_0001_sync 0000000005 r\n")
    right = opened(data, split=listed)["eigen"][0]()
    assert right.picture[0, 0, 0] == 3 and right.right is None
    # The right camera sees the point 50 / 10 px to the left of where it is straight ahead.
    assert np.argwhere(right.truths["eigen_80m"].counts).tolist() == [[12, 15]]


@pytest.mark.parametrize(
    "missing",
    [
        "2011_09_26_drive_0001_sync/image_02/data/0000000005.png",
        "2011_09_26_drive_0001_sync/velodyne_points/data/0000000005.bin",
        "calib_velo_to_cam.txt",
    ],
)
def test_the_first_missing_file_is_named(tmp_path, missing):
    data = eigen(tmp_path, [NEAR])
    (data / "2011_09_26" / missing).unlink()
    with pytest.raises(InputError, match=f"{missing.split('/')[-1]} is missing"):
        opened(data)


def test_bad_files_are_named(tmp_path):
    data = eigen(tmp_path, [NEAR])
    points = data / "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000005.bin"
    points.write_bytes(b"12345")
    with pytest.raises(InputError, match=r"cannot read laser points from .*5\.bin"):
        evaluate({}, opened(data))
    (data / "2011_09_26/calib_velo_to_cam.txt").write_text("R: 1 0 0\n")
    eigen_points = np.zeros((1, 4), np.float32)
    eigen_points.tofile(points)
    with pytest.raises(InputError, match="calibration is not complete"):
        evaluate({}, opened(data))
    (data / "eigen_test_files.txt").write_text("some/picture.png\n")
    with pytest.raises(InputError, match="must be DAY/DRIVE/image_02/data"):
        opened(data)
    (data / "eigen_test_files.txt").write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        opened(data)
    (data / "eigen_test_files.txt").unlink()
    with pytest.raises(InputError, match=r"give it with --split"):
        opened(data)
