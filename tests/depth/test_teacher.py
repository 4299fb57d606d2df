import numpy as np
import pytest

from streamdefocus.depth.teacher import Teacher
from streamdefocus.errors import ModelError

pytest.importorskip("onnxruntime")


@pytest.fixture
def teacher(shared_data):
    return Teacher(shared_data / "teacher" / "tcmonodepth_small_192x320.onnx")


def test_it_answers_at_the_pictures_size(teacher):
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    disparity = teacher(picture)
    assert disparity.shape == (90, 120) and disparity.dtype == np.float32


def test_labels_fill_0_to_1_and_mirror_with_the_picture(teacher):
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    label = teacher.label(picture)
    assert label.min() == 0 and label.max() == 1
    mirrored = teacher.label(np.ascontiguousarray(picture[:, ::-1]))
    np.testing.assert_allclose(mirrored[:, ::-1], label, atol=0.02)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx does not exist"):
        Teacher(tmp_path / "none.onnx")


def test_a_file_that_is_no_network_is_named(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"bad\.onnx is not an ONNX network"):
        Teacher(tmp_path / "bad.onnx")
