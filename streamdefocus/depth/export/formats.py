"""The formats that a network can be exported to, and how files of each are run.

All but ``.keras`` hold one function, from "image" (1 x H x W x C float32 RGB in 0..1) to
"disparity" (1 x H x W x 1 float32, that of the left view at full size). A ``.keras`` file holds the
whole network, with its four outputs, to be trained further.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from streamdefocus.depth.engines.keras import import_tensorflow, load_saved_network
from streamdefocus.depth.engines.openvino import openvino_core
from streamdefocus.depth.export.agreement import Agreement
from streamdefocus.depth.export.openvino import export_openvino
from streamdefocus.errors import EngineError
from streamdefocus.frames import FloatMap

Batch = FloatMap
"""1 x H x W x C float32: one picture in 0..1, or disparity."""

Predict = Callable[[Batch], Batch]

MOST_OF_SPAN = 0.02
"""By how much of the span of disparity no pixel of a float format may be off."""

MOST_GROSS = 0.02
"""The part of a picture that a quantised format may get grossly wrong (Agreement.gross)."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        title: What it is called.
        suffix: What its files end in; "" for a folder.
        write: Called with a network of a fixed or open input size, the path, and pictures to
            calibrate with.
        open: From the path to a function that runs the file.
        needs_size: Whether the input must have a fixed size.
        quantised: Whether it computes in integers.
    """

    title: str
    suffix: str
    write: Callable[[Any, Path, Sequence[Batch]], object]
    open: Callable[[Path], Predict]
    needs_size: bool = False
    quantised: bool = False

    def accepts(self, agreement: Agreement) -> bool:
        """Whether a file that agrees so much with its network may be used in its place."""
        if self.quantised:
            return agreement.gross <= MOST_GROSS
        return agreement.largest_of_span <= MOST_OF_SPAN


def predictor(network: Any) -> Predict:
    """The finest left disparity of a Keras network.

    Args:
        network: Of build_network, or a saved one.
    """
    import keras

    finest = keras.Model(network.inputs[0], network.outputs[0])

    def predict(image: Batch) -> Batch:
        return np.asarray(finest(image, training=False))[..., :1]

    return predict


def at_size(network: Any, size_px: tuple[int, int]) -> Any:
    """The network with a fixed input size, (width, height)."""
    import keras

    width, height = size_px
    image = keras.Input((height, width, network.input_shape[-1]), 1, name="image")
    return keras.Model(image, network(image))


def _servable(network: Any) -> Any:
    """A Keras model whose input and output have names in every format."""
    import keras

    image = keras.Input(batch_shape=(1, *network.input_shape[1:]), name="image")
    finest = keras.Model(network.inputs[0], network.outputs[0])
    return keras.Model({"image": image}, {"disparity": finest(image)[..., :1]})


def _write_keras(network: Any, path: Path, _calibration: Sequence[Batch]) -> None:
    network.save(path)


def _open_keras(path: Path) -> Predict:
    return predictor(load_saved_network(path))


def _write_saved_model(network: Any, path: Path, _calibration: Sequence[Batch]) -> None:
    _servable(network).export(path, format="tf_saved_model", verbose=False)


def _open_saved_model(path: Path) -> Predict:
    tf, _ = import_tensorflow()
    loaded = tf.saved_model.load(str(path))
    run = loaded.signatures["serving_default"]

    def predict(image: Batch, _loaded: Any = loaded) -> Batch:  # its variables die with it
        return np.asarray(run(image=tf.constant(image))["disparity"])

    return predict


def _write_litert(network: Any, path: Path, **converter: Any) -> None:
    tf, _ = import_tensorflow()
    _import_litert()  # no use in a long conversion that nobody can check
    with warnings.catch_warnings():
        # The converter calibrates with TensorFlow's own interpreter, which says that it is old.
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        _servable(network).export(
            path,
            format="litert",
            verbose=False,
            target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
            **converter,
        )


def _write_float(network: Any, path: Path, _calibration: Sequence[Batch]) -> None:
    _write_litert(network, path)


def _write_dynamic(network: Any, path: Path, _calibration: Sequence[Batch]) -> None:
    tf, _ = import_tensorflow()
    _write_litert(network, path, optimizations=[tf.lite.Optimize.DEFAULT])


def _write_int8(network: Any, path: Path, calibration: Sequence[Batch]) -> None:
    tf, _ = import_tensorflow()
    _write_litert(
        network,
        path,
        optimizations=[tf.lite.Optimize.DEFAULT],
        representative_dataset=lambda: ({"image": image} for image in calibration),
    )


def _open_litert(path: Path) -> Predict:
    runner = _import_litert().Interpreter(model_path=str(path), num_threads=2)
    run = runner.get_signature_runner("serving_default")

    def predict(image: Batch) -> Batch:
        return np.array(run(image=image)["disparity"])

    return predict


def _import_litert() -> Any:
    try:
        from ai_edge_litert import interpreter  # type: ignore[import-untyped]
    except ImportError as error:
        raise EngineError(
            f"LiteRT, which checks what is exported for it, is not installed ({error}); "
            "try: pip install 'streamdefocus[export]'"
        ) from error
    return interpreter


def _write_openvino(network: Any, path: Path, _calibration: Sequence[Batch]) -> None:
    export_openvino(network, path)


def _open_openvino(path: Path) -> Predict:
    core = openvino_core()
    # The file is checked here, not the precision that a processor may prefer.
    run = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def predict(image: Batch) -> Batch:
        return np.array(run({"image": image})["disparity"])

    return predict


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "keras": Format("Keras", ".keras", _write_keras, _open_keras),
        "saved_model": Format("SavedModel", "", _write_saved_model, _open_saved_model),
        "litert": Format("LiteRT, float32", ".tflite", _write_float, _open_litert, True),
        "litert-dynamic": Format(
            "LiteRT, int8 weights", ".tflite", _write_dynamic, _open_litert, True, True
        ),
        "litert-int8": Format("LiteRT, int8", ".tflite", _write_int8, _open_litert, True, True),
        "openvino": Format("OpenVINO, float16", ".xml", _write_openvino, _open_openvino),
    }
)
"""By what ``--format`` calls them; of several with one suffix, the first is that suffix's."""
