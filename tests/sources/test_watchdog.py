from __future__ import annotations

import numpy as np

from streamdefocus.frames import BgrImage
from streamdefocus.sources.watchdog import Patience, Watchdog

PATIENCE = Patience(open_s=20, first_s=10, silence_s=2, repeat_s=5)


def picture(value: int) -> BgrImage:
    return np.full((48, 64, 3), value, np.uint8)


def running(pictures: int) -> Watchdog:
    """A watchdog that saw so many different pictures, a second apart, the last at second 0."""
    watchdog = Watchdog(PATIENCE, -pictures)
    watchdog.opened(-pictures)
    for number in range(pictures):
        watchdog.saw(picture(number), number - pictures + 1)
    return watchdog


def test_opening_and_the_first_picture_have_patience_of_their_own() -> None:
    watchdog = Watchdog(PATIENCE, 0)
    assert watchdog.trouble(20) is None
    assert watchdog.trouble(20.1) == "does not open"
    watchdog.opened(20)
    assert watchdog.trouble(30) is None
    assert watchdog.trouble(30.1) == "gives no picture"


def test_silence_is_noticed() -> None:
    watchdog = running(3)
    assert watchdog.trouble(2) is None
    assert watchdog.trouble(2.1) == "gives no pictures any more"


def test_a_picture_that_moved_and_then_stands_still_is_noticed() -> None:
    watchdog = running(20)
    for second in range(1, 6):
        watchdog.saw(picture(19), second)
    assert watchdog.trouble(5) is None
    watchdog.saw(picture(19), 5.5)
    assert watchdog.trouble(5.5) == "repeats one picture since 6 s"
    watchdog.saw(picture(0), 6)
    assert watchdog.trouble(6) is None


def test_a_picture_that_hardly_ever_moved_may_stand_still() -> None:
    watchdog = running(5)
    for second in range(1, 100):
        watchdog.saw(picture(4), second)
    assert watchdog.trouble(99) is None


def test_noise_of_one_pixel_in_eleven_is_motion() -> None:
    watchdog = running(20)
    for second in range(1, 100):
        noisy = picture(7)
        noisy[11, 22, 1] = second
        watchdog.saw(noisy, second)
    assert watchdog.trouble(99) is None


def test_when_this_program_stood_still_the_camera_is_excused() -> None:
    watchdog = running(20)
    assert watchdog.trouble(6) is not None
    watchdog.excuse(5)
    assert watchdog.trouble(6) is None
    assert watchdog.trouble(7.1) == "gives no pictures any more"
