"""Trains a depth network from a configuration; the same command again resumes it exactly.

Everything of a run lies in ``runs/NAME``, NAME being the configuration's file name:

- ``NAME.weights.h5``: the result, the averaged weights of the last checkpoint;
- ``network.toml``: what network they are of;
- ``options.json``: all options of the run, with their defaults;
- ``state.npz``: the last checkpoint; ``previous.npz``: the one before;
- ``log.csv``: a line every ``log_every`` steps; ``tensorboard``: the same as curves, and pictures.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from streamdefocus.errors import ConfigError, ModelError
from streamdefocus.training.batches import Batch, BatchMaker, batch_sizes
from streamdefocus.training.config import OptimiserOptions, TrainOptions, load_train_options
from streamdefocus.training.devices import open_devices
from streamdefocus.training.folder import locked
from streamdefocus.training.interruption import Interruption
from streamdefocus.training.journal import Journal
from streamdefocus.training.streams import by_processes, by_threads

if TYPE_CHECKING:
    from streamdefocus.training.run import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        step, steps: Batches done, and in all.
        loss: Of the last batch.
        samples_per_s: Speed of the last steps.
        skipped: Damaged files met so far.
    """

    step: int
    steps: int
    loss: float
    samples_per_s: float
    skipped: int


NO_EPOCHS = "there are no epochs of what is made anew; give optimiser.steps"

Watch = Callable[[Progress], None]
Batches = Generator[Batch, None, None]  # whose threads or processes end when it is closed
Stream = Callable[[BatchMaker, int, int], Batches]  # from, and up to, which number


def train(
    config: Path,
    *,
    runs: Path = Path("runs"),
    threads: int = 2,
    processes: int = 0,
    devices: int | None = None,
    watch: Watch | None = None,
) -> Path:
    """Train until the configured number of steps; resume if the run was interrupted.

    Args:
        config: TOML file; see config.TrainOptions.
        runs: Folder of the runs.
        threads: Threads that make batches; or
        processes: Processes that do, each with what it learns from in its own memory: for scenes
            that are rendered as they are needed.
        devices: How many share each batch; None for every GPU, or one CPU.
        watch: Told of every step.

    Returns:
        The file with the trained weights.

    Raises:
        ConfigError: The configuration is wrong, or training diverged.
        InputError: There is nothing to learn from.
        ModelError: The weights to start from do not exist, the teacher cannot be run, or a
            checkpoint is of another network.
        OutputError: The results cannot be written.
        KeyboardInterrupt: The run was interrupted; a checkpoint was written.
    """
    options = load_train_options(config)
    folder = runs / config.stem
    cv2.setNumThreads(1)  # the threads that make batches are the parallelism
    with locked(folder):
        begins = not any(folder.glob("*.npz"))  # a checkpoint holds the weights itself
        if begins and options.initial is not None and not options.initial.is_file():
            raise ModelError(  # now, not when all that is learnt from has been labelled
                f"the weights to start from, {options.initial}, do not exist; train them first, or "
                f"take `initial` out of {config}"
            )
        _check_network(options)
        if options.labels is not None and options.optimiser.steps is None:
            raise ConfigError(NO_EPOCHS)
        for batch_size in batch_sizes(options.batches):
            open_devices(devices).check(batch_size)
        make = open_batches(options)
        stream = partial(_from_processes, options, processes) if processes else None
        return fit(
            options, make, folder, threads=threads, stream=stream, devices=devices, watch=watch
        )


def _check_network(options: TrainOptions) -> None:
    """Whether batches and objective go with the network, before anything is labelled for it.

    Raises:
        ConfigError: They do not.
    """
    from streamdefocus.depth.network import NETWORKS

    network, batches = options.network, options.batches
    config = NETWORKS.get(network.encoder)
    if config is None:
        return  # whoever builds it says which there are
    if network.sizes:
        config = config.changed(network.sizes.model_dump(exclude_none=True))
    sizes = {"size_px": batches.size_px} | ({"large_px": batches.large_px} if batches.large else {})
    for name, size in sizes.items():
        if any(side % config.multiple for side in size):
            raise ConfigError(
                f"batches.{name} must be multiples of {config.multiple} for the encoder "
                f"{network.encoder!r}. Received: {list(size)}"
            )
    channels = network.disparities or config.disparities
    objective = options.objective
    if objective.kind == "stereo" and objective.consistency > 0 and channels < 2:
        raise ConfigError(
            "the objective 'stereo' with consistency needs disparities of both views: give "
            f"network.disparities = 2. Received: {channels}"
        )


def open_batches(options: TrainOptions) -> BatchMaker:
    """The maker of the batches that the options describe.

    Raises:
        ConfigError, InputError, ModelError: There is nothing to learn from, or no teacher.
    """
    if options.labels is not None:
        from streamdefocus.training.labels.batches import open_label_batches

        return open_label_batches(options.labels, options.batches, options.seed)
    from streamdefocus.training.stereo.batches import open_stereo_batches

    return open_stereo_batches(options.stereo, options.batches, options.seed)


def _from_threads(threads: int, make: BatchMaker, start: int, stop: int) -> Batches:
    return by_threads(make, start, stop, threads)


def _from_processes(
    options: TrainOptions, processes: int, make: BatchMaker, start: int, stop: int
) -> Batches:
    """What others skipped is counted here."""
    with closing(by_processes(partial(_batch, options), start, processes, stop)) as batches:
        for batch, skipped in batches:
            make.skipped += skipped
            yield batch


def _batch(options: TrainOptions, k: int) -> tuple[Batch, int]:
    """In a process that makes batches: batch number k, and how many files it skipped."""
    make = _opened(options)
    before = make.skipped
    batch = make(k)
    return batch, make.skipped - before


@lru_cache(maxsize=1)
def _opened(options: TrainOptions) -> BatchMaker:
    return open_batches(options)


def fit(
    options: TrainOptions,
    make: BatchMaker,
    folder: Path,
    *,
    threads: int = 2,
    stream: Stream | None = None,
    devices: int | None = None,
    watch: Watch | None = None,
) -> Path:
    """Train on batches from any maker, in a folder that exists; see train."""
    from streamdefocus.training.run import Run

    steps = count_steps(options.optimiser, make)
    sharing = open_devices(devices)
    for batch_size in batch_sizes(options.batches):
        sharing.check(batch_size)
    with _precision(options.precision), sharing.scope():
        run = Run(options, steps, folder, sharing)
        with Journal(folder, run.step, run.learner.objective.parts, run.unlogged) as journal:
            batches = (stream or partial(_from_threads, threads))(make, run.step, steps)
            # An error holds on to it, and with it to the threads, until somebody has dealt with it.
            with closing(batches):
                _loop(run, steps, options, batches, make, journal, watch or (lambda _: None))
    return run.weights


def count_steps(options: OptimiserOptions, make: BatchMaker) -> int:
    """Steps of the whole run.

    Raises:
        ConfigError: Epochs are asked for of what has no end.
    """
    if options.steps is not None:
        return options.steps
    assert options.epochs is not None  # the options were checked
    if make.batches_per_epoch is None:
        raise ConfigError(NO_EPOCHS)
    return options.epochs * make.batches_per_epoch


def _loop(
    run: Run,
    steps: int,
    options: TrainOptions,
    batches: Iterator[Batch],
    make: BatchMaker,
    journal: Journal,
    watch: Watch,
) -> None:
    def due(every: int) -> bool:
        return run.step % every == 0 or run.step == steps

    with Interruption() as interruption:
        for batch in batches:
            values = run.learn(batch)
            if not math.isfinite(values["loss"]):
                raise run.diverged(f"the loss is {values['loss']}")
            journal.add(values, len(next(iter(batch.values()))))
            watch(Progress(run.step, steps, values["loss"], journal.samples_per_s, make.skipped))
            if due(options.log_every):
                journal.write(run.step, run.learning_rate, make.skipped)
            if due(options.picture_every):
                journal.show(run.step, run.learner.look(batch))
            if due(options.save_every) or interruption.came:
                run.save(journal.pending)
            if interruption.came:
                raise KeyboardInterrupt


@contextmanager
def _precision(policy: str) -> Iterator[None]:
    import keras

    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
