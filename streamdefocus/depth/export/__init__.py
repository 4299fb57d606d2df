"""Networks as files, in the formats of several runtimes.

- ``weights``, ``openvino``: what a model of the manifest consists of;
- ``formats``: what else a network can be written as, and how each is run;
- ``agreement``: how much the file says what the network says;
- ``checked``: writing a file that is known to do so.
"""

from streamdefocus.depth.export.agreement import Agreement
from streamdefocus.depth.export.checked import export_checked
from streamdefocus.depth.export.formats import FORMATS, Format
from streamdefocus.depth.export.openvino import export_openvino
from streamdefocus.depth.export.weights import export_weights, save_weights

__all__ = [
    "FORMATS",
    "Agreement",
    "Format",
    "export_checked",
    "export_openvino",
    "export_weights",
    "save_weights",
]
