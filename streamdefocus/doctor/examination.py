"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from streamdefocus import __version__
from streamdefocus.doctor import desktop, machine, media, speed
from streamdefocus.doctor.finding import Finding

Check = Callable[[], Finding | list[Finding]]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found on this machine.

    Attributes:
        findings: In the order of the checks.
    """

    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        """Whether the main job can be done: some engine runs, and nothing vital is missing."""
        engines = [finding for finding in self.findings if finding.name.startswith("engine ")]
        runs = any("ms" in engine.facts for engine in engines)
        return runs and not any(f.vital and f.status == "missing" for f in self.findings)

    def as_json(self) -> dict[str, Any]:
        """``{"version", "ready", "findings": [{"name", "status", "detail", "fix", ...}]}``."""
        findings = [asdict(finding) for finding in self.findings]
        return {"version": __version__, "ready": self.ready, "findings": findings}


def checks(thorough: bool) -> list[Check]:
    """The checks in the order in which they are told.

    Args:
        thorough: Also those that take long.
    """
    return [
        machine.check_system,
        machine.check_processor,
        machine.check_memory,
        machine.check_gpu,
        speed.check_openvino,
        lambda: speed.check_keras(thorough),
        speed.check_renderer,
        media.check_cameras,
        media.check_virtual_cameras,
        machine.check_screen_found,
        desktop.check_app,
        media.check_encoders,
    ]


def examine(thorough: bool = False, run: list[Check] | None = None) -> Examination:
    """Look at this machine; takes a few seconds.

    A check that fails in a way that nobody thought of is a finding too: a doctor must not faint.

    Args:
        thorough: Also do what takes long: load and measure TensorFlow without a GPU.
        run: The checks; all by default.
    """
    findings: list[Finding] = []
    for check in checks(thorough) if run is None else run:
        try:
            found = check()
        except Exception as error:
            name = getattr(check, "__name__", "check").removeprefix("check_")
            told = f"could not be looked at: {type(error).__name__}: {error}"
            found = Finding(name.replace("_", " "), "warn", told)
        findings += [found] if isinstance(found, Finding) else found
    return Examination(tuple(findings))
