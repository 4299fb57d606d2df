from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest
from fakes import HEIGHT, WIDTH

from streamdefocus.errors import InputError
from streamdefocus.frames import Frame
from streamdefocus.sources.base import Source, SourceInfo
from streamdefocus.sources.playback import Playback


class Clock:
    """Time that passes only when someone waits, or works."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, _event: threading.Event, seconds: float) -> None:
        self.now_s += seconds


class Clip(Source):
    """Frames with the given pts in 1/10 s; every frame shows its number, and takes decode_s."""

    def __init__(
        self, clock: Clock, stamps: tuple[int, ...], decode_s: float = 0, duration: int = 1
    ) -> None:
        self.info = SourceInfo(WIDTH, HEIGHT, Fraction(10), len(stamps))
        self.closed = False
        self._clock, self._stamps = clock, stamps
        self._decode_s, self._duration = decode_s, duration

    def __iter__(self) -> Iterator[Frame]:
        for index, pts in enumerate(self._stamps):
            if self.closed:
                return
            self._clock.now_s += self._decode_s
            bgr = np.full((HEIGHT, WIDTH, 3), index, np.uint8)
            yield Frame(bgr, index, pts, Fraction(1, 10), self._duration)

    def close(self) -> None:
        self.closed = True


def play(open_source: Callable[[], Source], clock: Clock, loop: bool = True) -> Playback:
    return Playback(open_source, loop, clock=clock, wait=clock.wait)


def taken(playback: Playback, count: int, clock: Clock, work_s: float = 0) -> list[Frame]:
    frames = []
    for _, frame in zip(range(count), playback, strict=False):
        frames.append(frame)
        clock.now_s += work_s
    return frames


def shown(frames: list[Frame]) -> list[int]:
    return [int(frame.bgr[0, 0, 0]) for frame in frames]


def test_it_is_live_and_never_ends() -> None:
    clock = Clock()
    playback = play(lambda: Clip(clock, (0, 1, 2)), clock)
    assert playback.info == SourceInfo(WIDTH, HEIGHT, Fraction(10), None, live=True)
    assert play(lambda: Clip(clock, (0, 1, 2)), clock, loop=False).info.frame_count == 3


def test_frames_come_when_they_are_due_whatever_their_first_stamp_is() -> None:
    clock = Clock()
    playback = play(lambda: Clip(clock, (50, 51, 55, 56), decode_s=0.01), clock)
    due = [(frame.pts, clock.now_s - playback.started_s) for frame in taken(playback, 4, clock)]
    stamps, _ = zip(*due, strict=True)
    assert stamps == (0, 100_000, 500_000, 600_000)
    assert clock.now_s - playback.started_s == pytest.approx(0.6)


def test_rounds_follow_each_other_without_a_seam() -> None:
    clock = Clock()
    clips: list[Clip] = []

    def open_clip() -> Clip:
        clips.append(Clip(clock, (5, 6, 7)))
        return clips[-1]

    playback = play(open_clip, clock)
    frames = taken(playback, 7, clock)
    assert [frame.index for frame in frames] == list(range(7))
    assert shown(frames) == [0, 1, 2, 0, 1, 2, 0]
    assert [frame.pts for frame in frames] == [100_000 * i for i in range(7)]
    assert [clip.closed for clip in clips] == [True, True, False]
    playback.close()
    assert clips[-1].closed


def test_without_a_loop_it_ends() -> None:
    clock = Clock()
    frames = taken(play(lambda: Clip(clock, (0, 1, 2)), clock, loop=False), 10, clock)
    assert shown(frames) == [0, 1, 2]


def test_a_source_without_frames_ends() -> None:
    clock = Clock()
    assert taken(play(lambda: Clip(clock, ()), clock), 10, clock) == []


def test_frames_of_unknown_duration_last_as_long_as_the_rate_says() -> None:
    clock = Clock()
    frames = taken(play(lambda: Clip(clock, (0,), duration=0), clock), 3, clock)
    assert [frame.pts for frame in frames] == [0, 100_000, 200_000]
    assert frames[0].duration == 100_000


def test_late_frames_are_skipped_and_counted() -> None:
    clock = Clock()
    playback = play(lambda: Clip(clock, tuple(range(100))), clock)
    frames = taken(playback, 10, clock, work_s=0.25)
    skipped = [
        late - early - 1 for early, late in zip(shown(frames), shown(frames)[1:], strict=False)
    ]
    assert set(skipped) <= {1, 2}
    assert playback.dropped == sum(skipped)
    assert [frame.index for frame in frames] == list(range(10))
    assert all(
        frame.pts == number * 100_000 for frame, number in zip(frames, shown(frames), strict=True)
    )


def test_a_machine_too_slow_to_decode_shows_some_frames_anyway() -> None:
    clock = Clock()
    playback = play(lambda: Clip(clock, tuple(range(1000)), decode_s=0.5), clock)
    frames = taken(playback, 5, clock)
    stamps = [frame.pts for frame in frames]
    assert len(frames) == 5
    assert stamps == sorted(set(stamps))


def test_after_a_hold_up_playing_goes_on_at_its_own_speed() -> None:
    clock = Clock()
    playback = play(lambda: Clip(clock, tuple(range(1000))), clock)
    frames = iter(playback)
    next(frames)
    clock.now_s += 60  # the laptop slept
    after = next(frames)
    assert shown([after])[0] < 20
    assert after.pts == pytest.approx(60e6, abs=2e6)
    before_s = clock.now_s
    assert next(frames).pts - after.pts == 100_000
    assert clock.now_s - before_s == pytest.approx(0.1)


def test_close_ends_the_wait_of_another_thread() -> None:
    clock = Clock()
    playback = Playback(lambda: Clip(clock, (0, 10_000)))
    counted: list[int] = []
    reader = threading.Thread(target=lambda: counted.append(sum(1 for _ in playback)))
    reader.start()
    time.sleep(0.02)
    playback.close()
    playback.close()
    reader.join(10)
    assert counted == [1]


def test_a_source_that_cannot_be_opened_again_is_an_error() -> None:
    clock = Clock()
    clips = iter([Clip(clock, (0, 1))])

    def open_clip() -> Source:
        clip = next(clips, None)
        if clip is None:
            raise InputError("clip.mp4 is gone")
        return clip

    with pytest.raises(InputError, match="gone"):
        taken(play(open_clip, clock), 5, clock)
