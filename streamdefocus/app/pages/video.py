"""Videos: play with live defocus, put the focus where it belongs over time, export."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from streamdefocus.app.model.keyframes import Keyframe, Keyframes, load_keyframes
from streamdefocus.app.pages.live_panel import LiveFoot, VideoPanel, lay_out
from streamdefocus.app.pages.live_view import LiveView
from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.outgoing import ask_export
from streamdefocus.app.parts.stage import Stage
from streamdefocus.app.parts.timeline import Timeline
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.app.work.export import export_video
from streamdefocus.app.work.player import Player
from streamdefocus.app.work.session import LiveSession
from streamdefocus.config import Config
from streamdefocus.errors import StreamDefocusError


class VideoPage(LiveView):
    """The viewer of videos."""

    wants_file = Signal()
    """The user wants to choose a video."""
    opened = Signal(object)
    """A video turned out to be one: its path."""

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__("Video", settings)
        self._config = config
        self._path: Path | None = None
        self._export: Job | None = None
        self.keyframes = Keyframes()
        self.jobs = Desk("export")
        empty = ("No video is open", "Open one, or drop a file here.")
        self.stage = Stage(
            self.canvas, empty, [("Open video", self.wants_file.emit)], self.close_file
        )
        self.timeline = Timeline()
        self.play = button("Play", self.toggle_play, tip="Space")
        self.time = label("", "muted")
        self.play.setMinimumWidth(76)
        self.foot = LiveFoot([self.play, self.time], [])
        self.panel = VideoPanel(self.looks)
        lay_out(self, [self.stage, self.timeline, self.foot], self.panel)
        self._connect()
        self._show_buttons()

    @property
    def player(self) -> Player | None:
        """What plays, once it is open."""
        source = self.session.source if self.session else None
        return source if isinstance(source, Player) else None

    @property
    def exporting(self) -> bool:
        """Whether a file is being written."""
        return self._export is not None

    def open(self, path: Path) -> None:
        """Show another video, standing still."""
        self.close_file()
        self._path = path
        self.foot.say("")
        try:
            self.keyframes = load_keyframes(path)
        except StreamDefocusError as error:
            self.keyframes = Keyframes()
            self.foot.say(str(error))
        self.stage.show_progress(path.name, "Opening the video", 0.3)
        look = self.looks.look.focused("centre")
        config = look.in_config(self._config)
        session = LiveSession(lambda: Player(path), config, self.last, self.keyframes)
        session.started.connect(self._started)
        session.ended.connect(self._ended)
        self.begin(session)

    def close_file(self) -> None:
        """Show no video any more."""
        self.end()
        self._path = None
        self.canvas.show_layers(None)
        self.timeline.show_video(None, 0.0, Keyframes())
        self.stage.show_empty()
        self.time.setText("")
        self._show_buttons()

    def set_shown(self, shown: bool) -> None:
        """The page is or is not in front; nothing plays behind it."""
        if not shown and self.player:
            self.player.set_paused(True)
            self._show_buttons()

    def toggle_play(self) -> None:
        """Play, or pause."""
        if self.player:
            self.player.set_paused(not self.player.paused)
            self._show_buttons()

    def seek(self, position_s: float) -> None:
        """Go to a moment."""
        if self.player:
            self.player.seek(position_s)
            self.timeline.set_position(position_s)

    def focus_at(self, x: float, y: float) -> None:
        """A click: while the video stands still, it makes a keyframe."""
        super().focus_at(x, y)
        self._keep(f"{x:.4f},{y:.4f}")

    def follow(self, x: float, y: float) -> None:
        """The same of a double click: from here on that thing is followed."""
        super().follow(x, y)
        self._keep(f"track:{x:.4f},{y:.4f}")

    def export(self, target: Path | None = None) -> None:
        """Write the video with its look and keyframes; asks where if no file is given."""
        path = self._path
        if path is None or self._export:
            return
        target = target or ask_export(self, path)
        if target is None:
            return
        if self.player:
            self.player.set_paused(True)
        file, config = target, self.looks.look.in_config(self._config)
        work = lambda job: export_video(job, path, file, config, self.keyframes)  # noqa: E731
        self._export = self.jobs.submit(file, work)
        self.foot.say(f"Exporting {file.name}")
        self._show_buttons()

    def cancel_export(self) -> None:
        """Give the export up; nothing of it stays."""
        if self._export:
            self._export.cancel()
            self._export = None
            self.foot.say("The export was cancelled")
            self._show_buttons()

    def close_work(self) -> None:
        """End everything and wait for it; idempotent."""
        self.end()
        self.jobs.stop()
        self.timeline.close_work()
        self.jobs.close()
        super().close_work()

    def show_status(self) -> None:
        """Tell what is wrong."""
        if self.session and self.session.trouble:
            self.foot.say(self.session.trouble)
        self._show_buttons()

    def _connect(self) -> None:
        self.shown.connect(self._show_time)
        self.timeline.sought.connect(self.seek)
        self.timeline.removed.connect(self._remove)
        self.jobs.progressed.connect(self._progressed)
        self.jobs.done.connect(self._exported)
        self.jobs.failed.connect(self._export_failed)
        self.panel.views.chosen.connect(self.show_view)
        self.panel.views.chosen.connect(self._nudge)
        self.panel.save.clicked.connect(lambda _on: self.export())
        self.panel.cancel.clicked.connect(lambda _on: self.cancel_export())
        for widget in (self.canvas, self.timeline):  # elsewhere, Space presses buttons
            key = QShortcut(QKeySequence("Space"), widget)
            key.setContext(Qt.ShortcutContext.WidgetShortcut)
            key.activated.connect(self.toggle_play)
        self.looks.changed.connect(self._nudge)
        self.canvas.turned.connect(self._nudge)
        self.canvas.scrubbed.connect(self._nudge)

    def _started(self, session: LiveSession) -> None:
        if session is self.session and self.player and self._path:
            self.timeline.show_video(self._path, self.player.duration_s, self.keyframes)
            self.opened.emit(self._path)
        self.canvas.setFocus()
        self._show_buttons()

    def _ended(self, session: LiveSession, why: str) -> None:
        if session is not self.session:
            return
        name = self._path.name if self._path else "This file"
        self.close_file()
        if why:
            self.stage.show_trouble(f"{name} cannot be shown", why)

    def _keep(self, focus: str) -> None:
        player = self.player
        if player is None:
            return
        player.nudge()
        if player.paused and self._path:
            self.keyframes.put(player.position_s, focus)
            self._save_keyframes("Keyframe set")

    def _remove(self, keyframe: Keyframe) -> None:
        self.keyframes.remove(keyframe)
        self._save_keyframes("Keyframe removed")
        self._nudge()

    def _save_keyframes(self, done: str) -> None:
        self.timeline.update()
        if self._path is None:
            return
        try:
            file = self.keyframes.save(self._path)
        except StreamDefocusError as error:
            self.foot.say(str(error))
        else:
            self.foot.say(f"{done}; kept in {file.name}")

    def _nudge(self, *_values: object) -> None:
        if self.player:
            self.player.nudge()

    def _show_time(self, _view: object) -> None:
        self.stage.show_canvas()
        player = self.player
        if player:
            self.timeline.set_position(player.position_s)
            self.time.setText(f"{_clock(player.position_s)} / {_clock(player.duration_s)}")

    def _progressed(self, job: Job, sentence: str, share: float) -> None:
        if job is self._export:
            self.panel.bar.setValue(round(100 * share))
            self.foot.say(sentence)

    def _exported(self, job: Job, target: Path) -> None:
        if job is self._export:
            self._export = None
            self.foot.say(f"Saved {target.name} in {target.parent}")
            self._show_buttons()

    def _export_failed(self, job: Job, sentence: str) -> None:
        if job is self._export:
            self._export = None
            self.foot.say(f"The export failed: {sentence}")
            self._show_buttons()

    def _show_buttons(self) -> None:
        player = self.player
        self.play.setEnabled(player is not None)
        self.play.setText("Pause" if player and not player.paused else "Play")
        self.panel.show_export(self._path is not None, self.exporting)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
