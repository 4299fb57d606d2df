"""Where the milliseconds of one live frame go, and how far each stage is from memory bandwidth.

    python benchmarks/frame.py [--size 1280x720] [--frames 60] [--renderer fast] > frame.md

The stages run one after the other, each alone on the machine, on frames of the synthetic room.
Bytes are those of the arrays that the stage's calls of OpenCV and NumPy read and write, once each
call. Operators (``a * b``) are not seen, nor what a call reads more than once, nor the network;
and what stays in the cache never reaches memory. "At bandwidth" is the time to copy so many bytes;
a stage that is much slower computes, or waits for calls to begin.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from streamdefocus.config import load_config
from streamdefocus.depth.preprocessing import to_network_input
from streamdefocus.frames import Frame
from streamdefocus.pipeline import Defocuser, Shot
from streamdefocus.smoothing import TemporalSmoother
from streamdefocus.sources.synthetic import SyntheticSource

_COPY_BYTES = 256_000_000
_COPIES = 7
_WARM_UP = 5


class Stages:
    """The stages of a frame by name, to be run one at a time."""

    def __init__(self, defocuser: Defocuser, smoother: TemporalSmoother) -> None:
        self._defocuser = defocuser
        self._smoother = smoother

    def run(self, frame: Frame, around: Callable[[str], Any]) -> None:
        """Run all stages; ``around(name)`` is entered around each."""
        estimator = self._defocuser.estimator
        with around("shrink"):
            picture = to_network_input(frame.bgr, estimator.input_px)
        with around("network"):
            raw = estimator.estimate(picture)[1]
        with around("smoothing"):
            disparity = self._smoother.update(raw, picture, frame.time_s)
        with around("focus"):
            plane = self._defocuser.focus.update(frame, disparity)
        with around("defocus"):
            self._defocuser.render(Shot(frame, disparity, plane))


def copy_rate(threads: int) -> float:
    """Bytes a second that a copy reads and writes, the best of a few."""
    part = _COPY_BYTES // threads
    source, target = np.ones((threads, part), np.uint8), np.empty((threads, part), np.uint8)
    best_s = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_COPIES):
            begin_s = time.perf_counter()
            list(pool.map(np.copyto, target, source))
            best_s = min(best_s, time.perf_counter() - begin_s)
    return 2 * threads * part / best_s


@contextmanager
def counted_bytes(total: list[int]) -> Iterator[None]:
    """Add the bytes of the arrays that calls of OpenCV and NumPy read and write."""

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            # An array that is both argument and result (dst, out) is written once.
            arrays = {id(a): a.nbytes for a in (*args, *kwargs.values()) if _is_array(a)}
            results = result if isinstance(result, tuple | list) else (result,)
            arrays |= {id(a): a.nbytes for a in results if _is_array(a)}
            total[0] += sum(arrays.values())
            return result

        return call

    with ExitStack() as stack:
        for name in dir(cv2):
            if name[0].islower() and type(getattr(cv2, name)).__name__.startswith("builtin"):
                stack.enter_context(mock.patch.object(cv2, name, counting(getattr(cv2, name))))
        proxy = _Counting(counting)
        for name, module in list(sys.modules.items()):
            if name.startswith("streamdefocus") and hasattr(module, "np"):
                stack.enter_context(mock.patch.object(module, "np", proxy))
        yield


class _Counting:
    """NumPy, whose functions are counted."""

    def __init__(self, counting: Callable[..., Any]) -> None:
        self._counting = counting

    def __getattr__(self, name: str) -> Any:
        value = getattr(np, name)
        if name.startswith("empty"):  # gives memory, and touches none of it
            return value
        is_function = isinstance(value, np.ufunc) or type(value).__name__ in (
            "builtin_function_or_method",
            "_ArrayFunctionDispatcher",
            "function",
        )
        return self._counting(value) if is_function else value


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray)


def times_of(stages: Stages, frames: list[Frame]) -> dict[str, float]:
    """Median milliseconds of each stage."""
    taken: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def clock(name: str) -> Iterator[None]:
        begin_s = time.perf_counter()
        yield
        taken[name].append(1000 * (time.perf_counter() - begin_s))

    for frame in frames:
        stages.run(frame, clock)
    return {name: statistics.median(values[_WARM_UP:]) for name, values in taken.items()}


def bytes_of(stages: Stages, frame: Frame) -> dict[str, int]:
    """Bytes that each stage's calls read and write."""
    found: dict[str, int] = {}

    @contextmanager
    def count(name: str) -> Iterator[None]:
        total = [0]
        with counted_bytes(total):
            yield
        found[name] = total[0]

    stages.run(frame, count)
    return found


def inside_render(defocuser: Defocuser, shot: Shot, frames: int) -> list[tuple[str, float]]:
    """Milliseconds a frame of the renderer's own functions, what they call included."""
    profile = cProfile.Profile()
    for _ in range(frames):
        profile.runcall(defocuser.render, shot)
    found = []
    for (path, _, name), (_, _, _, seconds, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "streamdefocus/defocus" in Path(path).as_posix():
            found.append((f"{Path(path).stem}.{name}", 1000 * seconds / frames))
    return sorted(found, key=lambda row: -row[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--renderer", default="fast")
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    config = load_config(overrides={"renderer": arguments.renderer})
    with (
        SyntheticSource(width, height, frames=arguments.frames) as source,
        Defocuser(config) as defocuser,
    ):
        frames = list(source)
        stages = Stages(defocuser, TemporalSmoother(config.smoothing))
        taken = times_of(stages, frames)
        touched = bytes_of(stages, frames[-1])
        camera_ms = _camera_ms(source)
        shot = defocuser.look(frames[-1])
        functions = inside_render(defocuser, shot, arguments.frames)
    one, two = copy_rate(1), copy_rate(2)
    print(f"copy: {one / 1e9:.1f} GB/s read and written by one thread, {two / 1e9:.1f} by two\n")
    print("| stage | ms | MB touched | ms at bandwidth |\n|---|---|---|---|")
    print(f"| camera (painting the synthetic room) | {camera_ms:.2f} | | |")
    for name, ms in taken.items():
        print(
            f"| {name} | {ms:.2f} | {touched[name] / 1e6:.1f} | {1000 * touched[name] / one:.2f} |"
        )
    print(f"| all but the camera | {sum(taken.values()):.2f} | | |")
    print("\n| function of the renderer, with what it calls | ms |\n|---|---|")
    for name, ms in functions:
        if ms >= 0.1:
            print(f"| {name} | {ms:.2f} |")


def _camera_ms(source: SyntheticSource) -> float:
    taken = []
    for index in range(30):
        begin_s = time.perf_counter()
        source.picture(index / 30)
        taken.append(1000 * (time.perf_counter() - begin_s))
    return statistics.median(taken)


if __name__ == "__main__":
    main()
