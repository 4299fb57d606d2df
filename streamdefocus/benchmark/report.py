"""What a run of the benchmark found, as it stands in the JSON file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streamdefocus.errors import InputError

Unit = Literal["ms", "s", "fps", "MB", "cores"]


class Measurement(BaseModel):
    """One figure, measured several times.

    Attributes:
        unit: Of the figures.
        median: The middle of the runs.
        low: A quarter of the runs are below.
        high: A quarter of the runs are above.
        runs: How many there were, after the warm-up.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Unit
    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float], unit: Unit) -> Self:
        """The measurement of some runs; at least one."""
        low, median, high = (round(float(q), 3) for q in np.percentile(values, (25, 50, 75)))
        return cls(unit=unit, median=median, low=low, high=high, runs=len(values))

    @property
    def more_is_better(self) -> bool:
        """Whether a higher figure is the better one."""
        return self.unit == "fps"


class Missing(BaseModel):
    """Something that could not be measured here, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing: str


class Report(BaseModel):
    """Everything that a run found.

    Attributes:
        version: Of streamdefocus.
        complete: False where the run was interrupted.
        quick: Measured with less effort.
        options: What differs from the default options.
        machine: Processor, system and versions, by name; nothing that tells whose machine it is.
        parts: By part and name.
    """

    model_config = ConfigDict(extra="ignore")

    version: str
    complete: bool = False
    quick: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
    machine: dict[str, str]
    parts: dict[str, dict[str, Measurement | Missing]] = Field(default_factory=dict)


def read_report(path: Path) -> Report:
    """Read the report of an earlier run.

    Raises:
        InputError: The file cannot be read or is none.
    """
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the report {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{path} was not written by `streamdefocus benchmark --json`: "
            f"{where or 'all of it'}: {first['msg']}"
        ) from error
