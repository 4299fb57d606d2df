"""What the estimator adds to an engine; the engines have a suite of their own."""

import numpy as np
import pytest

from streamdefocus.config import DepthOptions
from streamdefocus.depth import DepthEngine, DisparityEstimator, estimator
from streamdefocus.depth.postprocessing import combine_mirrored


class GreenEngine(DepthEngine):
    """Says green for disparity, plus a ramp from the left that mirror images do not share."""

    name, device = "green", "nowhere"

    def infer(self, bgr):
        ramp = np.linspace(0, 1, bgr.shape[1], dtype=np.float32)
        return bgr[..., 1].astype(np.float32) / 255 + ramp

    def close(self):
        pass


@pytest.fixture
def picture(monkeypatch):
    monkeypatch.setattr(estimator, "open_engine", lambda _options, _size: GreenEngine())
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
