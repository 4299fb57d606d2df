"""The machine that figures belong to, without anything that tells whose it is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import psutil

from streamdefocus.doctor.machine import check_memory, check_processor, check_system

_PACKAGES = ("numpy", "opencv-python", "openvino", "tensorflow", "keras", "av")


def describe_machine() -> dict[str, str]:
    """Processor, memory, system, how busy it is, and versions of what does the work."""
    found = {
        "processor": check_processor().detail,
        "memory": check_memory().detail.partition(",")[0],
        "system": check_system().detail,
        "load": f"{psutil.getloadavg()[0]:.1f}",
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
