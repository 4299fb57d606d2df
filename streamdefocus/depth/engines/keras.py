"""The GPU engine: Keras on TensorFlow; also runs on CPUs, slower than OpenVINO."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamdefocus.depth.base import DepthEngine
from streamdefocus.errors import EngineError, ModelError
from streamdefocus.frames import BgrImage, FloatMap


class KerasEngine(DepthEngine):
    """Runs a Keras network: float16 and compiled by XLA on a GPU, float32 graph on a CPU.

    A network with 6 input channels gets both views of a stereo pair, H x W x 6 BGR, left first.

    Args:
        load: Makes the network; called after TensorFlow was set up, under the dtype policy that
            suits the device.
        size_px: (width, height) of the input; a network of a fixed size keeps its own.

    Raises:
        EngineError: TensorFlow is not installed, or Keras runs on another backend.
        ModelError: The weights do not fit the network (from ``load``).
    """

    name = "keras"

    def __init__(self, load: Callable[[], Any], size_px: tuple[int, int]) -> None:
        tf, keras = import_tensorflow()
        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        self.device = f"GPU ({_gpu_name(tf, gpus[0])})" if gpus else "CPU"
        dtype = "float16" if gpus else "float32"
        previous = keras.config.dtype_policy()
        keras.config.set_dtype_policy(dtype)
        try:
            network = load()
        finally:
            keras.config.set_dtype_policy(previous)
        _, own_height, own_width, channels = network.inputs[0].shape
        width, height = own_width or size_px[0], own_height or size_px[1]
        self.size_px = (width, height)
        signature = [tf.TensorSpec((1, height, width, channels), tf.uint8)]
        rgb_of_bgr = [view + channel for view in range(0, channels, 3) for channel in (2, 1, 0)]

        @tf.function(input_signature=signature, jit_compile=bool(gpus))  # type: ignore[untyped-decorator]
        def run(bgr: Any) -> Any:
            rgb = tf.cast(tf.gather(bgr, rgb_of_bgr, axis=-1), dtype) / 255
            return tf.cast(network(rgb, training=False)[0][0, :, :, 0], tf.float32)

        self._run: Callable[[BgrImage], Any] | None = run

    def infer(self, bgr: BgrImage) -> FloatMap:
        """See DepthEngine."""
        if self._run is None:
            raise EngineError("the depth engine was closed")
        disparity: FloatMap = self._run(bgr[None]).numpy()
        return disparity

    def close(self) -> None:
        """See DepthEngine."""
        self._run = None


def load_network(weights: Path, **arguments: Any) -> Any:
    """A network with trained weights, of any input size, that says disparity.

    Args:
        weights: File of Keras weights.
        **arguments: Those of depth.network.build_network but for the input's size.

    Raises:
        ModelError: The file does not hold the weights of this network.
    """
    from streamdefocus.depth.network import build_network, disparity_network

    network = build_network(**arguments, height=None, width_px=None)
    try:
        network.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        sizes = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        raise ModelError(
            f"{weights} does not hold weights of the network {sizes}: {str(error).splitlines()[0]}"
        ) from error
    return disparity_network(network) if arguments.get("head") == "deep3d" else network


def load_saved_network(path: Path) -> Any:
    """A whole network from a ``.keras`` file.

    Raises:
        ModelError: The file cannot be loaded.
    """
    import keras

    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise ModelError(f"{path} is not a Keras network: {str(error).splitlines()[0]}") from error


def gpu_is_usable() -> bool:
    """Whether TensorFlow can compute on a GPU; imports TensorFlow only if there may be one."""
    if not _gpu_may_exist():
        return False
    try:
        tf, _ = import_tensorflow()
    except EngineError:
        return False
    return bool(tf.config.list_physical_devices("GPU"))


def _gpu_may_exist() -> bool:
    """A look that costs microseconds, where importing TensorFlow to ask it costs seconds."""
    from importlib.util import find_spec

    nvidia_or_amd = any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))
    return nvidia_or_amd or find_spec("tensorflow-plugins") is not None  # Apple's tensorflow-metal


def import_tensorflow() -> tuple[Any, Any]:
    """The packages tensorflow and keras, without their start-up banners.

    Raises:
        EngineError: TensorFlow is not installed, or Keras runs on another backend.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its start-up banners are not ours
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise EngineError(
            f"the engine 'keras' needs TensorFlow ({error}); try: pip install tensorflow"
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise EngineError(
            "the engine 'keras' runs on TensorFlow. Received: "
            f"KERAS_BACKEND={keras.backend.backend()}; unset it"
        )
    return tf, keras


def _gpu_name(tf: Any, gpu: Any) -> str:
    details = tf.config.experimental.get_device_details(gpu)
    return str(details.get("device_name", gpu.name))
