"""The measurement itself: every method on every sample, the baselines beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from streamdefocus.errors import ConfigError, InputError
from streamdefocus.evaluation.depth.baselines import BASELINES, fitted
from streamdefocus.evaluation.depth.methods import Method
from streamdefocus.evaluation.depth.samples import DataSet, Load, Sample
from streamdefocus.evaluation.depth.sheet import Row, write_sheet
from streamdefocus.evaluation.depth.truths import DepthTruth, Truth

Scores = dict[str, dict[str, dict[str, float]]]
"""{data set: {method: {metric: value}}}."""

SHEET_ROWS = 4

log = logging.getLogger(__name__)


class Tally:
    """Scores of all methods on one data set, while they come in."""

    def __init__(self) -> None:
        self._pictures: list[dict[str, dict[str, float]]] = []
        self._pixels = 0

    def add(self, truth: Truth, scores: dict[str, dict[str, float]]) -> None:
        """Take in one picture's scores, by method."""
        self._pictures.append(scores)
        self._pixels += truth.pixels

    def means(self) -> dict[str, dict[str, float]]:
        """Means over pictures, how many there were, and how many pixels counted in all."""
        counts = {"images": len(self._pictures), "pixels": self._pixels}
        return {
            method: {
                **{key: float(np.mean([p[method][key] for p in self._pictures])) for key in row},
                **counts,
            }
            for method, row in self._pictures[0].items()
        }


def evaluate(
    methods: Mapping[str, Method],
    data: DataSet,
    *,
    sheet: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Measure methods, and the baselines "ramp" and "blob", on pictures with truth.

    Where estimates are aligned to the truth, so are the baselines, in the same way; where they
    are not, the baselines get one scale and shift for the whole data set (``fitted``).

    Args:
        methods: By name.
        data: See ``open_data``.
        sheet: PNG to write: picture, truth, and every method's estimate and error.
        progress: Told how many samples of how many are done.

    Returns:
        Means over pictures, of the metrics that the data set's truth has (``Truth.score``), with
        "images" and "pixels" that counted.

    Raises:
        ConfigError: A method without a metric unit is to be measured without alignment.
        InputError: A file is damaged, a pair is not there, or no pixel has a truth.
        OutputError: The sheet cannot be written.
    """
    tallies: dict[str, Tally] = {}
    drawn: dict[str, list[Row]] = {}
    total, done = sum(map(len, data.values())), 0
    for loads in data.values():
        everyone: Mapping[str, Method] | None = None
        shown = set(np.linspace(0, len(loads) - 1, min(SHEET_ROWS, len(loads))).astype(int))
        for index, load in enumerate(loads):
            sample = load()
            everyone = everyone or _with_baselines(methods, loads, sample)
            estimates = {name: method(sample) for name, method in everyone.items()}
            for dataset, truth in sample.truths.items():
                if not truth.pixels:
                    log.warning("%s: no pixel of %s has a truth; left out", sample.name, dataset)
                    continue
                scores = {name: truth.score(estimate) for name, estimate in estimates.items()}
                tallies.setdefault(dataset, Tally()).add(truth, scores)
                if sheet is not None and index in shown:
                    panels = {name: truth.panels(estimates[name]) for name in methods}
                    drawn.setdefault(dataset, []).append(Row(sample.picture, panels, scores))
            done += 1
            if progress is not None:
                progress(done, total)
    if not tallies:
        raise InputError("no pixel of the data has a truth to measure on")
    if sheet is not None:
        write_sheet(drawn, sheet)
    return {dataset: tally.means() for dataset, tally in tallies.items()}


def _with_baselines(
    methods: Mapping[str, Method], loads: Sequence[Load], first: Sample
) -> dict[str, Method]:
    """The methods and the baselines, in a unit that the data set can be measured in."""
    truth = next(iter(first.truths.values()))
    if not isinstance(truth, DepthTruth) or truth.align != "none":
        return {**methods, **{name: Method(baseline) for name, baseline in BASELINES.items()}}
    for name, method in methods.items():
        if method.is_metric is False:
            raise ConfigError(
                f"{name}: its disparity is relative, so that it cannot be measured in metres; "
                "say --align scale-shift, or --align median"
            )
    fit = partial(fitted, samples=loads)
    return {**methods, **{name: Method(fit(baseline)) for name, baseline in BASELINES.items()}}
