"""How good a depth estimate is, on pictures that nothing was trained on.

Two trivial baselines always stand beside the result: "ramp", a bare vertical gradient, and
"blob", a bump in the middle of the lower edge, where people tend to sit.

One module a data set (``collections``, ``kitti``, ``eigen``, ``make3d``, ``folder``) makes samples;
``truths`` says how an estimate is held against them, ``evaluation`` does it.
"""

from streamdefocus.evaluation.depth.baselines import BASELINES, blob, ramp
from streamdefocus.evaluation.depth.cameras import Rig
from streamdefocus.evaluation.depth.evaluation import Scores, evaluate
from streamdefocus.evaluation.depth.methods import Method, network_method
from streamdefocus.evaluation.depth.opening import DataOptions, alignment, detect, open_data
from streamdefocus.evaluation.depth.samples import DataSet, Sample

__all__ = [
    "BASELINES",
    "DataOptions",
    "DataSet",
    "Method",
    "Rig",
    "Sample",
    "Scores",
    "alignment",
    "blob",
    "detect",
    "evaluate",
    "network_method",
    "open_data",
    "ramp",
]
