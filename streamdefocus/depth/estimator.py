"""Disparity of frames of any size: the right engine, at the right input size."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from streamdefocus.config import DepthOptions
from streamdefocus.depth.base import DepthEngine
from streamdefocus.depth.engines.keras import (
    KerasEngine,
    gpu_is_usable,
    load_network,
    load_saved_network,
)
from streamdefocus.depth.engines.openvino import OpenVINOEngine
from streamdefocus.depth.postprocessing import combine_mirrored
from streamdefocus.depth.preprocessing import network_size, to_network_input
from streamdefocus.depth.uncertainty import disparity_uncertainty
from streamdefocus.depth.weights import find_model
from streamdefocus.errors import ModelError
from streamdefocus.frames import BgrImage, FloatMap

_OPENVINO_FILES = (".xml", ".onnx", ".tflite")
_DEFAULT_INPUT_PX = (512, 256)


def open_engine(options: DepthOptions, size_px: tuple[int, int]) -> DepthEngine:
    """The engine that the options ask for, with the model loaded and ready.

    Args:
        options: Model, engine and threads.
        size_px: (width, height) of the input.

    Raises:
        ModelError: The model is unknown, missing, damaged, or not for this engine.
        EngineError: The engine is not installed or cannot run here.
    """
    path = Path(options.model)
    is_file = path.suffix.lower() in (*_OPENVINO_FILES, ".keras")
    engine: str = options.engine
    if engine == "auto":
        engine = _best_engine(path if is_file else None)
    if not is_file:
        model = find_model(options.model)
        if model.input_channels != 3:
            raise ModelError(
                f"model {model.name!r} looks at both views of a stereo pair, not at one picture; "
                "`streamdefocus models list` shows the others"
            )
        verified = model.verified(engine)
        if engine == "openvino":
            return OpenVINOEngine(verified, size_px, options.threads)
        return KerasEngine(partial(load_network, verified, **model.arguments()), size_px)
    if not path.is_file():
        raise ModelError(f"model file {path} does not exist")
    if (path.suffix.lower() == ".keras") != (engine == "keras"):
        raise ModelError(f"the engine {engine!r} cannot read {path.name}; try --engine auto")
    if engine == "openvino":
        return OpenVINOEngine(path, size_px, options.threads)
    return KerasEngine(partial(load_saved_network, path), size_px)


class DisparityEstimator:
    """Raw disparity of one picture after another, of any size and orientation.

    An engine is loaded when the first picture of an orientation arrives.

    Args:
        options: Model, engine, threads, and whether mirror images are looked at too.

    Attributes:
        input_px: (width, height) of the network's input for landscape pictures.
        is_metric: Whether disparity is a fraction of the image width, from which metres can be
            computed; None if nobody knows, as of a bare file.

    Raises:
        ModelError: The model is unknown; what else can fail, fails at the first picture.
    """

    def __init__(self, options: DepthOptions) -> None:
        self._options = options
        self._engines: dict[tuple[int, int], DepthEngine] = {}
        self.input_px = _DEFAULT_INPUT_PX
        self.is_metric: bool | None = None
        if Path(options.model).suffix == "":
            model = find_model(options.model)
            self.input_px, self.is_metric = model.input_px, model.metric

    def prepare(self, frame_px: tuple[int, int]) -> DepthEngine:
        """Load the engine for frames of one size, so that the first of them need not wait.

        Args:
            frame_px: (width, height) of the frames.
        """
        size_px = network_size(frame_px, self.input_px)
        if size_px not in self._engines:
            self._engines[size_px] = open_engine(self._options, size_px)
        return self._engines[size_px]

    def estimate(self, bgr: BgrImage) -> tuple[BgrImage, FloatMap]:
        """Disparity of one picture.

        Args:
            bgr: H x W x 3 uint8 of any size.

        Returns:
            The picture as the network saw it, h x w x 3 uint8, and its disparity, h x w float32,
            larger is nearer, in the network's own unit.
        """
        engine, picture = self._prepared(bgr)
        return picture, self._infer(engine, picture)

    def uncertainty(self, bgr: BgrImage, augmentations: int = 50) -> FloatMap:
        """How much disparity changes with the picture's colours; see depth.uncertainty.

        Args:
            bgr: H x W x 3 uint8 of any size.
            augmentations: Recoloured copies to look at.

        Returns:
            Standard deviation, h x w float32, in the unit and of the size of ``estimate``.
        """
        engine, picture = self._prepared(bgr)
        return disparity_uncertainty(partial(self._infer, engine), picture, augmentations)

    def _prepared(self, bgr: BgrImage) -> tuple[DepthEngine, BgrImage]:
        frame_px = (bgr.shape[1], bgr.shape[0])
        engine = self.prepare(frame_px)
        return engine, to_network_input(bgr, network_size(frame_px, self.input_px))

    def _infer(self, engine: DepthEngine, picture: BgrImage) -> FloatMap:
        direct = engine.infer(picture)
        if not self._options.postprocess:
            return direct
        mirrored = engine.infer(np.ascontiguousarray(picture[:, ::-1]))
        return combine_mirrored(direct, mirrored[:, ::-1])

    @property
    def engine_name(self) -> str:
        """The engine in use and its device, for reports; "none" before the first picture."""
        names = [f"{engine.name} on {engine.device}" for engine in self._engines.values()]
        return names[0] if names else "none"

    def close(self) -> None:
        """Free the engines; idempotent."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _best_engine(file: Path | None) -> str:
    if file is not None:
        return "keras" if file.suffix.lower() == ".keras" else "openvino"
    return "keras" if gpu_is_usable() else "openvino"
