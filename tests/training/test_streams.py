import os
import signal

import numpy as np
import psutil
import pytest

from streamdefocus.errors import InputError
from streamdefocus.training.streams import by_processes
from streamdefocus.training.synthetic.rooms import Rooms


def children():
    """Our worker processes; the tracker of multiprocessing's resources stays on."""
    found = psutil.Process().children()
    return [child for child in found if "resource_tracker" not in " ".join(child.cmdline())]


def test_other_processes_make_the_same_pairs_in_order():
    make = Rooms(3, (32, 32)).pair
    samples = by_processes(make, start=5, processes=2)
    for k in (5, 6, 7):
        pair, expected = next(samples), make(k)
        assert pair.name == expected.name
        np.testing.assert_array_equal(pair.left, expected.left)
        np.testing.assert_array_equal(pair.disparity_right, expected.disparity_right)
    assert children()
    samples.close()
    assert not children()


def test_a_stream_may_end_and_needs_no_process():
    assert list(by_processes(abs, -2, processes=0, stop=2)) == [2, 1, 0, 1]
    assert list(by_processes(abs, -2, processes=1, stop=2)) == [2, 1, 0, 1]
    assert not children()


def test_an_error_is_raised_where_its_sample_is_due():
    samples = by_processes(reciprocal, -1, processes=1)
    assert next(samples) == -1
    with pytest.raises(ZeroDivisionError):
        next(samples)
    assert not children()


def test_a_killed_process_is_one_clear_line():
    with pytest.raises(InputError, match="was killed"):
        list(by_processes(die, processes=1, stop=2))
    assert not children()


def reciprocal(k):
    return 1 / k


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)
