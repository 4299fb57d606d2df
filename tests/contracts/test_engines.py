"""What every engine guarantees (depth/base.py), and that they agree with each other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from streamdefocus.config import DepthOptions
from streamdefocus.depth import DepthEngine, DisparityEstimator, open_engine
from streamdefocus.depth.engines.openvino import latency_options
from streamdefocus.errors import ModelError
from streamdefocus.frames import BgrImage
from streamdefocus.sources.synthetic import SyntheticSource

SIZE_PX = (512, 256)

Name = Literal["openvino", "keras"]
NAMES: list[Name] = ["openvino", "keras"]


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest) -> Iterator[DepthEngine]:
    with open_engine(DepthOptions(engine=request.param), SIZE_PX) as opened:
        yield opened


@pytest.fixture(scope="module")
def pictures() -> list[BgrImage]:
    """A scene, noise, and the two extremes."""
    with SyntheticSource(640, 360, frames=1) as source:
        scene = cv2.resize(next(iter(source)).bgr, SIZE_PX, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(0).integers(0, 256, (256, 512, 3), np.uint8)
    return [scene, noise, np.zeros_like(noise), np.full_like(noise, 255)]


def test_disparity_has_the_shape_dtype_and_range_of_the_contract(
    engine: DepthEngine, pictures: list[BgrImage]
) -> None:
    for picture in pictures:
        disparity = engine.infer(picture)
        assert disparity.shape == (256, 512)
        assert disparity.dtype == np.float32
        assert disparity.min() >= 0
        assert disparity.max() <= 0.3


def test_the_result_is_the_callers(engine: DepthEngine, pictures: list[BgrImage]) -> None:
    first = engine.infer(pictures[0])
    kept = first.copy()
    engine.infer(pictures[1])
    np.testing.assert_array_equal(first, kept)
    first += 1  # writable, and without effect on the next result
    np.testing.assert_array_equal(engine.infer(pictures[0]), kept)


def test_it_may_be_called_from_any_thread(engine: DepthEngine, pictures: list[BgrImage]) -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(engine.infer(pictures[0])))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(results[0], engine.infer(pictures[0]))


def test_colours_are_not_exchanged(engine: DepthEngine, pictures: list[BgrImage]) -> None:
    """A network that gets RGB for BGR still answers, only worse; so compare with itself."""
    swapped = np.ascontiguousarray(pictures[0][..., ::-1])
    assert np.abs(engine.infer(swapped) - engine.infer(pictures[0])).max() > 1e-3


def test_engines_agree(pictures: list[BgrImage]) -> None:
    results = {}
    for name in NAMES:
        with open_engine(DepthOptions(engine=name), SIZE_PX) as engine:
            results[name] = [engine.infer(picture) for picture in pictures]
    for ours, reference in zip(results["openvino"], results["keras"], strict=True):
        span = max(float(np.ptp(reference)), 0.01)
        assert np.abs(ours - reference).max() < 0.02 * span
        assert np.abs(ours - reference).mean() < 0.002 * span


@pytest.mark.parametrize("name", NAMES)
def test_close_is_idempotent(name: Name) -> None:
    engine = open_engine(DepthOptions(engine=name), SIZE_PX)
    engine.close()
    engine.close()


@pytest.mark.parametrize("suffix", [".xml", ".onnx", ".tflite", ".keras"])
def test_a_file_that_is_no_network_is_refused_in_one_line(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"net{suffix}"
    file.write_text("This is no network.")
    with pytest.raises(ModelError) as caught:
        open_engine(DepthOptions(model=str(file)), SIZE_PX)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_engine_that_cannot_read_the_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "net.keras"
    file.write_bytes(b"")
    with pytest.raises(ModelError, match=r"the engine 'openvino' cannot read net\.keras"):
        open_engine(DepthOptions(model=str(file), engine="openvino"), SIZE_PX)


def test_the_estimator_takes_pictures_of_any_size_and_orientation() -> None:
    with DisparityEstimator(DepthOptions(engine="openvino")) as estimator:
        for height, width, expected in ((90, 160, (256, 512)), (400, 300, (512, 256))):
            picture, disparity = estimator.estimate(np.zeros((height, width, 3), np.uint8))
            assert disparity.shape == expected
            assert picture.shape == (*expected, 3)
        assert estimator.engine_name == "openvino on CPU"


CLOSED_ELSEWHERE = """
import gc, os, signal, threading
from streamdefocus.config import DepthOptions
from streamdefocus.depth import open_engine
came = []
signal.signal(signal.SIGINT, lambda *_: came.append(1))
engines = [open_engine(DepthOptions(engine="openvino"), (128, 64))]
def close():
    engines.pop().close()
    gc.collect()
thread = threading.Thread(target=close)
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGINT)
assert came
"""


XEON = "vendor_id : GenuineIntel\nflags : fma avx512f"


@pytest.mark.parametrize(
    ("told", "slower"),
    [
        (XEON, False),
        (f"{XEON} avx512_bf16", True),
        (f"{XEON} avx512_bf16 amx_bf16 amx_tile", False),
        ("vendor_id : AuthenticAMD\nflags : avx512_bf16", False),
        (None, False),
    ],
)
def test_bfloat16_is_left_where_slower(tmp_path: Path, told: str | None, slower: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if told is not None:
        cpuinfo.write_text(told)
    assert (latency_options(cpuinfo).get("INFERENCE_PRECISION_HINT") == "f32") == slower


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_a_signal_is_survived_after_another_thread_closed_the_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSED_ELSEWHERE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
