from __future__ import annotations

import platform
import subprocess
import sys

import numpy as np
import pytest

from streamdefocus.defocus.scratch import Scratch


def test_arrays_are_used_again_unless_more_room_is_needed() -> None:
    scratch = Scratch()
    large = scratch.array("a", (4, 6))
    assert large.dtype == np.float32
    small = scratch.array("a", (3, 5, 1))
    assert np.shares_memory(small, large)
    assert small.shape == (3, 5, 1)
    assert small.flags.c_contiguous
    assert not np.shares_memory(scratch.array("a", (40, 60)), large)


def test_names_have_arrays_of_their_own() -> None:
    scratch = Scratch()
    assert not np.shares_memory(scratch.array("a", (9,)), scratch.array("b", (9,)))
    assert scratch.array("c", (2,), np.uint8).dtype == np.uint8


FAULTS = """
import resource
import numpy as np
from streamdefocus.defocus.scratch import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        for array in [np.empty(1 << 20, np.uint8) for _ in range(8)]:
            array.fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
before = faults()
keep_freed_memory()
faults()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do as they like")
def test_freed_memory_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    before, after = (int(faults) for faults in done.stdout.split())
    assert after < before / 10
