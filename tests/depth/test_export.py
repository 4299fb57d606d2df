import numpy as np
import pytest

from streamdefocus.errors import OutputError

openvino = pytest.importorskip("openvino")

from streamdefocus.depth.export import export_openvino, export_weights  # noqa: E402
from streamdefocus.depth.network import build_network  # noqa: E402


@pytest.fixture(scope="module")
def network():
    network = build_network("compact", width=0.5, height=None, width_px=None)
    rng = np.random.default_rng(0)
    for variable in network.variables:  # statistics and biases as after training, not 0 and 1
        if len(variable.shape) == 1:
            variable.assign(np.asarray(variable) + 0.1 * rng.random(variable.shape))
    return network


def image(height, width):
    return np.random.default_rng(1).random((1, height, width, 3), dtype=np.float32)


def run(path, picture):
    model = openvino.Core().read_model(path)
    model.reshape([1, *picture.shape[1:]])
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    return compiled({"image": picture})["disparity"]


def test_openvino_agrees_with_keras_at_any_size(network, tmp_path):
    path = export_openvino(network, tmp_path / "n.xml")
    for size in ((64, 128), (128, 64)):
        picture = image(*size)
        expected = np.asarray(network(picture, training=False)[0])
        found = run(path, picture)
        assert found.shape == (1, *size, 1) and found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=2e-3)  # of 0.3; weights are float16


def test_the_file_has_one_named_input_and_output_and_half_size_weights(network, tmp_path):
    path = export_openvino(network, tmp_path / "n.xml")
    model = openvino.Core().read_model(path)
    assert [i.any_name for i in model.inputs] == ["image"]
    assert [o.any_name for o in model.outputs] == ["disparity"]
    assert path.with_suffix(".bin").stat().st_size < 2.1 * network.count_params()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["n.bin", "n.xml"]


def test_the_left_disparity_is_taken_of_two(tmp_path):
    both = build_network("vgg", width=0.05, height=128, width_px=128)
    path = export_openvino(both, tmp_path / "n.xml")
    picture = image(128, 128)
    expected = np.asarray(both(picture, training=False)[0])[..., :1]
    np.testing.assert_allclose(run(path, picture), expected, atol=1e-3)


def test_half_size_weights_load_into_a_float32_network(network, tmp_path):
    path = export_weights(network, tmp_path / "n.weights.h5")
    whole = tmp_path / "whole.weights.h5"
    network.save_weights(whole)
    assert path.stat().st_size < 0.6 * whole.stat().st_size
    again = build_network("compact", width=0.5, height=None, width_px=None)
    again.load_weights(path)
    assert again.get_layer("conv1").kernel.dtype == "float32"
    picture = image(64, 64)
    expected = np.asarray(network(picture, training=False)[0])
    np.testing.assert_allclose(np.asarray(again(picture, training=False)[0]), expected, atol=2e-3)


def test_other_endings_are_refused(network, tmp_path):
    with pytest.raises(OutputError, match=r"must end in \.xml"):
        export_openvino(network, tmp_path / "n.onnx")
    with pytest.raises(OutputError, match=r"must end in \.weights\.h5"):
        export_weights(network, tmp_path / "n.h5")
