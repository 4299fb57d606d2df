"""System, processor, memory, graphics card and screen."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import psutil

from streamdefocus.depth.engines.keras import gpu_is_usable
from streamdefocus.doctor.finding import Finding
from streamdefocus.errors import OutputError
from streamdefocus.sinks.viewer.screen import check_screen

_FEWEST_CORES = 2
_LEAST_MEMORY_GB = 4.0
_LEAST_FREE_GB = 1.0

_KNOWN_SYSTEMS = {"Linux": "Linux", "Windows": "Windows", "Darwin": "macOS"}

_TELLING_FEATURES = ("AVX2", "AVX512F", "AVX_VNNI", "AVX512VNNI", "NEON", "NEON_DOTPROD")
"""What decides how fast a depth network runs on a processor; the names are OpenCV's."""

_MOST_FEATURES = 512
_NVIDIA_S = 10


def check_system() -> Finding:
    """The operating system, and Python."""
    name = _KNOWN_SYSTEMS.get(platform.system())
    detail = f"{name or platform.system()} {platform.release()} ({platform.machine()}), "
    detail += f"Python {platform.python_version()}"
    if name is None:
        return Finding("system", "warn", f"{detail}; never tried on this system")
    return Finding("system", "ok", detail)


def check_processor() -> Finding:
    """Cores that this program may use, and instructions that depth networks profit from."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    features = [name for name in _TELLING_FEATURES if name in _features()]
    detail = f"{_processor_name()}, {cores} core{'s' * (cores != 1)}, {' '.join(features)}"
    facts = {"cores": cores, "features": features}
    slow = []
    if cores < _FEWEST_CORES:
        slow.append(f"fewer than {_FEWEST_CORES} cores")
    if not {"AVX2", "NEON"} & set(features):
        slow.append("no AVX2")
    if slow:
        return Finding(
            "processor",
            "warn",
            f"{detail}; below the minimum ({' and '.join(slow)}): live video will stutter, "
            "photos and files take longer but come out the same",
            "give live video less to do: --size 640x360 --target-fps 15",
            facts=facts,
        )
    return Finding("processor", "ok", detail, facts=facts)


def check_memory() -> Finding:
    """Memory in all, and free."""
    memory = psutil.virtual_memory()
    total_gb, free_gb = memory.total / 1e9, memory.available / 1e9
    detail = f"{total_gb:.1f} GB, {free_gb:.1f} GB free"
    facts = {"total_gb": round(total_gb, 1), "free_gb": round(free_gb, 1)}
    if free_gb < _LEAST_FREE_GB:
        fix = "close other programs, or use --size 640x360"
        return Finding("memory", "warn", f"{detail}; too little may be left", fix, facts=facts)
    if total_gb < _LEAST_MEMORY_GB:
        fix = "use --size 1280x720 or less"
        detail += "; below the minimum of 4 GB: 4K video and large photos may not fit"
        return Finding("memory", "warn", detail, fix, facts=facts)
    return Finding("memory", "ok", detail, facts=facts)


def check_gpu() -> Finding:
    """A graphics card, and whether TensorFlow can use it.

    TensorFlow is imported only where a card may be: that takes seconds.
    """
    cards = _nvidia_cards()
    if gpu_is_usable():
        return Finding("GPU", "ok", f"{', '.join(cards) or 'found'}; used for depth")
    if not cards:
        return Finding("GPU", "ok", "none that TensorFlow can use; depth runs on the processor")
    detail = f"{', '.join(cards)}; but TensorFlow cannot use it, depth runs on the processor"
    if sys.platform == "win32":
        fix = "install streamdefocus in WSL 2: TensorFlow has no GPU support on Windows itself"
    else:
        fix = "pip install 'tensorflow[and-cuda]'"
    return Finding("GPU", "warn", detail, fix)


def check_screen_found() -> Finding:
    """Whether a window can be shown."""
    if not cv2.currentUIFramework():
        return Finding(
            "window",
            "missing",
            "this OpenCV cannot show windows",
            "pip uninstall -y opencv-python-headless; "
            "pip install --force-reinstall --no-deps opencv-python",
        )
    try:
        check_screen()
    except OutputError as error:
        problem, _, fix = str(error).partition("; ")
        return Finding("window", "missing", problem, fix)
    return Finding("window", "ok", f"can be shown ({cv2.currentUIFramework()})")


def _features() -> set[str]:
    return {
        cv2.getHardwareFeatureName(number)
        for number in range(_MOST_FEATURES)
        if cv2.checkHardwareSupport(number)
    }


def _processor_name() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _nvidia_cards() -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    question = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            question, capture_output=True, text=True, timeout=_NVIDIA_S, check=True
        )
    except (OSError, subprocess.SubprocessError):  # a driver that does not fit the kernel
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
