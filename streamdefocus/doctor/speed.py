"""What computes disparity and blur here, and how long that takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import psutil

from streamdefocus.config import DefocusOptions, DepthOptions
from streamdefocus.defocus import create_renderer
from streamdefocus.depth.engines.keras import gpu_is_usable
from streamdefocus.depth.estimator import open_engine
from streamdefocus.depth.preprocessing import network_size
from streamdefocus.depth.weights import find_model
from streamdefocus.doctor.finding import Finding
from streamdefocus.errors import StreamDefocusError
from streamdefocus.frames import DisparityMap, FocusPlane

_CAMERA_MS = 1000 / 30
_FRAME_PX = (1280, 720)
_BUSY_SHARE = 0.6
"""Load of the cores above which a measured time says more about others than about us."""

_WARM_UP, _MOST_RUNS, _LONGEST_S = 2, 15, 1.5


def check_openvino() -> Finding:
    """The engine for processors, with the default model."""
    return _check_engine("openvino", "openvino")


def check_keras(thorough: bool) -> Finding:
    """The engine for graphics cards; loaded only where there is one, or on request.

    Args:
        thorough: Load it in any case, which takes seconds and 400 MB.
    """
    if thorough or gpu_is_usable():
        return _check_engine("keras", "tensorflow")
    try:
        detail = f"TensorFlow {version('tensorflow')} is installed; not measured (--all does)"
    except PackageNotFoundError:
        return Finding("engine keras", "missing", "not installed", "pip install tensorflow keras")
    return Finding("engine keras", "ok", detail)


def check_renderer() -> Finding:
    """How long the blur of one frame takes."""
    width, height = _FRAME_PX
    bgr = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    disparity = DisparityMap(np.repeat(ramp, 512, axis=1), 0.0, 1.0)
    renderer = create_renderer(DefocusOptions())
    took_ms = _median_ms(lambda: renderer.render(bgr, disparity, FocusPlane(0.5, 0.03)))
    detail = f"{took_ms:.1f} ms a frame of {width}x{height}"
    slow = f"live video comes at {1000 / took_ms:.0f} frames a second at most"
    return _judged("blur", took_ms, _FRAME_PX, detail, slow, "use --size 640x360")


def _check_engine(name: str, package: str) -> Finding:
    title = f"engine {name}"
    options = DepthOptions.model_validate({"engine": name})
    try:
        size_px = network_size(_FRAME_PX, find_model(options.model).input_px)
        with open_engine(options, size_px) as engine:
            picture = np.zeros((size_px[1], size_px[0], 3), np.uint8)
            took_ms = _median_ms(lambda: engine.infer(picture))
            device = engine.device
    except StreamDefocusError as error:
        problem, _, fix = str(error).partition("; ")
        fix = fix.removeprefix("try: ") or "install streamdefocus again"
        return Finding(title, "missing", problem, fix)
    detail = (
        f"{version(package)} on {device}: {took_ms:.1f} ms a frame "
        f"(model {options.model}, {size_px[0]}x{size_px[1]})"
    )
    slow = f"depth follows live video at {1000 / took_ms:.0f} frames a second, the picture faster"
    return _judged(title, took_ms, size_px, detail, slow, "use --depth decoupled, the default")


def _judged(
    title: str, took_ms: float, size_px: tuple[int, int], detail: str, slow: str, fix: str
) -> Finding:
    """Fast enough for a camera, or not; a machine that was busy is told so first."""
    facts = {"ms": round(took_ms, 1), "size": list(size_px)}
    if took_ms <= _CAMERA_MS:
        return Finding(title, "ok", detail, facts=facts)
    if psutil.getloadavg()[0] > _BUSY_SHARE * (psutil.cpu_count() or 1):
        fix = f"close other programs, which were busy during this test; or {fix}"
    return Finding(title, "warn", f"{detail}; {slow}", fix, facts=facts)


def _median_ms(work: Callable[[], object]) -> float:
    """Milliseconds that a piece of work takes; measured for a second or so."""
    for _ in range(_WARM_UP):
        work()
    took_s: list[float] = []
    while len(took_s) < _MOST_RUNS and sum(took_s) < _LONGEST_S:
        begin_s = time.perf_counter()
        work()
        took_s.append(time.perf_counter() - begin_s)
    return 1000 * statistics.median(took_s)
