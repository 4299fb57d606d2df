"""How many pictures a second the networks learn from.

    python benchmarks/training.py [--networks compact vgg] [--size 256 128] [--steps 5]

Whole steps of training with the paper's objective: forward, losses at four scales, backward, Adam.
The pairs are noise that is there already; what making real ones costs comes on top (``log.csv`` of
a run has both). "pairs a second" is by the clock; "of one core" by the processor time of all
threads, which other programs hardly change. The largest of several steps' speeds counts, after some
to warm up.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from streamdefocus.training.config import TrainOptions


def options(encoder: str, size_px: tuple[int, int], batch: int, precision: str) -> TrainOptions:
    """A run of the paper's method with one of the networks."""
    return TrainOptions.model_validate(
        {
            "precision": precision,
            "network": {"encoder": encoder, "disparities": 2},
            "stereo": [{"kind": "rooms"}],
            "objective": {"kind": "stereo"},
            "batches": {"size_px": size_px, "batch_size": batch},
            "optimiser": {"steps": 1},
        }
    )


def measure(of: TrainOptions, warm_up: int, steps: int) -> tuple[int, float, float]:
    """Parameters, pairs a second, and pairs a second of one core."""
    import keras

    from streamdefocus.training.devices import open_devices
    from streamdefocus.training.run import Run

    (width, height), count = of.batches.size_px, of.batches.batch_size
    views = np.random.default_rng(0).integers(0, 256, (2, count, height, width, 3), dtype=np.uint8)
    batch = {"left": views[0], "right": views[1]}
    keras.config.set_dtype_policy(of.precision)
    devices = open_devices()
    with tempfile.TemporaryDirectory() as folder, devices.scope():
        run = Run(of, warm_up + steps, Path(folder), devices)
        for _ in range(warm_up):
            run.learn(batch)
        seconds = []
        for _ in range(steps):
            clock, core = time.perf_counter(), time.process_time()
            run.learn(batch)
            seconds.append((time.perf_counter() - clock, time.process_time() - core))
    by_clock, of_one_core = (count / min(column) for column in zip(*seconds, strict=True))
    return run.learner.network.count_params(), by_clock, of_one_core


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["compact", "vgg", "resnet50"])
    parser.add_argument("--precision", nargs="+", default=["float32", "mixed_bfloat16"])
    parser.add_argument("--size", type=int, nargs=2, default=[256, 128], help="width and height")
    parser.add_argument("--batch", type=int, default=8, help="pairs in a batch")
    parser.add_argument("--warm-up", type=int, default=2, help="steps before measuring")
    parser.add_argument("--steps", type=int, default=5, help="steps that are measured")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    size_px = (arguments.size[0], arguments.size[1])
    print("| network | parameters | precision | pairs a second | of one core |")
    print("|---|---|---|---|---|")
    for encoder in arguments.networks:
        for precision in arguments.precision:
            of = options(encoder, size_px, arguments.batch, precision)
            parameters, by_clock, of_one_core = measure(of, arguments.warm_up, arguments.steps)
            print(
                f"| {encoder} | {parameters:,} | {precision} | {by_clock:.2f} | "
                f"{of_one_core:.2f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
