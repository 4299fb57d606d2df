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
from streamdefocus.depth.runs import find_entry
from streamdefocus.depth.uncertainty import disparity_uncertainty
from streamdefocus.depth.weights import ModelEntry
from streamdefocus.errors import ConfigError, ModelError
from streamdefocus.frames import BgrImage, FloatMap

_FILES = (".xml", ".onnx", ".tflite", ".keras")
_DEFAULT_INPUT_PX = (512, 256)


def open_engine(
    options: DepthOptions, size_px: tuple[int, int], *, pairs: bool = False
) -> DepthEngine:
    """The engine that the options ask for, with the model loaded and ready.

    Args:
        options: Model, engine and threads.
        size_px: (width, height) of the input.
        pairs: Whether a model that looks at both views of a stereo pair is welcome.

    Raises:
        ModelError: The model is unknown, missing, damaged, or not for this engine or input.
        EngineError: The engine is not installed or cannot run here.
    """
    model = _entry(options.model)
    if model is None:
        return _open_file(Path(options.model), options, size_px)
    if model.input_channels != 3 and not pairs:
        raise ModelError(
            f"model {model.name!r} looks at both views of a stereo pair, not at one picture; "
            "`streamdefocus models list` shows the others"
        )
    engine: str = options.engine
    if engine == "auto":
        prefers_keras = model.keras and (not model.openvino or gpu_is_usable())
        engine = "keras" if prefers_keras else "openvino"
    verified = model.verified(engine)
    if engine == "openvino":
        return OpenVINOEngine(verified, size_px, options.threads)
    return KerasEngine(partial(load_network, verified, **model.arguments()), size_px)


def _open_file(path: Path, options: DepthOptions, size_px: tuple[int, int]) -> DepthEngine:
    if not path.is_file():
        raise ModelError(f"model file {path} does not exist")
    engine = "keras" if path.suffix.lower() == ".keras" else "openvino"
    if options.engine not in ("auto", engine):
        raise ModelError(
            f"the engine {options.engine!r} cannot read {path.name}; try --engine auto"
        )
    if engine == "openvino":
        return OpenVINOEngine(path, size_px, options.threads)
    return KerasEngine(partial(load_saved_network, path), size_px)


def _entry(name: str) -> ModelEntry | None:
    """What ``--model`` names: a model by its name, a training run; None for a bare file."""
    return None if Path(name).suffix.lower() in _FILES else find_entry(name)


class DisparityEstimator:
    """Raw disparity of one picture after another, of any size and orientation.

    An engine is loaded when the first picture of an orientation arrives.

    Args:
        options: Model, engine, threads, and whether mirror images are looked at too.
        pairs: Whether a model that looks at both views of a stereo pair is welcome.

    Attributes:
        input_px: (width, height) of the network's input for landscape pictures.
        sees_pairs: The model looks at both views: pictures are H x W x 6, left view first.
        is_metric: Whether disparity is a fraction of the image width, from which metres can be
            computed; None if nobody knows, as of a bare file.

    Raises:
        ModelError: The model is unknown; what else can fail, fails at the first picture.
        ConfigError: Mirror images were asked for of a model that looks at both views.
    """

    def __init__(self, options: DepthOptions, *, pairs: bool = False) -> None:
        self._options = options
        self._pairs = pairs
        self._engines: dict[tuple[int, int], DepthEngine] = {}
        model = _entry(options.model)
        self.input_px = model.input_px if model else _DEFAULT_INPUT_PX
        self.is_metric = model.metric if model else None
        self.sees_pairs = model is not None and model.input_channels == 6
        if self.sees_pairs and options.postprocess:
            raise ConfigError(
                f"--postprocess is for models that look at one picture. Received: {options.model}, "
                "which looks at both views and does not have to guess what one camera hides"
            )

    def prepare(self, frame_px: tuple[int, int]) -> DepthEngine:
        """Load the engine for frames of one size, so that the first of them need not wait.

        Args:
            frame_px: (width, height) of the frames.
        """
        size_px = network_size(frame_px, self.input_px)
        if size_px not in self._engines:
            self._engines[size_px] = open_engine(self._options, size_px, pairs=self._pairs)
        return self._engines[size_px]

    def estimate(self, bgr: BgrImage) -> tuple[BgrImage, FloatMap]:
        """Disparity of one picture.

        Args:
            bgr: H x W x 3 uint8 of any size; H x W x 6 for a model that looks at both views.

        Returns:
            The picture as the network saw it, h x w x 3 (or 6) uint8, and its disparity, h x w
            float32, larger is nearer, in the network's own unit.
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
        engine = self.prepare((bgr.shape[1], bgr.shape[0]))
        return engine, to_network_input(bgr, engine.size_px)

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
