from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest
from fakes import CountingSource, FakeDefocuser, ListSink, fail_at, sleep

from streamdefocus.errors import InputError, OutputError
from streamdefocus.pipeline import Defocuser, Pipeline


def pipeline(source: CountingSource, defocuser: FakeDefocuser, *sinks: ListSink) -> Pipeline:
    return Pipeline(source, cast(Defocuser, defocuser), sinks)


@pytest.mark.parametrize("slow", ["source", "look", "render", "sink", "none"])
def test_a_file_comes_out_whole_and_in_order_whoever_is_slow(slow: str) -> None:
    def delay(stage: str) -> Any:
        return sleep(0.004 if slow == stage else 0)

    sink = ListSink(delay("sink"))
    source = CountingSource(50, before=delay("source"))
    run = pipeline(source, FakeDefocuser(delay("look"), delay("render")), sink)
    run.run()
    assert sink.indices == list(range(50))
    assert sink.values == [index + 1 for index in range(50)]
    assert run.report()["frames"] == {"in": 50, "out": 50, "dropped": 0}


def test_memory_is_bounded_by_the_channels() -> None:
    """However slow the sink, the source is only a few frames ahead of it."""
    ahead: list[int] = []
    sink = ListSink(sleep(0.002))
    source = CountingSource(60, before=lambda index: ahead.append(index - len(sink.indices)))
    pipeline(source, FakeDefocuser(), sink).run()
    assert max(ahead) <= 3 * 3 + 4  # three channels, and what each thread holds in its hands


def test_live_drops_late_frames_and_keeps_the_newest() -> None:
    sink = ListSink()
    source = CountingSource(100, live=True, before=sleep(0.002))
    run = pipeline(source, FakeDefocuser(look=sleep(0.02)), sink)
    run.run()
    frames = run.report()["frames"]
    assert frames["dropped"] > 50
    assert frames["in"] == 100
    assert frames["out"] + frames["dropped"] == 100
    assert sink.indices == sorted(set(sink.indices))
    assert sink.indices[-1] == 99


def test_a_slow_live_sink_does_not_slow_the_other() -> None:
    fast, slow = ListSink(), ListSink(sleep(0.05))
    pipeline(CountingSource(100, live=True, before=sleep(0.002)), FakeDefocuser(), fast, slow).run()
    assert len(fast.indices) > 3 * len(slow.indices)


STAGES = ["source", "look", "render", "sink"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("live", [False, True])
def test_an_error_of_any_stage_reaches_the_caller_and_ends_all_threads(
    stage: str, live: bool
) -> None:
    def hook(name: str) -> Any:
        return fail_at(5, OutputError("disk full")) if name == stage else sleep(0.001)

    source = CountingSource(None, live, hook("source"))
    run = pipeline(source, FakeDefocuser(hook("look"), hook("render")), ListSink(hook("sink")))
    with pytest.raises(OutputError, match="disk full"):
        run.run()
    assert source.closed.is_set()


def test_sinks_discard_after_an_error_and_close_after_success() -> None:
    good, bad = ListSink(), ListSink()
    with CountingSource(3) as source, good:
        pipeline(source, FakeDefocuser(), good).run()
    with pytest.raises(InputError), CountingSource(9) as source, bad:
        pipeline(source, FakeDefocuser(look=fail_at(2, InputError("broken"))), bad).run()
    assert (good.ended, bad.ended) == ("closed", "discarded")


def test_ctrl_c_ends_everything_at_once() -> None:
    def interrupt(_stats: object) -> None:
        raise KeyboardInterrupt

    sink = ListSink(sleep(0.01))
    begin_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt), CountingSource(None) as source, sink:
        pipeline(source, FakeDefocuser(), sink).run(progress=interrupt)
    assert sink.ended == "discarded"
    assert time.monotonic() - begin_s < 5


def test_stop_lets_frames_under_way_come_out() -> None:
    sink = ListSink()
    source = CountingSource(None)
    run = pipeline(source, FakeDefocuser(look=sleep(0.005)), sink)
    threading.Timer(0.2, run.stop).start()
    run.run()
    frames = run.report()["frames"]
    assert frames["out"] == frames["in"] > 5


def test_the_report_has_the_keys_of_the_contract() -> None:
    run = pipeline(CountingSource(4), FakeDefocuser(), ListSink())
    run.run()
    report = run.report(engine="none", model="none")
    assert set(report) == {
        *("frames", "seconds", "fps", "first_frame_s", "latency_ms", "stages", "memory_mb"),
        *("engine", "model", "size"),
    }
    assert report["size"] == [8, 4]
    assert set(report["latency_ms"]) == {"median", "p95"}
    assert set(report["stages"]["decode"]) == {"median_ms", "p95_ms"}
    assert set(report["memory_mb"]) == {"start", "peak", "end"}


def test_no_frames_at_all_is_no_error_of_the_pipeline() -> None:
    run = pipeline(CountingSource(0), FakeDefocuser(), ListSink())
    run.run()
    assert run.report()["first_frame_s"] is None
