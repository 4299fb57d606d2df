"""Networks as models of the OpenVINO engine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from streamdefocus.depth.engines.openvino import import_openvino
from streamdefocus.errors import OutputError


def export_openvino(network: Any, path: Path) -> Path:
    """Write the finest left disparity of a network as an OpenVINO model.

    The weights are kept as float16; OpenVINO computes in the precision of the device. Batch
    normalisation is folded into the convolutions.

    Args:
        network: A model of depth.network.build_network; its height and width should be None,
            for then the file takes any size.
        path: File to write, ending in ``.xml``; the weights go beside it, ending in ``.bin``.

    Returns:
        path. The model's input is "image", 1 x H x W x C float32 RGB in 0..1 (C is 3, or 6 for
        both views of a stereo pair); its output is "disparity", 1 x H x W x 1 float32.

    Raises:
        EngineError: OpenVINO is not installed.
        OutputError: The path does not end in .xml, or cannot be written.
    """
    if path.suffix != ".xml":
        raise OutputError(f"an OpenVINO model must end in .xml. Received: {path}")
    openvino = import_openvino()
    model = openvino.convert_model(_inference(network))
    model.inputs[0].get_tensor().set_names({"image"})
    model.outputs[0].get_tensor().set_names({"disparity"})
    model.inputs[0].get_node().set_friendly_name("image")
    height, width, channels = network.input_shape[1:]
    model.reshape({"image": [1, height or -1, width or -1, channels]})
    try:
        _save(model, path)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    return path


def _inference(network: Any) -> Any:
    """A graph from image to the left disparity of scale 1, without the other outputs."""
    import keras
    import tensorflow as tf

    finest = keras.Model(network.inputs[0], network.outputs[0])
    signature = tf.TensorSpec(network.inputs[0].shape, tf.float32, name="image")

    def left(image: Any) -> Any:
        return finest(image, training=False)[..., :1]

    return tf.function(left, input_signature=[signature]).get_concrete_function()


def _save(model: Any, path: Path) -> None:
    """Both files appear whole or not at all."""
    openvino = import_openvino()

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        openvino.save_model(model, unfinished, compress_to_fp16=True)
        unfinished.with_suffix(".bin").replace(path.with_suffix(".bin"))
        unfinished.replace(path)
