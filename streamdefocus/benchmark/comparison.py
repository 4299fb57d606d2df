"""Two reports side by side: what became faster or slower, and what is only noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamdefocus.benchmark.report import Measurement, Report

Verdict = Literal["better", "worse", "within the spread", "too few runs"]

FEWEST_RUNS = 3
"""Of fewer runs, nobody knows the spread."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    Attributes:
        part, name: Which.
        before, after: The two measurements.
    """

    part: str
    name: str
    before: Measurement
    after: Measurement

    @property
    def ratio(self) -> float:
        """After / before, of the medians; not a number where that was 0."""
        return self.after.median / self.before.median if self.before.median else float("nan")

    @property
    def verdict(self) -> Verdict:
        """Better or worse only if the middle halves of the runs do not overlap.

        That is stricter than a test of the medians would be: runs that follow one another share
        what else the machine was doing, so their number makes them look surer than they are.
        """
        if min(self.before.runs, self.after.runs) < FEWEST_RUNS:
            return "too few runs"
        if self.after.low <= self.before.high and self.before.low <= self.after.high:
            return "within the spread"
        grew = self.after.median > self.before.median
        return "better" if grew == self.after.more_is_better else "worse"


def compare(before: Report, after: Report) -> list[Change]:
    """All figures that both reports have, in the order of the newer one."""
    return [
        Change(part, name, old, new)
        for part, figures in after.parts.items()
        for name, new in figures.items()
        if isinstance(new, Measurement)
        and isinstance(old := before.parts.get(part, {}).get(name), Measurement)
        and old.unit == new.unit
    ]


def differences(before: Report, after: Report) -> list[str]:
    """What else differs between two reports, one line each: then ratios mean less."""
    names = sorted(before.machine.keys() | after.machine.keys())
    lines = [
        f"{name}: {before.machine.get(name, 'unknown')} -> {after.machine.get(name, 'unknown')}"
        for name in names
        if name != "load" and before.machine.get(name) != after.machine.get(name)
    ]
    for name in ("version", "quick", "options"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            lines.append(f"{name}: {old or 'default'} -> {new or 'default'}")
    return lines
