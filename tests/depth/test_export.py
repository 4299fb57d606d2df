import numpy as np
import pytest

from streamdefocus.errors import OutputError
from streamdefocus.resources import resource_dir

pytest.importorskip("openvino")

from streamdefocus.depth.engines.openvino import openvino_core
from streamdefocus.depth.export import (
    FORMATS,
    Agreement,
    export_checked,
    export_openvino,
    export_weights,
)
from streamdefocus.depth.export.agreement import compare
from streamdefocus.depth.network import build_network

keras = pytest.importorskip("keras")


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
    model = openvino_core().read_model(path)
    model.reshape([1, *picture.shape[1:]])
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino_core().compile_model(model, "CPU", options)
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
    model = openvino_core().read_model(path)
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


@pytest.fixture(scope="module")
def trained():
    """The default network: what was never trained says so little that nothing is off."""
    network = build_network("compact", height=None, width_px=None)
    network.load_weights(resource_dir("models") / "compact.weights.h5")
    return network


def tiny(channels=3):
    """Two outputs of one layer: converters take long for real networks."""
    image = keras.Input((None, None, channels))
    fine = keras.layers.Conv2D(2, 3, padding="same", activation="sigmoid")(image)
    return keras.Model(image, [fine, keras.layers.AveragePooling2D(2)(fine)])


@pytest.fixture(scope="module")
def scenes():
    return [smooth(seed) for seed in range(2)]


def smooth(seed):
    coarse = np.random.default_rng(seed).random((8, 16, 3), dtype=np.float32)
    return np.ascontiguousarray(coarse.repeat(8, axis=0).repeat(8, axis=1)[None])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_the_network_says(name, trained, scenes, tmp_path):
    pytest.importorskip("ai_edge_litert")
    kind = FORMATS[name]
    path = tmp_path / f"n{kind.suffix}"
    agreement = export_checked(
        trained, name, path, scenes, size_px=(128, 64), calibration=scenes, inexact=kind.quantised
    )
    assert agreement.pictures == 2
    exact = {"keras": 1e-4, "saved_model": 1e-4, "litert": 1e-3, "openvino": 2e-2}
    assert agreement.largest_of_span < exact.get(name, np.inf)
    assert agreement.mean_of_span < 0.2  # int8 is off, but not something else
    assert (agreement.mean == 0) == (name == "keras")
    written = {"n.bin", "n.xml"} if name == "openvino" else {path.name}
    assert {p.name for p in tmp_path.iterdir()} == written


@pytest.mark.parametrize("name", ["keras", "saved_model", "openvino"])
def test_an_open_size_stays_open(name, tmp_path):
    kind = FORMATS[name]
    export_checked(tiny(), name, tmp_path / f"n{kind.suffix}", [image(64, 128)])
    again = kind.open(tmp_path / f"n{kind.suffix}")
    assert again(image(128, 64)).shape == (1, 128, 64, 1)


@pytest.mark.parametrize("name", ["keras", "litert", "openvino"])
def test_both_views_of_a_pair_go_into_a_stereo_network(name, tmp_path):
    if name == "litert":
        pytest.importorskip("ai_edge_litert")
    pair = np.random.default_rng(0).random((1, 64, 64, 6), dtype=np.float32)
    kind = FORMATS[name]
    path = tmp_path / f"n{kind.suffix}"
    assert export_checked(tiny(channels=6), name, path, [pair], size_px=(64, 64)).pictures == 1


def test_a_file_that_does_not_agree_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("streamdefocus.depth.export.formats.MOST_OF_SPAN", -1)
    with pytest.raises(OutputError, match=r"n\.keras does not say what the network says, and was"):
        export_checked(tiny(), "keras", tmp_path / "n.keras", [image(64, 64)])
    assert list(tmp_path.iterdir()) == []
    export_checked(tiny(), "keras", tmp_path / "n.keras", [image(64, 64)], inexact=True)
    assert (tmp_path / "n.keras").is_file()


def test_what_exists_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "n.keras"
    path.write_text("dear")
    with pytest.raises(OutputError, match=r"n\.keras exists; .*--force"):
        export_checked(tiny(), "keras", path, [image(64, 64)])
    assert path.read_text() == "dear"
    export_checked(tiny(), "keras", path, [image(64, 64)], replace=True)
    assert path.read_bytes()[:2] == b"PK"


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(OutputError, match="was not exported; it is not replaced"):
        export_checked(tiny(), "saved_model", tmp_path / "photos", [], replace=True)


@pytest.mark.parametrize(
    ("name", "path", "message"),
    [
        ("litert", "n.keras", r"must end in \.tflite"),
        ("saved_model", "n.pb", "is a folder, without ending"),
        ("keras", "nowhere/n.keras", "the folder .* does not exist"),
    ],
)
def test_paths_that_do_not_suit_are_refused(name, path, message, tmp_path):
    with pytest.raises(OutputError, match=message):
        export_checked(tiny(), name, tmp_path / path, [])


def test_differences_are_counted_against_each_pictures_span():
    original = np.array([[0.1, 0.2, 0.3, 0.2]], np.float32)
    found = np.array([[0.1, 0.2, 0.24, 0.205]], np.float32)
    wall = np.full((1, 4), 0.2, np.float32)
    agreement = compare([(original, found), (wall, wall + np.float32(0.00005))])
    assert agreement == Agreement(
        pictures=2,
        mean=pytest.approx((0.065 / 4 + 0.00005) / 2, rel=1e-3),
        largest=pytest.approx(0.06, rel=1e-3),
        mean_of_span=pytest.approx((0.065 / 4 / 0.2 + 0.005) / 2, rel=1e-3),
        largest_of_span=pytest.approx(0.3, rel=1e-3),
        slight=0.25,
        gross=0.25,
    )


def test_values_that_are_no_numbers_are_as_far_off_as_can_be():
    bad = np.array([[np.nan, 0.2]], np.float32)
    agreement = compare([(np.array([[0.1, 0.2]], np.float32), bad)])
    assert agreement.largest_of_span == np.inf
    assert agreement.gross == 0.5
    assert not any(kind.accepts(agreement) for kind in FORMATS.values())
