"""What the desktop app needs of this machine."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streamdefocus.doctor.finding import Finding

_PACKAGE = "PySide6-Essentials"
_LDD_S = 10
_MISSING = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_SONAME = re.compile(r"lib(.+?)\.so\.(\d+)")
_RENAMED = {"libxcb-util.so.1": "libxcb-util1", "libX11-xcb.so.1": "libx11-xcb1"}
"""Debian packages that are not called as the library is."""


def check_app() -> Finding:
    """Whether ``streamdefocus app`` can open its window."""
    try:
        found = version(_PACKAGE)
    except PackageNotFoundError:
        fix = "pip install 'streamdefocus[app]'"
        return Finding("app", "missing", "PySide6 is not installed", fix)
    missing = missing_libraries()
    if missing:
        return Finding(
            "app",
            "missing",
            f"PySide6 {found} lacks {', '.join(missing)} for its window",
            install_command(missing),
            facts={"libraries": missing},
        )
    return Finding("app", "ok", f"PySide6 {found}")


def missing_libraries() -> list[str]:
    """Shared libraries that Qt's window on X11 needs and this system does not have.

    Qt ends the program where one is missing, so it has to be known before. Only Linux is looked
    at; elsewhere, and where ``ldd`` is missing, nothing is known and nothing is named.
    """
    package = importlib.util.find_spec("PySide6")
    if sys.platform != "linux" or package is None or package.origin is None:
        return []
    plugin = Path(package.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    ldd = shutil.which("ldd")
    if ldd is None or not plugin.exists():
        return []
    try:
        told = subprocess.run(
            [ldd, str(plugin)], capture_output=True, text=True, timeout=_LDD_S, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return list(dict.fromkeys(_MISSING.findall(told)))


def install_command(libraries: list[str]) -> str:
    """What installs shared libraries on Debian and Ubuntu; elsewhere the names are similar."""
    return f"sudo apt install {' '.join(_debian(name) for name in libraries)}"


def _debian(library: str) -> str:
    """The package of a library, by Debian's rule: libNAMEVERSION, with a dash behind a digit."""
    match = _SONAME.fullmatch(library)
    if library in _RENAMED or match is None:
        return _RENAMED.get(library, library)
    name, number = match.groups()
    dash = "-" if name[-1].isdigit() else ""
    return f"lib{name}{dash}{number}".lower()
