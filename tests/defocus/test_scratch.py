from __future__ import annotations

import numpy as np

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
