"""The log of a training run: ``log.csv`` for spreadsheets, events for TensorBoard."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from streamdefocus.errors import OutputError
from streamdefocus.training.tensorboard import EventFile

LOG = "log.csv"
EVENTS = "tensorboard"

log = logging.getLogger(__name__)


class Journal:
    """Means of what a run's steps say; lines of a lost part of the run are dropped on resume.

    Args:
        folder: The run's.
        step: Where the run goes on, 0 for a new one.
        parts: Names of the loss' parts.
        begun: What ``pending`` was there.

    Raises:
        OutputError: The log cannot be written (from all methods).
    """

    def __init__(
        self,
        folder: Path,
        step: int,
        parts: Sequence[str],
        begun: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self._path = folder / LOG
        self._values = ("loss", *parts)
        columns = ("step", "samples", "seconds", *self._values, "learning_rate", "samples_per_s")
        rows = self._rows_until(step)
        self._samples = int(rows[-1]["samples"]) if rows else 0
        self._seconds = float(rows[-1]["seconds"]) if rows else 0.0
        with self._writing(), ExitStack() as unfinished:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            unfinished.callback(self._file.close)
            self._writer = csv.DictWriter(
                self._file, (*columns, "skipped"), restval="", extrasaction="ignore"
            )
            self._writer.writeheader()
            self._writer.writerows(rows)
            self._file.flush()  # or a run killed before its next line would take the log with it
            self._events = _events(folder / EVENTS, step)
            unfinished.pop_all()
        self._steps: list[list[float]]
        self._restart()
        if begun and begun["values"].shape[1] == len(self._values):  # else the loss was changed
            self._steps = begun["values"].tolist()
            self._fresh = int(begun["samples"])
            self._start -= float(begun["seconds"])

    def add(self, values: Mapping[str, float], samples: int) -> None:
        """Count one step."""
        self._steps.append([values[name] for name in self._values])
        self._fresh += samples

    @property
    def samples_per_s(self) -> float:
        """Since the last line."""
        return self._fresh / max(time.monotonic() - self._start, 1e-9)

    @property
    def pending(self) -> dict[str, NDArray[Any]]:
        """What the next line will be made of, to be kept with the checkpoint.

        A run that was resumed between two lines then has the same lines as one that never stopped.
        """
        return {
            "values": np.array(self._steps).reshape(-1, len(self._values)),
            "samples": np.array(self._fresh),
            "seconds": np.array(time.monotonic() - self._start),
        }

    def write(self, step: int, rate: float, skipped: int) -> None:
        """Write a line: means since the last one."""
        means = dict(zip(self._values, np.mean(self._steps, 0).tolist(), strict=True))
        per_s = self.samples_per_s
        self._samples += self._fresh
        self._seconds += time.monotonic() - self._start
        row = {
            **{name: f"{value:.6g}" for name, value in means.items()},
            "step": step,
            "samples": self._samples,
            "seconds": f"{self._seconds:.1f}",
            "learning_rate": f"{rate:.6g}",
            "samples_per_s": f"{per_s:.1f}",
            "skipped": skipped,
        }
        with self._writing():
            self._writer.writerow(row)
            self._file.flush()
            if self._events:
                curves = {"learning_rate": rate, "samples_per_s": per_s, "skipped": skipped}
                self._events.scalars(step, means | curves)
        self._restart()

    def show(self, step: int, pictures: Mapping[str, NDArray[Any]]) -> None:
        """Add pictures to TensorBoard's, B x H x W x C in 0..1 by name."""
        with self._writing():
            if self._events:
                self._events.pictures(step, pictures)

    def close(self) -> None:
        """Close the files, after writing what a full disk did not take before."""
        with self._writing(), ExitStack() as files:
            files.callback(self._file.close)
            if self._events:
                files.callback(self._events.close)

    def _rows_until(self, step: int) -> list[dict[str, str]]:
        if not step or not self._path.is_file():
            return []
        with self._path.open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if int(row["step"]) <= step]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"cannot write the log {self._path}: {error.strerror}. The last checkpoint is "
                "intact: make room, then the same command goes on from there"
            ) from error

    def _restart(self) -> None:
        self._steps = []
        self._fresh = 0
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _events(folder: Path, step: int) -> EventFile | None:
    try:
        return EventFile(folder, step)
    except ImportError:
        log.warning('no curves for TensorBoard; try: pip install "streamdefocus[train]"')
        return None
