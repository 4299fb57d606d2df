"""Networks as files: Keras weights of half the size, and models of the OpenVINO engine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from streamdefocus.depth.engines.openvino import import_openvino
from streamdefocus.errors import OutputError

KERNEL_AXES = 4  # of a convolution's kernel; biases and statistics have one


def export_openvino(network: Any, path: Path) -> Path:
    """Write the finest left disparity of a network as an OpenVINO model.

    The weights are kept as float16; OpenVINO computes in the precision of the device. Batch
    normalisation is folded into the convolutions.

    Args:
        network: A model of depth.network.build_network; its height and width should be None,
            for then the file takes any size.
        path: File to write, ending in ``.xml``; the weights go beside it, ending in ``.bin``.

    Returns:
        path. The model's input is "image", 1 x H x W x 3 float32 RGB in 0..1; its output is
        "disparity", 1 x H x W x 1 float32.

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
    height, width = network.input_shape[1:3]
    model.reshape({"image": [1, height or -1, width or -1, 3]})
    try:
        _save(model, path)
    except (OSError, RuntimeError) as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    return path


def export_weights(network: Any, path: Path) -> Path:
    """Write a network's weights with the kernels as float16; ``load_weights`` reads them.

    Biases and the statistics of batch normalisation stay float32: they are few, and a variance
    may be too small for float16.

    Args:
        network: A model of depth.network.build_network.
        path: File to write, ending in ``.weights.h5``.

    Raises:
        OutputError: The path does not end so, or cannot be written.
    """
    if not path.name.endswith(".weights.h5"):
        raise OutputError(f"Keras weights must end in .weights.h5. Received: {path}")
    import h5py  # type: ignore[import-untyped]

    def copy(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            is_kernel = item.ndim == KERNEL_AXES
            target[name] = item[()].astype(np.float16) if is_kernel else item[()]
        else:
            target.require_group(name).attrs.update(item.attrs)

    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole, half = Path(folder) / "whole.weights.h5", Path(folder) / path.name
            network.save_weights(whole)
            with h5py.File(whole) as source, h5py.File(half, "w") as target:
                target.attrs.update(source.attrs)
                source.visititems(copy)
            half.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    return path


def _inference(network: Any) -> Any:
    """A graph from image to the left disparity of scale 1, without the other outputs."""
    import keras
    import tensorflow as tf

    finest = keras.Model(network.inputs, network.outputs[0])
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
