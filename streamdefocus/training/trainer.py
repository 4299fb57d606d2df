"""Trains a depth network from a configuration; the same command again resumes it exactly.

Everything of a run lies in ``runs/NAME``, NAME being the configuration's file name:

- ``state.npz``: weights, optimiser and step of the last checkpoint;
- ``NAME.weights.h5``: the averaged weights of that step, the result;
- ``log.csv``: a line every ``log_every`` steps.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2

from streamdefocus.errors import ConfigError
from streamdefocus.training.batches import BatchMaker, open_pool, stream
from streamdefocus.training.config import TrainOptions, load_train_options
from streamdefocus.training.progress import Log
from streamdefocus.training.run import Run


def train(config: Path, *, runs: Path = Path("runs"), threads: int = 2) -> Path:
    """Train until the configured number of steps; resume if the run was interrupted.

    Args:
        config: TOML file; see config.TrainOptions.
        runs: Folder of the runs.
        threads: Threads that make batches.

    Returns:
        The file with the averaged weights.

    Raises:
        ConfigError: The configuration is wrong, or training diverged.
        InputError: There is nothing to learn from.
        ModelError: The teacher cannot be run, or the checkpoint is of another network.
    """
    options = load_train_options(config)
    cv2.setNumThreads(1)  # the threads that make batches are the parallelism
    data = options.data
    make = BatchMaker(open_pool(data), data, options.batches, options.seed)
    return fit(options, make, runs / config.stem, threads=threads)


def fit(options: TrainOptions, make: BatchMaker, folder: Path, *, threads: int = 2) -> Path:
    """Train on batches from any maker; see train."""
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{folder.name}.weights.h5"
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(options.precision)
    try:
        run = Run(options, folder / "state.npz")
        run.resume()
        _loop(run, options, make, folder, weights, threads)
    finally:
        keras.config.set_dtype_policy(previous)
    return weights


def _loop(
    run: Run,
    options: TrainOptions,
    make: BatchMaker,
    folder: Path,
    weights: Path,
    threads: int,
) -> None:
    steps = options.optimiser.steps
    with Log(folder / "log.csv", run.step) as lines:
        for batch in stream(make, run.step, steps, threads):
            loss = run.train_on(batch)
            if not math.isfinite(loss):
                raise ConfigError(
                    f"training diverged at step {run.step} (loss {loss}); lower "
                    "optimiser.learning_rate and start again from the last checkpoint"
                )
            lines.add(loss, len(batch.images))
            if run.step % options.log_every == 0 or run.step == steps:
                lines.write(run.step, run.learning_rate, make.skipped)
            if run.step % options.save_every == 0 or run.step == steps:
                run.save(weights)
