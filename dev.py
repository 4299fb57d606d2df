#!/usr/bin/env python3
"""Set up and run streamdefocus from a checkout; needs Python 3.11 or newer and nothing else.

    python3 dev.py demo     the main job on a made-up scene; results in demo/
    python3 dev.py test     the tests
    python3 dev.py check    ruff, mypy and import-linter
    python3 dev.py devices  the tests on a real camera and virtual camera, in a virtual machine
    python3 dev.py run ...  streamdefocus with these arguments

The first call makes .venv and installs the package there with what its dependencies need.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

COMMANDS = {
    "demo": [["-m", "streamdefocus", "demo"]],
    "test": [["-m", "pytest"]],
    "check": [
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "ruff", "check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
    ],
    "devices": [["-m", "pytest", "-m", "devices", "tests/devices"]],
    "run": [["-m", "streamdefocus"]],
}


EXTRAS = {"demo": "app", "run": "app,teacher,train,evaluate,export"}  # all others need all of "dev"


def main() -> int:
    """Run one command; returns its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this file runs before pip can refuse
        print(f"error: Python 3.11 or newer is needed. Received: {sys.version.split()[0]}")
        return 1
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 2
    install(EXTRAS.get(sys.argv[1], "dev"))
    for command in COMMANDS[sys.argv[1]]:
        code = subprocess.call([str(PYTHON), *command, *sys.argv[2:]], cwd=invoked_from())
        if code:
            return code
    return 0


def invoked_from() -> Path:
    """Arguments of `run` are relative to where the user stands; all else belongs to the root."""
    return Path.cwd() if sys.argv[1] == "run" else ROOT


def install(extras: str) -> None:
    """Install what a command needs, once, and again after pyproject.toml changed."""
    stamp = VENV / "installed"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    have = set(stamp.read_text().split()) if stamp.is_file() else set()
    if {wanted, extras} <= have or {wanted, "dev"} <= have:
        return
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    print("installing (once; TensorFlow is large) ...", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "--editable", f"{ROOT}[{extras}]"])
    known = have if wanted in have else {wanted}
    stamp.write_text(" ".join(sorted(known | {extras})))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: installing failed with exit code {error.returncode}; see above")
    except KeyboardInterrupt:
        sys.exit(130)
