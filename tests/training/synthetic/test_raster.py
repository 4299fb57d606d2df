import numpy as np
import pytest

from streamdefocus.training.synthetic.library import Library
from streamdefocus.training.synthetic.lighting import Lighting
from streamdefocus.training.synthetic.raster import Camera, see, shade
from streamdefocus.training.synthetic.scene import Material, Scene

SIZE = (160, 80)
FOCAL = 0.7
BASELINE_M = 0.2


@pytest.fixture(scope="module")
def library():
    return Library(0)


@pytest.fixture(scope="module")
def camera():
    return Camera.looking(np.array([0.0, 1.0, 0.0]), 0, 0, 0, FOCAL)


def wall_and_box():
    """A wall 4 m away, and before it a box whose front is 2 m away."""
    scene = Scene(np.random.default_rng(0))
    scene.at(0, 4).sheet((0, -5, 0), 20, 12, Material(0))
    scene.at(0, 2.25).box((0, 0.5, 0), (0.5, 1.0, 0.5), Material(1))
    return scene.pieces()


def disparities(pieces, library, camera):
    scale = BASELINE_M * FOCAL * SIZE[0]
    views = (camera, camera.beside(BASELINE_M))
    return [scale * see(pieces, library, view, SIZE).inverse_of_pixels() for view in views]


def test_disparity_is_focal_length_times_baseline_over_distance(library, camera):
    left, right = disparities(wall_and_box(), library, camera)
    wall, box = (BASELINE_M * FOCAL * SIZE[0] / z for z in (4, 2))
    for disparity in (left, right):
        assert disparity[2, 5] == pytest.approx(wall, rel=1e-5)
    assert left[40, 80] == pytest.approx(box, rel=1e-5)
    assert right[40, 80 - round(box)] == pytest.approx(box, rel=1e-5)


def test_the_right_view_misses_what_the_nearer_thing_hides(library, camera):
    left, right = disparities(wall_and_box(), library, camera)
    wall, box = (BASELINE_M * FOCAL * SIZE[0] / z for z in (4, 2))
    row = 40
    columns = np.arange(SIZE[0])
    there = np.rint(columns - left[row]).astype(int)
    hidden = (there >= 0) & (right[row, np.clip(there, 0, SIZE[0] - 1)] > left[row] + 0.75)
    assert hidden.sum() == pytest.approx(box - wall, abs=1)
    first_of_box = np.flatnonzero(left[row] > 1.5 * wall)[0]
    assert np.flatnonzero(hidden)[-1] == pytest.approx(first_of_box - 1, abs=1)


def test_a_floor_is_linear_in_disparity_and_nothing_is_left_open(library):
    camera = Camera.looking(np.array([0.3, 1.2, 0.0]), 0.2, -0.3, 0.05, FOCAL)
    scene = Scene(np.random.default_rng(0))
    scene.at(0, 0).mat((0, 0, 0), 400, 400, Material(0))
    inverse = see(scene.pieces(), library, camera, SIZE).inverse_m[60:]
    assert inverse.min() > 0  # the floor reaches behind the camera and beyond its sides
    np.testing.assert_allclose(np.diff(inverse, 2, axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.diff(inverse, 2, axis=0), 0, atol=1e-6)


def test_cut_outs_show_what_is_behind_them(library, camera):
    scene = Scene(np.random.default_rng(0))
    scene.at(0, 4).sheet((0, -5, 0), 20, 12, Material(0))
    plant = library.kinds["plant"][0]
    scene.at(0, 2).sheet((0, 0.4, 0), 1.2, 1.2, Material(plant, tile_m=None, cut_out=True))
    seen = see(scene.pieces(), library, camera, SIZE).piece
    share = (seen == 1).sum() / (2 * 2 * (1.2 / 2 * FOCAL * SIZE[0]) ** 2)
    x, y = library.origin[plant].astype(int)
    opaque = (library.opacity[y : y + 256, x : x + 256] > 0).mean()
    assert share == pytest.approx(opaque, abs=0.03)


def test_shadows_and_lamps_change_the_light(library, camera):
    pieces = wall_and_box()
    seen = see(pieces, library, camera, SIZE)
    ground = ((-5.0, 5.0), (0.0, 5.0))
    dark = np.zeros((192, 192), np.float32)

    def mean(strength, shadow):
        position = np.array([0.0, 2.0, 0.5])
        light = Lighting(position, 0.5, strength, 3.0, np.ones(3), shadow, ground)
        return float(shade(seen, pieces, library, camera, light).mean())

    assert mean(1.0, dark) > 1.2 * mean(0.0, dark)
    assert mean(1.0, dark + 1) < mean(1.0, dark)
