"""What every test gets: no leaked threads, and paths of the checkout."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """Real media, where they are at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no real media beside this checkout")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves one of our threads running, and name it."""
    yield
    deadline_s = time.monotonic() + 5
    while leaked := [t.name for t in threading.enumerate() if t.name.startswith("streamdefocus-")]:
        assert time.monotonic() < deadline_s, f"threads still running: {leaked}"
        time.sleep(0.01)
