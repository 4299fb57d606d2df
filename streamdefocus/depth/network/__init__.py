"""The depth networks of Godard, Mac Aodha and Brostow, and a compact one for CPUs.

A network looks at one picture (or at both views of a stereo pair) and estimates its disparity, and
that of the view beside it, at four scales: "Unsupervised Monocular Depth Estimation with
Left-Right Consistency" (CVPR 2017), section 3.2 and supplement, table 1.

- ``layers``: what all networks are made of;
- ``heads``: from features to disparity, or to a distribution over disparities (Deep3D);
- ``encoders``, ``decoder``: the paper's VGG and ResNet50, and what follows them;
- ``compact``: ours;
- ``config``: sizes;
- ``build``: ``build_network``, and the order of the layers in the original's checkpoints.

Shapes: B batch, H and W height and width, D disparities. Only ``keras.ops`` and ``keras.layers``
are used, so that the networks run on every Keras backend.
"""

from streamdefocus.depth.network.build import build_network, convolutions, disparity_network
from streamdefocus.depth.network.config import NETWORKS
from streamdefocus.depth.network.heads import LEVELS, MAX_DISPARITY, SCALES, disparity

__all__ = [
    "LEVELS",
    "MAX_DISPARITY",
    "NETWORKS",
    "SCALES",
    "build_network",
    "convolutions",
    "disparity",
    "disparity_network",
]
