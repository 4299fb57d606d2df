"""What the desktop app needs, found before Qt would end the program for it."""

from __future__ import annotations

import subprocess
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from streamdefocus.doctor import desktop

LDD = """\tlinux-vdso.so.1 (0x00007ffc)
\tlibxcb-icccm.so.4 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f00)
\tlibxcb-keysyms.so.1 => not found
\tlibxcb-icccm.so.4 => not found
"""


@pytest.fixture
def qt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PySide6 whose plugin lacks two libraries."""
    plugin = tmp_path / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    spec = ModuleSpec("PySide6", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(desktop.importlib.util, "find_spec", lambda _name: spec)
    monkeypatch.setattr(desktop, "version", lambda _name: "6.11.3")
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    monkeypatch.setattr(desktop.shutil, "which", lambda name: f"/usr/bin/{name}")
    told = subprocess.CompletedProcess((), 0, stdout=LDD)
    monkeypatch.setattr(desktop.subprocess, "run", lambda *_args, **_options: told)


@pytest.mark.usefixtures("qt")
def test_each_missing_library_is_named_once_with_its_package() -> None:
    assert desktop.missing_libraries() == ["libxcb-icccm.so.4", "libxcb-keysyms.so.1"]
    finding = desktop.check_app()
    assert finding.status == "missing"
    assert finding.fix == "sudo apt install libxcb-icccm4 libxcb-keysyms1"


@pytest.mark.usefixtures("qt")
@pytest.mark.parametrize("failure", [OSError("no"), subprocess.TimeoutExpired("ldd", 10)])
def test_where_nothing_is_known_nothing_is_named(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise failure

    monkeypatch.setattr(desktop.subprocess, "run", fail)
    assert desktop.missing_libraries() == []
    assert desktop.check_app().status == "ok"


@pytest.mark.usefixtures("qt")
def test_no_libraries_are_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop.sys, "platform", "darwin")
    assert desktop.missing_libraries() == []


def test_a_missing_pyside_is_mended_by_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(desktop, "version", missing)
    assert desktop.check_app().fix == "pip install 'streamdefocus[app]'"


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libEGL.so.1", "libegl1"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("strange", "strange"),
    ],
)
def test_packages_by_debians_rule(library: str, package: str) -> None:
    assert desktop.install_command([library]) == f"sudo apt install {package}"
