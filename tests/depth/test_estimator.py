"""What the estimator adds to an engine; the engines have a suite of their own."""

import numpy as np
import pytest

from streamdefocus.config import DepthOptions
from streamdefocus.depth import DepthEngine, DisparityEstimator, estimator
from streamdefocus.depth.network import build_network
from streamdefocus.depth.postprocessing import combine_mirrored
from streamdefocus.errors import ConfigError, ModelError


class GreenEngine(DepthEngine):
    """Says green for disparity, plus a ramp from the left that mirror images do not share."""

    name, device, size_px = "green", "nowhere", (512, 256)

    def infer(self, bgr):
        ramp = np.linspace(0, 1, bgr.shape[1], dtype=np.float32)
        return bgr[..., 1].astype(np.float32) / 255 + ramp

    def close(self):
        pass


@pytest.fixture
def picture(monkeypatch):
    monkeypatch.setattr(estimator, "open_engine", lambda *_, **__: GreenEngine())
    return np.random.default_rng(0).integers(0, 256, (256, 512, 3), np.uint8)


def test_a_mirror_image_is_looked_at_when_asked_for(picture):
    with DisparityEstimator(DepthOptions(postprocess=True)) as both:
        seen, found = both.estimate(picture)
    engine = GreenEngine()
    direct, mirrored = engine.infer(picture), engine.infer(picture[:, ::-1])[:, ::-1]
    np.testing.assert_array_equal(seen, picture)
    np.testing.assert_array_equal(found, combine_mirrored(direct, mirrored))
    with DisparityEstimator(DepthOptions()) as single:
        np.testing.assert_array_equal(single.estimate(picture)[1], direct)


def test_uncertainty_has_the_size_of_the_disparity(picture):
    with DisparityEstimator(DepthOptions()) as opened:
        spread = opened.uncertainty(np.repeat(picture, 2, axis=0), augmentations=4)
    assert spread.shape == (256, 512)
    assert 0.01 < spread.mean() < 1


def test_only_the_manifest_knows_whether_disparity_is_metric():
    assert DisparityEstimator(DepthOptions(model="compact")).is_metric is False
    assert DisparityEstimator(DepthOptions(model="some.onnx")).is_metric is None


@pytest.fixture
def pair_run(tmp_path):
    """A training run of a network that looks at both views, as `train` leaves it."""
    folder = tmp_path / "runs" / "v1.0"
    folder.mkdir(parents=True)
    network = build_network("vgg", width=0.05, height=128, width_px=256, input_channels=6)
    network.save_weights(folder / "v1.0.weights.h5")
    (folder / "network.toml").write_text(
        'encoder = "vgg"\nwidth = 0.05\ninput_channels = 6\ninput_px = [256, 128]\nmetric = true\n'
    )
    return folder, network


def test_a_training_run_of_pairs_is_a_model(pair_run):
    folder, network = pair_run
    pair = np.random.default_rng(0).integers(0, 256, (128, 256, 6), np.uint8)
    with DisparityEstimator(DepthOptions(model=str(folder)), pairs=True) as opened:
        assert (opened.sees_pairs, opened.is_metric, opened.input_px) == (True, True, (256, 128))
        seen, found = opened.estimate(np.repeat(np.repeat(pair, 2, axis=0), 2, axis=1))
    np.testing.assert_array_equal(seen, pair)
    rgb = np.concatenate((pair[..., 2::-1], pair[..., :2:-1]), axis=2)[None] / np.float32(255)
    expected = np.asarray(network(rgb, training=False)[0])[0, ..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pairs_are_not_for_everything(pair_run):
    options = DepthOptions(model=str(pair_run[0]))
    with DisparityEstimator(options) as opened, pytest.raises(ModelError, match="both views"):
        opened.estimate(np.zeros((128, 256, 3), np.uint8))
    with pytest.raises(ConfigError, match="--postprocess is for models that look at one picture"):
        DisparityEstimator(options.model_copy(update={"postprocess": True}), pairs=True)


def test_a_folder_that_is_no_training_run_is_said_to_be_none(pair_run):
    folder, _ = pair_run
    options = DepthOptions(model=str(folder))
    (folder / "network.toml").write_text("encoder = 3\n")
    with pytest.raises(ModelError, match=r"network\.toml does not describe a network"):
        DisparityEstimator(options)
    (folder / "v1.0.weights.h5").unlink()
    with pytest.raises(ModelError, match=r"v1\.0\.weights\.h5 is missing"):
        DisparityEstimator(options)
