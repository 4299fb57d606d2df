import numpy as np
import pytest

from streamdefocus.errors import ConfigError

keras = pytest.importorskip("keras")

from streamdefocus.depth.network import (  # noqa: E402
    LEVELS,
    MAX_DISPARITY,
    NETWORKS,
    build_network,
    convolutions,
    disparity,
    disparity_network,
)
from streamdefocus.depth.network.heads import expected_disparity  # noqa: E402
from streamdefocus.depth.network.layers import upsample  # noqa: E402


def predict(network, image):
    return [np.asarray(o) for o in network(image, training=False)]


def noise(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def test_the_papers_network_has_its_number_of_parameters():
    assert build_network("vgg").count_params() == 31_600_072


def test_a_stereo_input_adds_the_weights_of_three_channels():
    assert build_network("vgg", input_channels=6).count_params() == 31_604_776


@pytest.mark.parametrize(("projecting", "parameters"), [(True, 58_452_008), (False, 49_466_152)])
def test_resnet50_has_the_originals_number_of_parameters_or_that_of_proper_shortcuts(
    projecting, parameters
):
    network = build_network("resnet50", projecting_shortcuts=projecting)
    assert network.count_params() == parameters


@pytest.mark.parametrize("encoder", NETWORKS)
def test_four_outputs_halve_from_full_size(encoder):
    network = build_network(encoder, height=256, width_px=512, disparities=2)
    shapes = [tuple(o.shape) for o in network.outputs]
    assert shapes == [(None, 256 // s, 512 // s, 2) for s in (1, 2, 4, 8)]
    assert network.output_names == ["disp1", "disp2", "disp3", "disp4"]


@pytest.mark.parametrize(("encoder", "stride"), [("vgg", 128), ("resnet50", 64), ("compact", 64)])
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


@pytest.mark.parametrize("head", ["disparity", "deep3d"])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_still_answers_in_float32(policy, head):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = build_network("compact", width=0.25, height=64, width_px=64, head=head)
    finally:
        keras.config.set_dtype_policy(previous)
    outputs = predict(network, noise(1, 64, 64, 3))
    assert {o.dtype for o in outputs} == {np.dtype(np.float32)}
    assert all(np.isfinite(o).all() for o in outputs)


@pytest.mark.parametrize(
    ("encoder", "first", "last", "stages", "counts"),
    [
        ("vgg", ["conv1a", "conv1", "conv2a"], "conv7", 7, (14, 18)),
        ("resnet50", ["conv1", "conv2_1_1", "conv2_1_2"], "conv5_3_shortcut", 6, (65, 16)),
    ],
)
def test_convolutions_come_in_the_order_of_the_originals_checkpoints(
    encoder, first, last, stages, counts
):
    network = build_network(encoder, width=0.05, projecting_shortcuts=encoder == "resnet50")
    coding, decoding = ([layer.name for layer in part] for part in convolutions(network))
    assert (len(coding), len(decoding)) == counts  # Conv .. Conv_13 and Conv .. Conv_17 of "vgg"
    assert coding[:3] == first and coding[-1] == last
    assert decoding[:2] == [f"upconv{stages}", f"iconv{stages}"]
    assert decoding[-3:] == ["upconv1", "iconv1", "disp1_logits"]


def test_the_last_bottleneck_of_a_stage_halves_the_picture():
    network = build_network("resnet50", width=0.05)
    stage = [layer for layer in network.layers if layer.name.startswith("conv3_")]
    strided = {layer.name for layer in stage if getattr(layer, "strides", (1, 1)) == (2, 2)}
    assert strided == {"conv3_4_2", "conv3_4_shortcut"}


def test_shortcuts_project_only_where_the_shape_changes_unless_asked():
    names = {layer.name for layer in build_network("resnet50", width=0.05).layers}
    assert {n for n in names if n.startswith("conv4") and n.endswith("shortcut")} == {
        "conv4_1_shortcut",
        "conv4_6_shortcut",
    }


def test_the_pooling_sees_zeros_beyond_the_border():
    network = build_network("resnet50", width=0.05, height=64, width_px=64)
    before, after = network.get_layer("pool1_pad").input, network.get_layer("pool1").output
    pooling = keras.Model(before, after)
    result = np.asarray(pooling(np.full((1, *before.shape[1:]), -1.0, np.float32)))
    assert (result[:, 0] == 0).all() and (result[:, :, 0] == 0).all()
    assert (result[:, 1:, 1:] == -1).all()


def test_a_deep3d_network_says_a_distribution_at_every_scale():
    network = build_network("compact", width=0.25, height=64, width_px=128, head="deep3d")
    for scale, output in enumerate(predict(network, noise(2, 64, 128, 3))):
        assert output.shape == (2, 64 >> scale, 128 >> scale, LEVELS)
        np.testing.assert_allclose(output.sum(-1), 1, rtol=1e-5)


def test_the_expected_disparity_is_the_supplements_equation_2():
    rng = np.random.default_rng(0)
    w = rng.random((2, 3, 4, 9), dtype=np.float32)
    w /= w.sum(-1, keepdims=True)
    found = np.asarray(expected_disparity(w))[..., 0]
    level = w.shape[-1] - np.cumsum(w, -1).sum(-1)
    np.testing.assert_allclose(found, MAX_DISPARITY * level / 8, rtol=1e-4)
    certain = np.eye(9, dtype=np.float32)
    np.testing.assert_allclose(
        np.asarray(expected_disparity(certain))[:, 0], np.linspace(0, MAX_DISPARITY, 9), atol=1e-7
    )


@pytest.mark.parametrize("encoder", NETWORKS)
def test_a_deep3d_network_is_used_as_one_of_disparity(encoder, tmp_path):
    network = build_network(
        encoder, width=0.05, height=128, width_px=128, head="deep3d", disparities=5
    )
    image = noise(1, 128, 128, 3)
    found = predict(disparity_network(network), image)
    assert [d.shape for d in found] == [(1, 128 >> s, 128 >> s, 1) for s in range(4)]
    assert all(d.min() >= 0 and d.max() <= MAX_DISPARITY for d in found)
    disparity_network(network).save(tmp_path / "n.keras")
    loaded = keras.saving.load_model(tmp_path / "n.keras")
    np.testing.assert_array_equal(found[0], predict(loaded, image)[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "alexnet"}, r'"vgg", "resnet50", "compact".*Received: encoder=\'alexnet\''),
        ({"head": "deep"}, r'"disparity", "deep3d".*Received: head=\'deep\''),
        ({"projecting_shortcuts": True}, r"option of the encoder 'resnet50'.*Received: .*'vgg'"),
        ({"head": "deep3d", "disparities": 1}, r"at least 2 .*Received: disparities=1"),
    ],
)
def test_an_option_that_does_not_exist_or_does_not_fit_is_named(options, message):
    with pytest.raises(ConfigError, match=message):
        build_network(**options)


def test_a_size_between_strides_is_refused():
    with pytest.raises(ConfigError, match=r"multiple of 128.*Received: height=240"):
        build_network("vgg", height=240)


VARIANTS = [
    {"separable": True},
    {"upsampling": "bilinear"},
    {"finish": "full"},
    {"encoder": [4, 8, 8, 16, 16], "depths": [0, 0, 1, 0, 3], "decoder": [16, 8, 8, 4]},
]


@pytest.mark.parametrize("sizes", VARIANTS, ids=str)
def test_compact_networks_of_other_sizes(sizes):
    network = build_network("compact", width=0.25, height=64, width_px=128, sizes=sizes)
    picture = np.random.default_rng(0).random((1, 64, 128, 3), np.float32)
    outputs = [np.asarray(output) for output in network(picture)]
    assert [o.shape for o in outputs] == [(1, 64 // s, 128 // s, 1) for s in (1, 2, 4, 8)]
    assert network.count_params() != build_network("compact", width=0.25).count_params() or (
        sizes == {"upsampling": "bilinear"}
    )


def test_bilinear_is_keras_own_and_takes_any_size():
    image = keras.layers.Input((None, None, 3))
    network = keras.Model(image, upsample(image, "up", "bilinear"))
    picture = np.random.default_rng(0).random((2, 5, 7, 3), np.float32)
    expected = keras.layers.UpSampling2D(2, interpolation="bilinear")(picture)
    np.testing.assert_allclose(network(picture), expected, atol=1e-6)


def test_fewer_blocks_take_smaller_multiples():
    sizes = {"encoder": [4, 4, 8, 8, 8], "depths": [0] * 5, "decoder": [8, 8, 8, 4]}
    build_network("compact", height=96, width_px=160, sizes=sizes)
    with pytest.raises(ConfigError, match="multiple of 64"):
        build_network("compact", height=96, width_px=160)


@pytest.mark.parametrize(
    ("encoder", "sizes", "message"),
    [
        ("vgg", {"separable": True}, "option of the encoder 'compact'"),
        ("compact", {"kernels": [3]}, "sizes of a network are encoder, depths"),
        ("compact", {"depths": [1, 1]}, "as many depths as blocks"),
        ("compact", {"decoder": [8, 8]}, "one stage less in its decoder"),
    ],
)
def test_sizes_that_do_not_go_together_are_refused(encoder, sizes, message):
    with pytest.raises(ConfigError, match=message):
        build_network(encoder, sizes=sizes)
