"""One run: a learner, the average of its weights, where it is, and its checkpoints."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from streamdefocus.depth.network import build_network
from streamdefocus.errors import ConfigError, ModelError
from streamdefocus.training.batches import Batch
from streamdefocus.training.checkpoint import load_checkpoint, save_checkpoint, write_whole
from streamdefocus.training.config import TrainOptions
from streamdefocus.training.devices import Devices
from streamdefocus.training.folder import NETWORK, OPTIONS, changed_options, describe
from streamdefocus.training.learner import Average, Learner
from streamdefocus.training.objectives import open_objective
from streamdefocus.training.optimisers import open_optimiser
from streamdefocus.training.schedule import learning_rate

STATE = "state.npz"
LOGGED = "log_"

log = logging.getLogger(__name__)


class Run:
    """A network being trained.

    Args:
        options: The run's configuration.
        steps: Steps of the whole run.
        folder: Where everything is written; see trainer.
        devices: Those that share each batch; their scope is entered.

    Attributes:
        learner: The network with its objective.
        step: Steps done.
        learning_rate: That of the last step.
        unlogged: What was saved with the checkpoint for the log; empty for a new run.
        weights: The file of the result.

    Raises:
        ConfigError: The network cannot be built.
        ModelError: The initial weights, or the checkpoint, are damaged or of another network.
    """

    def __init__(self, options: TrainOptions, steps: int, folder: Path, devices: Devices) -> None:
        keras.utils.set_random_seed(options.seed)
        self._options = options
        self._steps = steps
        self._folder = folder
        self.step = 0
        self.learning_rate = 0.0
        self.unlogged: dict[str, NDArray[Any]] = {}
        self.weights = folder / f"{folder.name}.weights.h5"
        network = build_network(**options.network.arguments(), height=None, width_px=None)
        if options.freeze_norm:
            _freeze_norm(network)
        self.learner = Learner(network, open_objective(options), devices)
        self.learner.compile(open_optimiser(options.optimiser, devices.summed_gradients))
        self.learner.optimizer.build(self.learner.trainable_variables)
        self._average = Average(network, options.optimiser.ema)
        self._resume()

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; returns the loss and its parts."""
        self.learning_rate = learning_rate(self.step, self._steps, self._options.optimiser)
        self.learner.optimizer.learning_rate = self.learning_rate
        values = self.learner.learn(batch)
        self.step += 1
        self._average.update(self.step)
        return values

    def save(self, unlogged: Mapping[str, NDArray[Any]]) -> None:
        """Write the averaged weights for use, then the checkpoint, each whole or not at all.

        In this order: a run whose checkpoint is of the last step has nothing left to do, so that
        all else must be there by then.

        Args:
            unlogged: What the log needs to go on; see ``Journal.pending``.

        Raises:
            ConfigError: A weight is not a finite number; nothing is written.
            OutputError: A file cannot be written.
        """
        arrays = {f"network_{i}": _array(v) for i, v in enumerate(self._network.variables)}
        arrays |= {f"average_{i}": _array(v) for i, v in enumerate(self._average.values)}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self.diverged("a weight is not a finite number")
        optimiser = self.learner.optimizer.variables
        arrays |= {f"optimiser_{i}": _array(v) for i, v in enumerate(optimiser)}
        arrays |= {f"{LOGGED}{name}": array for name, array in unlogged.items()}
        write_whole(self.weights, lambda path: self._average.save(self._network, path))
        write_whole(self._folder / NETWORK, lambda path: path.write_text(describe(self._options)))
        written = json.dumps(self._options.model_dump(mode="json"), indent=2)
        write_whole(self._folder / OPTIONS, lambda path: path.write_text(written + "\n"))
        save_checkpoint(self._folder / STATE, arrays | {"step": np.array(self.step)})
        log.info("step %d: saved %s", self.step, self.weights)

    def diverged(self, reason: str) -> ConfigError:
        """What to say when nothing more can be learnt."""
        saved = (self._folder / STATE).is_file()
        onward = "goes on from the last checkpoint, which is of before" if saved else "starts anew"
        return ConfigError(
            f"training diverged at step {self.step}: {reason}. Lower optimiser.learning_rate; then "
            f"the same command {onward}"
        )

    @property
    def _network(self) -> keras.Model:
        return self.learner.network

    def _resume(self) -> None:
        arrays = load_checkpoint(self._folder / STATE)
        if arrays is None:
            self._start()
            return
        try:
            _assign(self._network.variables, arrays, "network")
            _assign(self.learner.optimizer.variables, arrays, "optimiser")
            averages = range(len(self._average.values))
            self._average.values = [ops.convert_to_tensor(arrays[f"average_{i}"]) for i in averages]
            self.step = int(arrays["step"])
            logged = (name for name in arrays if name.startswith(LOGGED))
            self.unlogged = {name.removeprefix(LOGGED): arrays[name] for name in logged}
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"cannot resume from {self._folder / STATE}, it is of another network: {error}. "
                f"Delete {self._folder} to start anew, or rename the configuration"
            ) from error
        log.info("resumed at step %d", self.step)
        if changes := changed_options(self._folder, self._options):
            log.warning(
                "%s was trained up to step %d with other options (%s). They hold from here on; to "
                "train with them from the beginning, rename the configuration",
                self._folder,
                self.step,
                "; ".join(changes),
            )

    def _start(self) -> None:
        initial = self._options.initial
        if initial is None:
            return
        try:
            self._network.load_weights(initial)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"cannot start from the weights {initial}: {str(error).splitlines()[0]}; they "
                "must be of the same network"
            ) from error
        self._average.restart()


def _freeze_norm(network: keras.Model) -> None:
    """Batch normalisation as at inference, its scale and shift included."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _assign(variables: list[Any], arrays: dict[str, NDArray[Any]], kind: str) -> None:
    found = sum(name.startswith(f"{kind}_") for name in arrays)
    if found != len(variables):
        raise ValueError(f"it has {found} arrays of the {kind}, not {len(variables)}")
    for i, variable in enumerate(variables):
        variable.assign(arrays[f"{kind}_{i}"])


def _array(value: Any) -> NDArray[Any]:
    """A copy: what it is of changes with the next step."""
    return np.array(ops.convert_to_numpy(value))
