"""What a check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "warn", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What, e.g. "camera /dev/video0".
        status: ok; warn = it works, but slower or with less than it could; missing.
        detail: What was found, in a line.
        fix: What mends it, with the command to type; empty where nothing needs mending.
        vital: Without it the main job, a defocused picture, cannot be done.
        facts: Numbers and lists for the report.
    """

    name: str
    status: Status
    detail: str
    fix: str = ""
    vital: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
