"""The CPU engine: OpenVINO. Measured the fastest on x86 CPUs, and free of TensorFlow."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from streamdefocus.depth.base import DepthEngine
from streamdefocus.errors import EngineError, ModelError
from streamdefocus.frames import BgrImage, FloatMap


class OpenVINOEngine(DepthEngine):
    """Runs an OpenVINO IR, ONNX or LiteRT file whose input is 1 x H x W x 3 RGB in 0..1.

    Args:
        path: Model file; its input's height and width may be dynamic.
        size_px: (width, height) of the input; fixed, because static shapes run faster. A file
            that cannot be reshaped keeps its own.
        threads: CPU threads; 0 lets OpenVINO choose.

    Raises:
        EngineError: OpenVINO is not installed or cannot compile for this machine.
        ModelError: The file is not a model that OpenVINO can read, or has another input.
    """

    name = "openvino"

    def __init__(self, path: Path, size_px: tuple[int, int], threads: int = 0) -> None:
        openvino = import_openvino()
        core = openvino_core()
        model = _read(core, path, size_px)
        _, height, width, _ = model.input().shape
        self.size_px = (width, height)
        options: dict[str, Any] = {**latency_options(), "NUM_STREAMS": 1}
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            compiled = core.compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise EngineError(f"OpenVINO cannot compile {path.name}: {_line(error)}") from error
        self.device = "CPU"
        self._request: Any = compiled.create_infer_request()
        self._tensor_type = openvino.Tensor

    def infer(self, bgr: BgrImage) -> FloatMap:
        """See DepthEngine; the input is read where it lies, without a copy."""
        result = self._request.infer({0: bgr[None]}, share_inputs=True)
        disparity: FloatMap = result[0][0, :, :, 0].copy()  # the request's own memory is reused
        return disparity

    def close(self) -> None:
        """See DepthEngine."""
        self._request = None


def import_openvino() -> Any:
    """The package openvino, kept from telling its makers that it was imported.

    On import it starts a process that posts to an analytics service; a program that sees a camera
    must not phone anywhere. Without the package that does it, OpenVINO takes a stub of its own.

    Raises:
        EngineError: It is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise EngineError(
            f"the engine 'openvino' is not installed ({error}); try: pip install openvino"
        ) from error
    return openvino


@cache
def openvino_core() -> Any:
    """The one ``openvino.Core`` of this program, which is never closed.

    Its CPU plugin gives the thread that loads it a stack for signals (processors with AMX need a
    larger one) and takes it away when it is unloaded, on whichever thread that is. From another
    one, the first thread is left with a stack that is gone: the next Ctrl-C ends the program with
    a segmentation fault.

    Raises:
        EngineError: OpenVINO is not installed.
    """
    return import_openvino().Core()


def latency_options(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """With what a model is compiled to answer soonest: float32 where bfloat16 is slower.

    OpenVINO prefers bfloat16 wherever there are instructions for it. With AMX that takes half the
    time. On an Intel Xeon whose AMX the virtual machine does not pass on, AVX-512's takes 1.3
    times as long (512x256, medians in turn: compact 28.0 and 21.6 ms, tiny 10.2 and 8.2), and is
    less exact.

    Args:
        cpuinfo: What Linux tells of the processors; elsewhere the choice is OpenVINO's.
    """
    try:
        told = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = ""
    options = {"PERFORMANCE_HINT": "LATENCY"}
    if "GenuineIntel" in told and "avx512_bf16" in told and "amx_bf16" not in told:
        options["INFERENCE_PRECISION_HINT"] = "f32"
    return options


def _read(core: Any, path: Path, size_px: tuple[int, int]) -> Any:
    """The model with the conversion from BGR bytes as its first step."""
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    try:
        model = _sized(core, path, size_px)
        steps = PrePostProcessor(model)
        tensor = steps.input().tensor()
        tensor.set_element_type(Type.u8).set_layout(Layout("NHWC"))
        tensor.set_color_format(ColorFormat.BGR)
        to_network = steps.input().preprocess().convert_element_type(Type.f32)
        to_network.convert_color(ColorFormat.RGB).scale(255.0)
        return steps.build()
    except RuntimeError as error:
        raise ModelError(
            f"{path} is not a depth network with a 1 x H x W x 3 input: {_line(error)}"
        ) from error


def _sized(core: Any, path: Path, size_px: tuple[int, int]) -> Any:
    """The model for one size; for its own if it knows no other, as LiteRT files do."""
    width, height = size_px
    model = core.read_model(path)
    own = list(model.input().partial_shape)
    try:
        model.reshape([1, height, width, 3])
    except RuntimeError:
        if len(own) != 4 or own[1].is_dynamic or own[2].is_dynamic:
            raise
        model = core.read_model(path)  # the failed attempt left it between two sizes
        model.reshape([1, *own[1:3], 3])
    return model


def _line(error: Exception) -> str:
    """The telling line of OpenVINO's errors, which begin with source positions."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
