"""The camera: click to focus, virtual camera, recording, snapshots."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from streamdefocus.app.pages.live_view import LiveView
from streamdefocus.app.pages.photo_panel import SidePanel
from streamdefocus.app.parts.basics import Choice, Segments, button, label, rule
from streamdefocus.app.parts.stage import Stage
from streamdefocus.app.settings import Settings
from streamdefocus.app.theme import LARGE, SMALL
from streamdefocus.app.work.cameras import CameraChoice, camera_choices, open_choice
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.app.work.session import LiveSession, Watched
from streamdefocus.config import Config
from streamdefocus.depth.postprocessing import colour_map, disparity_at
from streamdefocus.photos import Photo
from streamdefocus.pipeline import PhotoResult
from streamdefocus.sinks import Sink, VideoSink, open_sink

_RATE = 30.0
_TITLES = {"virtual": "Virtual camera", "record": "Record"}


class CameraPage(LiveView):
    """Shows what the camera sees, defocused; nothing else ever leaves."""

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__("Camera", settings)
        self._config = config
        self._choices: list[CameraChoice] = []
        self._outputs: dict[str, Watched] = {}
        self._is_shown = False
        self.jobs = Desk("camera-jobs")
        self.devices, self.sizes = Choice("Camera"), Choice("Size")
        empty = ("The camera is off", "Nothing is recorded or sent until you say so.")
        self.stage = Stage(self.canvas, empty, [("Start camera", self.start)], self.stop)
        self.message = label("", "muted")
        self.rate = label("", "muted")
        self._make_panel()
        self._lay_out()
        self.shown.connect(self._show_canvas)
        self.jobs.done.connect(self._did)
        self.jobs.failed.connect(self._failed)
        self.devices.currentIndexChanged.connect(self._chose_camera)
        self.sizes.activated.connect(self._chose_size)

    def set_shown(self, shown: bool) -> None:
        """The page is or is not in front; the camera is let go unless someone else sees it."""
        if shown and not self._is_shown:
            self.jobs.submit("list", lambda _job: camera_choices())
        if not shown and self.session and not self._outputs:
            self.stop()
        self._is_shown = shown

    def start(self) -> None:
        """Start the chosen camera at the chosen size, or start it anew."""
        choice = self._choice()
        if choice is None:
            return
        self.stop()
        self.settings.camera = choice.address
        size = self.sizes.currentData() or choice.sizes[0]
        look = self.looks.look
        session = LiveSession(
            lambda: open_choice(choice.address, size), look.in_config(self._config), self.last
        )
        session.ended.connect(self._ended)
        session.output_ended.connect(self._output_ended)
        self.stage.show_progress(choice.name, "Starting the camera", 0.3)
        self.begin(session)
        self._show_buttons()

    def stop(self) -> None:
        """Let the camera go."""
        self._outputs.clear()
        self.end()
        self.canvas.show_layers(None)
        self.stage.show_empty()
        self.message.setText("")
        self.rate.setText("")
        self._show_buttons()

    def snapshot(self, folder: Path | None = None) -> None:
        """Save what is shown, its depth map and its disparity."""
        view = self.view
        if view is None or view.disparity is None:
            self._say("There is nothing to save yet")
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
        if output and session:
            session.detach(output)
            if kind == "record":
                self._say("Finishing the recording")
        elif session and session.source:
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

    def show_status(self) -> None:
        """Tell the rate, and what is wrong."""
        session = self.session
        if session is None:
            return
        if session.trouble:
            self._say(session.trouble)
            self._is_troubled = True
        elif self._is_troubled:
            self._is_troubled = False
            self._say("")
        fps, latency_ms = session.rates()
        self.rate.setText(f"{fps:.0f} fps   {latency_ms:.0f} ms" if fps else "")

    def _make_panel(self) -> None:
        self._is_troubled = False
        self.views = Segments("View", [("result", "Result"), ("depth", "Depth")])
        self.views.choose("result")
        self.views.chosen.connect(self.show_view)
        self.mirror = button("Mirror", checkable=True)
        self.mirror.toggled.connect(self._mirror)
        self.virtual = button(
            "Virtual camera: off", lambda: self.toggle_output("virtual"), checkable=True
        )
        self.virtual.setToolTip("Other programs can choose it as their camera")
        self.record = button("Record", lambda: self.toggle_output("record"), checkable=True)
        self.snap = button("Snapshot", self.snapshot)
        self.off = button("Stop camera", self.stop)

    def _lay_out(self) -> None:
        panel = SidePanel()
        panel.fill(
            [
                label("Camera", "section"),
                self.devices,
                self.sizes,
                self.mirror,
                rule(),
                label("View", "section"),
                self.views,
                rule(),
                self.looks,
            ],
            [self.virtual, _row(self.record, self.snap), self.off],
        )
        foot = QWidget()
        foot.setObjectName("foot")
        line = QHBoxLayout(foot)
        line.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        line.addWidget(self.message, 1)
        line.addWidget(self.rate)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.stage, 1)
        left.addWidget(foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(panel)
        self._show_buttons()

    def _choice(self) -> CameraChoice | None:
        index = self.devices.currentIndex()
        return self._choices[index] if 0 <= index < len(self._choices) else None

    def _mirror(self, on: bool) -> None:
        if self.session:
            self.session.set_mirror(on)

    def _chose_size(self, _index: int) -> None:
        if self.session:
            self.start()

    def _chose_camera(self, _index: int = 0) -> None:
        choice = self._choice()
        self.sizes.clear()
        for width, height in choice.sizes if choice else ():
            self.sizes.addItem(f"{width} \N{MULTIPLICATION SIGN} {height}", (width, height))
        usual = self.sizes.findData((1280, 720))
        self.sizes.setCurrentIndex(max(usual, 0))
        if self.session:
            self.start()

    def _did(self, job: Job, result: object) -> None:
        if job.about == "list" and isinstance(result, list):
            self._show_choices(result)
        elif job.about == "snapshot" and isinstance(result, list):
            self._say(f"Saved {result[-1]}")
        elif isinstance(result, Sink):
            self._attach(str(job.about), result)

    def _attach(self, kind: str, sink: Sink) -> None:
        watched = self.session.attach(sink) if self.session else sink.discard()
        if watched:
            self._outputs[kind] = watched
            self._say("Recording" if kind == "record" else "The virtual camera is on")
        self._show_buttons()

    def _show_choices(self, choices: list[CameraChoice]) -> None:
        if choices == self._choices:
            return
        self._choices = choices
        addresses = [choice.address for choice in choices]
        self.devices.blockSignals(True)
        self.devices.clear()
        for choice in choices:
            self.devices.addItem(choice.name, choice.address)
        known = self.settings.camera
        self.devices.setCurrentIndex(addresses.index(known) if known in addresses else 0)
        self.devices.blockSignals(False)
        if self.session is None:
            self._chose_camera()

    def _failed(self, job: Job, sentence: str) -> None:
        self._say(f"{_TITLES.get(str(job.about), 'That')} did not work: {sentence}")
        self._show_buttons()

    def _output_ended(self, sink: Watched, sentence: str) -> None:
        self._outputs = {kind: other for kind, other in self._outputs.items() if other is not sink}
        if isinstance(sink.sink, VideoSink) and not sentence:
            sentence = f"Saved {sink.sink.path}"
        self._say(sentence or "The virtual camera is off")
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
        running = self.session is not None
        for one in (self.virtual, self.record, self.snap, self.off):
            one.setEnabled(running)
        on = "virtual" in self._outputs
        self.virtual.setChecked(on)
        self.virtual.setText(f"Virtual camera: {'on' if on else 'off'}")
        self.virtual.setAccessibleName(self.virtual.text())
        recording = "record" in self._outputs
        self.record.setChecked(recording)
        self.record.setText("Stop recording" if recording else "Record")

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setToolTip(text)


def _row(*widgets: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SMALL)
    for widget in widgets:
        row.addWidget(widget, 1)
    return made


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
