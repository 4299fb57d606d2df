from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from fakes import HEIGHT, WIDTH, CountingSource, ListSink, fail_at, nothing, paced_by, sleep

from streamdefocus.errors import ModelError, OutputError
from streamdefocus.frames import DisparityMap, FocusPlane, Frame
from streamdefocus.pipeline import Defocuser, Shot, Stats
from streamdefocus.pipeline.live import DepthRate, LivePipeline

RENDERED = 200
"""What the fake renderer paints; the curtain and raw frames look different."""

ALL: list[DepthRate] = ["auto", "decoupled", "every-frame"]


class FakeLiveDefocuser:
    """Paints RENDERED over every frame; fails and waits as it is told."""

    def __init__(
        self,
        measure: Callable[[int], None] = nothing,
        render: Callable[[int], None] = nothing,
        prepare: Callable[[tuple[int, int]], None] = lambda _px: None,
    ) -> None:
        self.stats = Stats()
        self.estimator = SimpleNamespace(prepare=prepare)
        self.measured: list[int] = []
        self._measure, self._render = measure, render

    def measure(self, frame: Frame) -> DisparityMap:
        self._measure(frame.index)
        self.measured.append(frame.index)
        return DisparityMap(np.zeros((16, 32), np.float32), 0.0, 1.0)

    def aim(self, frame: Frame, disparity: DisparityMap) -> Shot:
        return Shot(frame, disparity, FocusPlane(0.5))

    def render(self, shot: Shot) -> Frame:
        self._render(shot.frame.index)
        return shot.frame.with_bgr(np.full((HEIGHT, WIDTH, 3), RENDERED, np.uint8))


def live(
    source: CountingSource, defocuser: FakeLiveDefocuser, *sinks: ListSink, depth: DepthRate
) -> LivePipeline:
    return LivePipeline(source, cast(Defocuser, defocuser), sinks, depth)


@pytest.mark.parametrize("depth", ALL)
def test_the_newest_frame_reaches_the_sink_rendered(depth: DepthRate) -> None:
    sink = ListSink()
    source = CountingSource(100, live=True, before=paced_by(sink))
    run = live(source, FakeLiveDefocuser(), sink, depth=depth)
    run.run()
    assert sink.indices[-1] > 90
    assert sink.values[-1] == RENDERED
    frames = run.report()["frames"]
    assert frames["in"] == 100
    assert frames["out"] == len(sink.indices) > 50


def test_decoupled_keeps_the_rate_of_the_camera_when_depth_is_slow() -> None:
    rates = {}
    for depth in ALL:
        sink = ListSink()
        source = CountingSource(100, live=True, before=sleep(0.01))
        live(source, FakeLiveDefocuser(measure=sleep(0.1)), sink, depth=depth).run()
        rates[depth] = len(sink.indices)
    assert rates["decoupled"] > 3 * rates["every-frame"]


@pytest.mark.parametrize("depth", ["auto", "every-frame"])
def test_no_depth_is_looked_at_in_vain_while_rendering_is_slow(depth: DepthRate) -> None:
    sink = ListSink()
    source = CountingSource(None, live=True, before=sleep(0.002))
    defocuser = FakeLiveDefocuser(render=sleep(0.05))
    run = live(source, defocuser, sink, depth=depth)
    decoupled: list[bool] = []

    def tick() -> None:
        decoupled.append(run._decoupled)
        if run.stats.seconds > 2.5:  # longer than the coupling's window
            run.stop()

    run.run(tick, tick_s=0.05)
    assert sink.indices
    # One may be under way and one may wait when the run ends.
    assert len(defocuser.measured) <= len(sink.indices) + 2
    assert True not in decoupled


def test_auto_decouples_while_depth_is_slow_and_couples_again() -> None:
    slow = True
    sink = ListSink()
    source = CountingSource(None, live=True, before=sleep(0.01))

    def measure(_index: int) -> None:
        time.sleep(0.05 if slow else 0)

    run = live(source, FakeLiveDefocuser(measure=measure), sink, depth="auto")
    seen: list[bool] = []

    def tick() -> None:
        nonlocal slow
        seen.append(run._decoupled)
        if run._decoupled:
            slow = False
        if not slow and not run._decoupled:
            run.stop()

    run.run(tick, tick_s=0.05)
    assert True in seen
    assert sink.indices == sorted(set(sink.indices))


@pytest.mark.parametrize("depth", ALL)
def test_the_curtain_is_shown_until_the_network_is_there(depth: DepthRate) -> None:
    loaded = threading.Event()
    sink = ListSink()

    def before(index: int) -> None:
        paced_by(sink)(index)
        if index == 30:
            loaded.set()

    def prepare(_px: tuple[int, int]) -> None:
        loaded.wait(10)

    source = CountingSource(60, live=True, before=before)
    live(source, FakeLiveDefocuser(prepare=prepare), sink, depth=depth).run()
    early = [v for i, v in zip(sink.indices, sink.values, strict=True) if i < 30]
    assert early
    assert RENDERED not in early
    assert sink.values[-1] == RENDERED


@pytest.mark.parametrize("depth", ALL)
@pytest.mark.parametrize("stage", ["measure", "render"])
def test_a_failing_stage_drops_the_curtain_and_the_show_goes_on(
    depth: DepthRate, stage: str
) -> None:
    hooks = {stage: lambda index: fail_at(index, ValueError("broken"))(index)}
    sink = ListSink()
    source = CountingSource(40, live=True, before=paced_by(sink))
    run = live(source, FakeLiveDefocuser(**hooks), sink, depth=depth)
    run.run()
    assert len(sink.indices) > 10
    assert RENDERED not in sink.values
    assert run.trouble is not None
    assert "broken" in run.trouble


def test_a_short_failure_of_rendering_is_forgotten() -> None:
    sink = ListSink()
    source = CountingSource(60, live=True, before=paced_by(sink))

    def hook(index: int) -> None:
        if 20 <= index < 30:
            raise ValueError("broken")

    run = live(source, FakeLiveDefocuser(render=hook), sink, depth="decoupled")
    run.run()
    shown = dict(zip(sink.indices, sink.values, strict=True))
    assert all(shown[i] != RENDERED for i in range(20, 30) if i in shown)
    assert sink.values[-1] == RENDERED
    assert run.trouble is None


@pytest.mark.parametrize("depth", ALL)
def test_a_model_that_is_missing_ends_the_run(depth: DepthRate) -> None:
    def prepare(_px: tuple[int, int]) -> None:
        raise ModelError("model file is corrupted")

    source = CountingSource(None, live=True, before=sleep(0.002))
    with pytest.raises(ModelError, match="corrupted"):
        live(source, FakeLiveDefocuser(prepare=prepare), ListSink(), depth=depth).run()


@pytest.mark.parametrize("depth", ALL)
def test_a_failing_output_is_given_up_and_the_others_go_on(depth: DepthRate) -> None:
    def always(_index: int) -> None:
        raise OutputError("disk full")

    good, bad = ListSink(), ListSink(always)
    source = CountingSource(60, live=True, before=paced_by(good))
    live(source, FakeLiveDefocuser(), bad, good, depth=depth).run()
    assert good.indices[-1] > 50


def test_what_comes_out_is_counted_when_the_first_output_is_gone() -> None:
    def after_a_few(index: int) -> None:
        if index > 5:
            raise OutputError("unplugged")

    good = ListSink()
    source = CountingSource(60, live=True, before=paced_by(good))
    run = live(source, FakeLiveDefocuser(), ListSink(after_a_few), good, depth="decoupled")
    run.run()
    assert run.stats.frames_out > 40


def test_an_output_that_comes_after_the_last_frame_is_closed() -> None:
    main, late = ListSink(), ListSink()
    run = live(CountingSource(5, live=True), FakeLiveDefocuser(), main, depth="decoupled")
    close = main.show

    def slow(view: object) -> None:
        close(view)  # type: ignore[arg-type]
        time.sleep(0.3)

    main.show = slow  # type: ignore[method-assign]
    attached = []

    def tick() -> None:
        if run.stats.frames_in == 5 and not attached and run.outputs._ended:
            attached.append(run.outputs.attach(late, owned=True))

    runner = threading.Thread(target=lambda: run.run(tick, tick_s=0.01), daemon=True)
    runner.start()
    runner.join(20)
    assert attached and not runner.is_alive()
    assert late.ended == "closed"


def test_no_output_left_ends_the_run() -> None:
    source = CountingSource(None, live=True, before=sleep(0.002))
    sink = ListSink(lambda _i: (_ for _ in ()).throw(OutputError("unplugged")))  # type: ignore[arg-type, return-value]
    with pytest.raises(OutputError, match=r"no output is left: unplugged"):
        live(source, FakeLiveDefocuser(), sink, depth="decoupled").run()


@pytest.mark.parametrize("depth", ALL)
def test_a_slow_output_stalls_neither_capture_nor_the_other(depth: DepthRate) -> None:
    fast, slow = ListSink(), ListSink(sleep(0.1))
    source = CountingSource(100, live=True, before=paced_by(fast))
    live(source, FakeLiveDefocuser(), fast, slow, depth=depth).run()
    assert len(fast.indices) > 2 * len(slow.indices)


def test_stop_from_a_tick_ends_the_run_quickly() -> None:
    source = CountingSource(None, live=True, before=sleep(0.002))
    run = live(source, FakeLiveDefocuser(), ListSink(), depth="decoupled")
    begin_s = time.monotonic()
    run.run(tick=lambda: run.stop() if run.stats.frames_out > 10 else None, tick_s=0.01)
    assert time.monotonic() - begin_s < 5


def test_an_output_can_come_and_go_while_running() -> None:
    main, guest = ListSink(), ListSink()
    source = CountingSource(120, live=True, before=paced_by(main))
    run = live(source, FakeLiveDefocuser(), main, depth="decoupled")

    def tick() -> None:
        if len(main.indices) > 20 and not guest.indices and not guest.ended:
            run.outputs.attach(guest, owned=True)
        if len(guest.indices) > 20:
            run.outputs.detach(guest)

    run.run(tick, tick_s=0.005)
    assert main.indices[0] < guest.indices[0]
    assert guest.indices[-1] < main.indices[-1]
    assert (guest.ended, main.ended) == ("closed", "")


def test_an_owned_output_is_closed_at_the_end_of_the_run() -> None:
    main, guest = ListSink(), ListSink()
    run = live(
        CountingSource(50, live=True, before=sleep(0.003)),
        FakeLiveDefocuser(),
        main,
        depth="decoupled",
    )
    run.outputs.attach(guest, owned=True)
    run.run()
    assert guest.ended == "closed"


def test_mirror_flips_from_the_next_frame_on() -> None:
    class Halves(CountingSource):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for frame in super().__iter__():
                pixels = frame.bgr.copy()
                pixels[:, : WIDTH // 2] = 255
                yield frame.with_bgr(pixels)

    seen: list[bool] = []

    class Watcher(FakeLiveDefocuser):
        def measure(self, frame: Frame) -> DisparityMap:
            seen.append(bool(frame.bgr[0, 0, 0] == 255))
            return super().measure(frame)

    run = live(Halves(60, live=True, before=sleep(0.003)), Watcher(), ListSink(), depth="decoupled")

    def tick() -> None:
        run.mirror = run.stats.frames_in > 30

    run.run(tick, tick_s=0.002)
    assert seen[0]
    assert not seen[-1]


def test_the_work_rests_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamdefocus.pipeline.live._ASK_S", 0.05)
    watchers = 1
    rested: list[int] = []
    sink = ListSink()
    monkeypatch.setattr(sink, "readers", lambda: watchers)
    defocuser = FakeLiveDefocuser()
    run = live(CountingSource(None, live=True, before=sleep(0.005)), defocuser, sink, depth="auto")
    begin_s = time.monotonic()

    def tick() -> None:
        nonlocal watchers
        elapsed_s = time.monotonic() - begin_s
        watchers = 0 if 0.5 < elapsed_s < 1.5 else 1
        if 0.8 < elapsed_s < 1.4:
            rested.append(len(defocuser.measured))
        if elapsed_s > 1.5 and rested and len(defocuser.measured) > rested[-1] + 10:
            run.stop()

    run.run(tick, tick_s=0.01)
    assert rested[0] > 0
    assert rested[-1] == rested[0]
    assert sink.values[-1] == RENDERED


def test_outputs_stay_alive_while_the_camera_gives_nothing() -> None:
    def stop_and_go(index: int) -> None:
        time.sleep(1.2 if index == 20 else 0.005)

    sink = ListSink()
    source = CountingSource(40, live=True, before=stop_and_go)
    run = live(source, FakeLiveDefocuser(), sink, depth="auto")
    run.run()
    repeated = len(sink.indices) - len(set(sink.indices))
    assert 2 <= repeated <= 5
    assert run.report()["frames"]["out"] == len(sink.indices) - repeated
