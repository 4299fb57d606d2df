"""The log of a training run, for people and for spreadsheets."""

from __future__ import annotations

import csv
import logging
import time
from pathlib import Path

COLUMNS = ("step", "samples", "seconds", "loss", "learning_rate", "samples_per_s", "skipped")

log = logging.getLogger(__name__)


class Log:
    """log.csv, appended to; lines of a lost part of the run are dropped on resume."""

    def __init__(self, path: Path, step: int) -> None:
        rows = []
        if path.is_file() and step:
            with path.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, COLUMNS)
        self._writer.writeheader()
        self._writer.writerows(rows)
        self._samples = int(rows[-1]["samples"]) if rows else 0
        self._seconds = float(rows[-1]["seconds"]) if rows else 0.0
        self._restart()

    def add(self, loss: float, samples: int) -> None:
        """Count one step."""
        self._losses.append(loss)
        self._fresh += samples

    def write(self, step: int, rate: float, skipped: int) -> None:
        """Write a line: means since the last one."""
        elapsed = time.monotonic() - self._start
        self._samples += self._fresh
        self._seconds += elapsed
        loss = sum(self._losses) / len(self._losses)
        per_s = self._fresh / elapsed
        values = (step, self._samples, f"{self._seconds:.1f}", f"{loss:.5f}", f"{rate:.3g}")
        self._writer.writerow(dict(zip(COLUMNS, (*values, f"{per_s:.1f}", skipped), strict=True)))
        self._file.flush()
        log.info("step %d: loss %.4f, %.0f samples/s", step, loss, per_s)
        self._restart()

    def _restart(self) -> None:
        self._losses: list[float] = []
        self._fresh = 0
        self._start = time.monotonic()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()
