"""The camera: click to focus, virtual camera, recording, snapshots."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from typing_extensions import override

from streamdefocus.app.pages.live_panel import CameraPanel, clock
from streamdefocus.app.pages.live_view import LiveView
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.stage import Stage
from streamdefocus.app.parts.surround import Foot, lay_out
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.cameras import CameraChoice, camera_choices, open_choice
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.app.work.session import LiveSession
from streamdefocus.config import Config
from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.photos import Photo
from streamdefocus.pipeline import PhotoResult
from streamdefocus.sinks import Sink, VideoSink, open_sink
from streamdefocus.sinks.watched import Watched

_USUAL_PX = (1280, 720)
_RATE = 30.0
_OFF = ("The camera is off", "Nothing is recorded or sent until you say so.")
_NONE = (
    "No camera was found",
    "Plug one in and come back to this page. Or start the made-up scene to see how it works.",
)


class CameraPage(LiveView):
    """Shows what the camera sees, defocused; nothing else ever leaves."""

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__("Camera", settings)
        self._config = config
        self._choices: list[CameraChoice] = []
        self._outputs: dict[str, Watched] = {}
        self._awaited_outputs: set[str] = set()
        self._fault = ""
        self._recording_s = 0.0
        self._is_shown = False
        self.jobs = Desk("camera-jobs")
        self.stage = Stage(self.canvas, _OFF, [("Start camera", self.start)], self.stop)
        self.rate = label("", "muted")
        self._starts_soon = False
        self.foot = Foot([], [self.value, self.rate, self.steps])
        self.panel = CameraPanel(self.looks)
        self.devices, self.sizes = self.panel.devices, self.panel.sizes
        self.panel.mirror.setChecked(settings.mirror or config.live.mirror)
        lay_out(self, [self.stage, self.foot], self.panel)
        self._connect()
        self._show_buttons()

    def set_shown(self, shown: bool) -> None:
        """The page is or is not in front; the camera is let go unless someone else sees it."""
        if shown and not self._is_shown:
            self.jobs.submit("list", lambda _job: camera_choices())
        if not shown and self.session and not self._outputs:
            self.stop()
        self._is_shown = shown

    @override
    def show_view(self, name: str) -> None:
        self.panel.views.choose(name)
        super().show_view(name)

    def start_soon(self) -> None:
        """Start the camera as soon as it is known which there are."""
        if self._choices and self.session is None:
            self.start()
        else:
            self._starts_soon = self.session is None

    def start(self) -> None:
        """Start the chosen camera at the chosen size, or start it anew."""
        choice = self._choice()
        if choice is None:
            return
        self.stop()
        self.settings.camera = choice.address
        size = self.sizes.currentData() or choice.sizes[0]
        session = LiveSession(
            lambda: open_choice(choice.address, size), self._live_config(), self.last
        )
        session.ended.connect(self._ended)
        session.output_ended.connect(self._output_ended)
        self.stage.show_progress(choice.name, "Starting the camera", 0.3)
        self.begin(session)
        self._show_buttons()

    def stop(self) -> None:
        """Let the camera go."""
        self._outputs.clear()
        self._fault = ""
        self.end()
        self.canvas.show_layers(None)
        self.stage.show_empty()
        self.foot.say("")
        self.rate.setText("")
        self._show_buttons()

    def snapshot(self, folder: Path | None = None) -> None:
        """Save what is shown, its depth map and its disparity."""
        view = self.view
        if view is None or view.disparity is None:
            self.foot.say("There is nothing to save yet")
            return
        stem = (folder or _pictures()) / _now()
        disparity = view.disparity

        def work(_job: Job) -> list[Path]:
            values = disparity_at(disparity, view.frame.size_px)
            colours = colour_map(values, disparity.far, disparity.near)
            return PhotoResult(Photo(view.frame.bgr), values, colours).save(stem, "png")

        self.jobs.submit("snapshot", work)

    def toggle_output(self, kind: str, target: Path | None = None) -> None:
        """Switch the "virtual" camera or the "record"ing on or off."""
        session, output = self.session, self._outputs.pop(kind, None)
        self._fault = ""
        if output and session:
            session.detach(output)
            if kind == "record":
                self.foot.say("Finishing the recording")
        elif session and session.source and kind not in self._awaited_outputs:
            self._awaited_outputs.add(kind)
            info = session.source.info
            size = (info.width, info.height)
            if kind == "record":
                file = target or _videos() / f"{_now()}.mkv"
                self.jobs.submit(kind, lambda _job: open_sink(file, options=self._config.video))
            else:
                self.jobs.submit(kind, lambda _job: _virtual_camera(size, info.frame_rate or _RATE))
        self._show_buttons()

    def close_work(self) -> None:
        """End everything and wait for it; idempotent."""
        self.stop()
        self.jobs.close()
        super().close_work()

    @override
    def show_status(self) -> None:
        super().show_status()
        session = self.session
        if session is None:
            return
        if "record" in self._outputs:
            self.foot.say(f"Recording   {clock(time.monotonic() - self._recording_s)}")
        fps, latency_ms = session.rates()
        self.rate.setText(f"{fps:.0f} fps   {latency_ms:.0f} ms" if fps else "")

    def _connect(self) -> None:
        panel = self.panel
        self.shown.connect(self._show_canvas)
        self.jobs.done.connect(self._did)
        self.jobs.failed.connect(self._failed)
        self.devices.currentIndexChanged.connect(self._chose_camera)
        self.sizes.activated.connect(self._chose_size)
        panel.views.chosen.connect(self.show_view)
        panel.mirror.toggled.connect(self._mirror)
        panel.virtual.clicked.connect(lambda _on: self.toggle_output("virtual"))
        panel.record.clicked.connect(lambda _on: self.toggle_output("record"))
        panel.snap.clicked.connect(lambda _on: self.snapshot())
        panel.off.clicked.connect(lambda _on: self.stop())

    def _choice(self) -> CameraChoice | None:
        index = self.devices.currentIndex()
        return self._choices[index] if 0 <= index < len(self._choices) else None

    def _live_config(self) -> Config:
        """What a session begins with."""
        config = self.take.look.in_config(self._config)
        live = config.live.model_copy(update={"mirror": self.panel.mirror.isChecked()})
        return config.model_copy(update={"live": live})

    def _mirror(self, on: bool) -> None:
        self.settings.mirror = on
        if self.session:
            self.session.set_mirror(on)

    def _chose_size(self, _index: int) -> None:
        self.settings.camera_px = self.sizes.currentData()
        if self.session:
            self.start()

    def _chose_camera(self, _index: int = 0) -> None:
        choice = self._choice()
        self.sizes.clear()
        for width, height in choice.sizes if choice else ():
            self.sizes.addItem(f"{width} \N{MULTIPLICATION SIGN} {height}", (width, height))
        sizes = [self.sizes.itemData(i) for i in range(self.sizes.count())]
        usual = (size for size in (self.settings.camera_px, _USUAL_PX) if size in sizes)
        self.sizes.setCurrentIndex(sizes.index(next(usual, sizes[0])) if sizes else -1)
        if self.session:
            self.start()

    def _did(self, job: Job, result: object) -> None:
        if job.about == "list" and isinstance(result, list):
            self._show_choices(result)
        elif job.about == "snapshot" and isinstance(result, list):
            self.foot.say(f"Saved {result[-1]}")
        elif isinstance(result, Sink):
            self._attach(str(job.about), result)

    def _attach(self, kind: str, sink: Sink) -> None:
        self._awaited_outputs.discard(kind)
        watched = self.session.attach(sink) if self.session else sink.discard()
        if watched:
            self._outputs[kind] = watched
            self._recording_s = time.monotonic() if kind == "record" else self._recording_s
            self.foot.say("Recording" if kind == "record" else "The virtual camera is on")
        self._show_buttons()

    def _show_choices(self, choices: list[CameraChoice]) -> None:
        soon, self._starts_soon = self._starts_soon, False
        if choices != self._choices:
            self._list(choices)
        if soon and self.session is None:
            self.start()

    def _list(self, choices: list[CameraChoice]) -> None:
        self._choices = choices
        addresses = [choice.address for choice in choices]
        self.devices.blockSignals(True)
        self.devices.clear()
        for choice in choices:
            self.devices.addItem(choice.name, choice.address)
        self.stage.set_empty(*(_OFF if len(choices) > 1 else _NONE))
        known = self.settings.camera
        self.devices.setCurrentIndex(addresses.index(known) if known in addresses else 0)
        self.devices.blockSignals(False)
        if self.session is None:
            self._chose_camera()

    def _failed(self, job: Job, sentence: str) -> None:
        self._awaited_outputs.discard(str(job.about))
        if job.about == "virtual":
            self._fault = sentence
        else:
            self.foot.say(f"That did not work: {sentence}")
        self._show_buttons()

    def _output_ended(self, sink: Watched, sentence: str) -> None:
        self._outputs = {kind: other for kind, other in self._outputs.items() if other is not sink}
        if isinstance(sink.sink, VideoSink):
            self.foot.say(sentence or f"Saved {sink.sink.path}")
        else:
            self._fault = sentence
            self.foot.say("The virtual camera is off")
        self._show_buttons()

    def _show_canvas(self, _view: object) -> None:
        self.stage.show_canvas()

    def _ended(self, session: LiveSession, why: str) -> None:
        if session is not self.session:
            return
        self.stop()
        if why:
            self.stage.show_trouble("The camera gives no picture", why)

    def _show_buttons(self) -> None:
        on = self._outputs
        self.steps.set_enabled(self.session is not None)
        running = self.session is not None
        self.panel.show_outputs(running, "virtual" in on, "record" in on, self._fault)


def _virtual_camera(size: tuple[int, int], rate: object) -> Sink:
    from streamdefocus.sinks.virtual_camera import VirtualCameraSink

    return VirtualCameraSink(size, float(rate))  # type: ignore[arg-type]


def _now() -> str:
    return time.strftime("streamdefocus-%Y%m%d-%H%M%S")


def _pictures() -> Path:
    place = QStandardPaths.StandardLocation.PicturesLocation
    return Path(QStandardPaths.writableLocation(place) or ".")


def _videos() -> Path:
    place = QStandardPaths.StandardLocation.MoviesLocation
    return Path(QStandardPaths.writableLocation(place) or ".")
