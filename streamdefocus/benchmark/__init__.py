"""How fast this machine does what streamdefocus does: one suite, one report, one comparison."""

from streamdefocus.benchmark.comparison import Change, compare
from streamdefocus.benchmark.report import Measurement, Missing, Report, read_report
from streamdefocus.benchmark.suite import PARTS, plan, run
from streamdefocus.benchmark.task import FULL, QUICK, Effort, Task

__all__ = [
    "FULL",
    "PARTS",
    "QUICK",
    "Change",
    "Effort",
    "Measurement",
    "Missing",
    "Report",
    "Task",
    "compare",
    "plan",
    "read_report",
    "run",
]
