import numpy as np
import pytest

from streamdefocus.errors import ConfigError

keras = pytest.importorskip("keras")

from streamdefocus.depth.network import (  # noqa: E402
    MAX_DISPARITY,
    NETWORKS,
    build_network,
    disparity,
)


def predict(network, image):
    return [np.asarray(o) for o in network(image, training=False)]


def noise(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def test_the_papers_network_has_its_number_of_parameters():
    assert build_network("vgg").count_params() == 31_600_072


def test_a_stereo_input_adds_the_weights_of_three_channels():
    assert build_network("vgg", input_channels=6).count_params() == 31_604_776


@pytest.mark.parametrize("encoder", NETWORKS)
def test_four_outputs_halve_from_full_size(encoder):
    network = build_network(encoder, height=256, width_px=512, disparities=2)
    shapes = [tuple(o.shape) for o in network.outputs]
    assert shapes == [(None, 256 // s, 512 // s, 2) for s in (1, 2, 4, 8)]
    assert network.output_names == ["disp1", "disp2", "disp3", "disp4"]


@pytest.mark.parametrize(("encoder", "stride"), [("vgg", 128), ("compact", 64)])
def test_any_multiple_of_the_stride_goes_in_when_the_size_is_open(encoder, stride):
    network = build_network(encoder, width=0.1, height=None, width_px=None)
    for height, width in ((stride, 2 * stride), (2 * stride, stride)):
        outputs = predict(network, noise(1, height, width, 3))
        assert outputs[0].shape[1:3] == (height, width)
        assert outputs[3].shape[1:3] == (height // 8, width // 8)


def test_disparity_is_float32_between_zero_and_the_largest():
    outputs = predict(build_network("compact", height=64, width_px=128), noise(2, 64, 128, 3))
    for output in outputs:
        assert output.dtype == np.float32
        assert output.min() >= 0 and output.max() <= MAX_DISPARITY


def test_the_largest_disparity_is_0_3_of_the_width():
    assert float(np.asarray(disparity(np.float32([[1e4]]), "d")).max()) == pytest.approx(0.3)


def test_width_multiplies_channels():
    half = build_network("vgg", width=0.5)
    assert half.get_layer("conv1").filters == 16
    assert half.get_layer("iconv7").filters == 256
    assert half.count_params() < 0.26 * 31_600_072


def test_compact_is_small_and_speaks_of_one_view():
    network = build_network("compact")
    assert network.count_params() * 2 < 12e6  # bytes of float16
    assert network.outputs[0].shape[-1] == 1


def test_odd_kernels_are_padded_alike_on_both_sides():
    # A picture and its mirror image see the same zeros if and only if the padding is symmetric.
    network = build_network("vgg", width=0.1, height=128, width_px=128)
    pad = network.get_layer("conv1_pad")
    assert pad.padding == ((3, 3), (3, 3))
    assert network.get_layer("conv1a").strides == (1, 1)  # the original's order
    assert network.get_layer("conv1").strides == (2, 2)


@pytest.mark.parametrize("encoder", NETWORKS)
def test_a_saved_network_gives_the_same_disparity(encoder, tmp_path):
    network = build_network(encoder, width=0.1, height=128, width_px=128)
    network.save(tmp_path / "n.keras")
    loaded = keras.saving.load_model(tmp_path / "n.keras")
    image = noise(1, 128, 128, 3)
    np.testing.assert_array_equal(predict(network, image)[0], predict(loaded, image)[0])


def test_weights_of_a_fixed_size_fit_an_open_one(tmp_path):
    fixed = build_network("compact", width=0.25, height=64, width_px=64)
    fixed.save_weights(tmp_path / "n.weights.h5")
    free = build_network("compact", width=0.25, height=None, width_px=None)
    free.load_weights(tmp_path / "n.weights.h5")
    image = noise(1, 64, 64, 3)
    np.testing.assert_allclose(predict(fixed, image)[0], predict(free, image)[0], atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_still_answers_in_float32(policy):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = build_network("compact", width=0.25, height=64, width_px=64)
    finally:
        keras.config.set_dtype_policy(previous)
    outputs = predict(network, noise(1, 64, 64, 3))
    assert {o.dtype for o in outputs} == {np.dtype(np.float32)}
    assert all(np.isfinite(o).all() for o in outputs)


def test_an_unknown_encoder_is_named_with_those_that_exist():
    with pytest.raises(ConfigError, match=r'"vgg", "compact".*Received: encoder=\'resnet50\''):
        build_network("resnet50")


def test_a_size_between_strides_is_refused():
    with pytest.raises(ConfigError, match=r"multiple of 128.*Received: height=240"):
        build_network("vgg", height=240)
