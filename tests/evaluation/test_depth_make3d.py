import sys

import numpy as np
import pytest
from depth_trees import write

from streamdefocus.errors import InputError
from streamdefocus.evaluation.depth import DataOptions, Method, Rig, detect, evaluate, open_data

scipy_io = pytest.importorskip("scipy.io")

WIDTH, HEIGHT = 40, 160


@pytest.fixture
def data(tmp_path):
    """One upright photo: a grey sky, a white middle of 20 rows, grey below.

    The laser says 10 m in the grid's rows for that middle, on the left 100 m, elsewhere 1 m.
    """
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    picture[70:90] = 255
    write(tmp_path / "Test134/img-op1-p-1t0.png", picture)
    (tmp_path / "Test134/img-op1-p-1t0.png").rename(tmp_path / "Test134/img-op1-p-1t0.jpg")
    grid = np.ones((55, 305, 4))
    grid[24:31, :, 3] = 10
    grid[:, :100, 3] = 100
    (tmp_path / "Gridlaserdata").mkdir()
    file = tmp_path / "Gridlaserdata/depth_sph_corr-op1-p-1t0.mat"
    scipy_io.savemat(file, {"Position3DGrid": grid})
    return tmp_path


def says(depth_m, focal=2262 / 2048, baseline_m=0.22):
    def estimate(bgr):
        assert bgr.shape == (20, 40, 3) and (bgr == 255).all()
        return np.full(bgr.shape[:2], focal * baseline_m / depth_m, np.float32)

    return Method(estimate)


def scores(data, method, **options):
    return evaluate({"it": method}, open_data(data, detect(data), DataOptions(**options)))[
        "make3d"
    ]["it"]


def test_the_middle_is_measured_up_to_70_m(data):
    found = scores(data, says(20))
    assert found["abs_rel"] == pytest.approx(1, rel=1e-4)
    assert found["sq_rel"] == pytest.approx(10, rel=1e-4)
    assert found["rmse"] == pytest.approx(10, rel=1e-4)
    assert found["log10"] == pytest.approx(np.log10(2), rel=1e-4)
    assert found["pixels"] == 7 * 205


def test_estimates_are_capped(data):
    assert scores(data, says(1e6))["rmse"] == pytest.approx(60, rel=1e-4)


def test_a_network_of_another_rig(data):
    kitti = Rig(700.0, 0.5)  # for a picture of 40 px
    assert scores(data, says(10, 700 / 40, 0.5), rig=kitti)["abs_rel"] < 1e-4


def test_missing_and_damaged_files_are_named(data):
    grid = data / "Gridlaserdata/depth_sph_corr-op1-p-1t0.mat"
    grid.write_bytes(b"no matrix")
    with pytest.raises(InputError, match=r"cannot read Make3D's grid from .*op1-p-1t0\.mat"):
        scores(data, says(10))
    grid.rename(grid.with_name("depth_sph_corr-other.mat"))
    with pytest.raises(InputError, match=r"not complete: .*op1-p-1t0\.mat is missing"):
        open_data(data, "make3d", DataOptions())
    with pytest.raises(InputError, match=r"is not Make3D: .*Test134"):
        open_data(data / "Test134", "make3d", DataOptions())


def test_without_scipy_the_way_out_is_said(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(InputError, match=r"needs SciPy .* pip install streamdefocus\[evaluate\]"):
        scores(data, says(10))
