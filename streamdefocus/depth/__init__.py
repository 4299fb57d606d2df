"""Disparity from one picture: the network and the engines that run it."""

from streamdefocus.depth.base import DepthEngine
from streamdefocus.depth.estimator import DisparityEstimator, open_engine

__all__ = ["DepthEngine", "DisparityEstimator", "open_engine"]
