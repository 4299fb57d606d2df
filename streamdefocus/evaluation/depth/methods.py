"""What is measured: a network, or anything else that turns a picture into disparity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2

from streamdefocus.config import DepthOptions
from streamdefocus.depth import DisparityEstimator
from streamdefocus.evaluation.depth.samples import Sample
from streamdefocus.frames import BgrImage, FloatMap


@dataclass(frozen=True)
class Method:
    """Something that estimates disparity.

    Attributes:
        estimate: From H x W x 3 BGR uint8 to H x W float32 disparity, larger is nearer.
        is_metric: Disparity is a fraction of the image width, so that it can be measured without
            alignment; None if nobody knows.
        sees_pairs: ``estimate`` takes both views, H x W x 6, left first.
    """

    estimate: Callable[[BgrImage], FloatMap]
    is_metric: bool | None = None
    sees_pairs: bool = False

    def __call__(self, sample: Sample) -> FloatMap:
        """Disparity of a sample's picture.

        Raises:
            InputError: The method looks at pairs, and there is no right view.
        """
        return self.estimate(sample.pair if self.sees_pairs else sample.picture)


def network_method(options: DepthOptions) -> Method:
    """A depth network at the pictures' own size.

    Raises:
        ModelError: The model is unknown.
        ConfigError: See DisparityEstimator.
    """
    estimator = DisparityEstimator(options, pairs=True)

    def estimate(bgr: BgrImage) -> FloatMap:
        _, disparity = estimator.estimate(bgr)
        return cv2.resize(disparity, bgr.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    return Method(estimate, estimator.is_metric, estimator.sees_pairs)
