"""Videos: play with live defocus, put the focus where it belongs over time, export."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from typing_extensions import override

from streamdefocus.app.model.look import Look
from streamdefocus.app.model.take import Take
from streamdefocus.app.pages.live_panel import VideoPanel, clock
from streamdefocus.app.pages.live_view import LiveView
from streamdefocus.app.parts.basics import button, label
from streamdefocus.app.parts.outgoing import ask_export
from streamdefocus.app.parts.stage import Stage
from streamdefocus.app.parts.surround import Foot, lay_out
from streamdefocus.app.parts.timeline import NEAR_S, Timeline
from streamdefocus.app.settings import Settings
from streamdefocus.app.work.desk import Desk, Job
from streamdefocus.app.work.export import export_video
from streamdefocus.app.work.player import Player
from streamdefocus.app.work.session import LiveSession
from streamdefocus.config import Config
from streamdefocus.errors import StreamDefocusError
from streamdefocus.frames import View
from streamdefocus.pipeline import Edit, load_edit


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
        self.jobs = Desk("export")
        empty = ("No video is open", "Open one, or drop a file here.")
        self.stage = Stage(
            self.canvas, empty, [("Open video", self.wants_file.emit)], self.close_file
        )
        self.timeline = Timeline()
        self.play = button("Play", self.toggle_play, tip="Space")
        self.time = label("", "muted")
        self.play.setMinimumWidth(76)
        self.foot = Foot([self.play, self.time], [self.value, self.steps])
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
    def edit(self) -> Edit:
        """Keyframes, and the part that is exported."""
        return self.take.edit

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
            edit = load_edit(path)
        except StreamDefocusError as error:
            edit = Edit()
            self.foot.say(str(error))
        self.take = Take(self.settings.look().focused("centre"), edit)
        self.looks.show_look(self.take.look)
        self.stage.show_progress(path.name, "Opening the video", 0.3)
        config = self.take.look.in_config(self._config)
        session = LiveSession(lambda: Player(path), config, self.last, edit)
        session.started.connect(self._started)
        session.ended.connect(self._ended)
        self.begin(session)

    def close_file(self) -> None:
        """Show no video any more."""
        self.end()
        self._path = None
        self.take = self.take.edited(Edit())
        self.undo.clear()
        self.canvas.show_layers(None)
        self.timeline.show_video(None, 0.0)
        self.timeline.show_edit(Edit())
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

    def seek_keyframe(self, way: int) -> None:
        """Go to the next keyframe (1) or the one before (-1)."""
        keyframe = self.edit.neighbour(self.player.aim_s, way) if self.player else None
        if keyframe:
            self.seek(keyframe.time_s)

    def remove_keyframe(self) -> None:
        """Remove the keyframe here."""
        keyframe = self.edit.nearest(self.player.position_s, NEAR_S) if self.player else None
        if keyframe:
            self._edit(self.edit.without(keyframe), "keyframe")

    def begin_here(self) -> None:
        """Export from this moment on."""
        if self.player:
            self._edit(self.edit.from_s(self.player.position_s or None), "start")

    def end_here(self) -> None:
        """Export up to this moment, with the picture that is shown."""
        if self.player:
            end_s = self.player.position_s + self.player.frame_s
            is_end = end_s >= self.player.duration_s - self.player.frame_s / 2
            self._edit(self.edit.until_s(None if is_end else end_s), "end")

    def whole(self) -> None:
        """Export everything."""
        self._edit(self.edit.from_s(None).until_s(None), "part")

    def show_before(self, held: bool) -> None:
        """Show the video as it was, as long as a key is held."""
        if self.session:
            look = self.take.look
            sharp = look.with_defocus(blur=0.0, f_number=None)
            self.session.change(sharp if held else look)
            self._nudge()

    @override
    def show_view(self, name: str) -> None:
        self.panel.views.choose(name)
        super().show_view(name)
        self._nudge()

    @override
    def with_focus_of(self, look: Look) -> Take:
        """See LiveView; while the video stands still, it makes a keyframe."""
        player = self.player
        if player is None or not player.paused:
            return super().with_focus_of(look)
        return Take(look, self.edit.put(player.position_s, look.focus.focus))

    @override
    def apply(self, take: Take) -> None:
        before = self.take.edit
        super().apply(take)
        if take.edit != before:
            self.timeline.show_edit(take.edit)
            if self.session:
                self.session.follow_edit(take.edit)
            self._save_edit()
            self._show_edit()
        self._nudge()

    def export(self, target: Path | None = None) -> None:
        """Write the video with its look and edit; asks where if no file is given."""
        path = self._path
        if path is None or self._export:
            return
        target = target or ask_export(self, path)
        if target is None:
            return
        if self.player:
            self.player.set_paused(True)
        file, config, edit = target, self.take.look.in_config(self._config), self.edit
        work = lambda job: export_video(job, path, file, config, edit)  # noqa: E731
        self.panel.bar.setValue(0)
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

    @override
    def show_status(self) -> None:
        super().show_status()
        self._show_buttons()

    def _connect(self) -> None:
        self.shown.connect(self._show_time)
        self.timeline.sought.connect(self.seek)
        self.timeline.edited.connect(self._edit)
        self.jobs.progressed.connect(self._progressed)
        self.jobs.done.connect(self._exported)
        self.jobs.failed.connect(self._export_failed)
        panel = self.panel
        panel.views.chosen.connect(self.show_view)
        for one, deed in (
            (panel.before, lambda: self.seek_keyframe(-1)),
            (panel.after, lambda: self.seek_keyframe(1)),
            (panel.remove, self.remove_keyframe),
            (panel.start, self.begin_here),
            (panel.stop, self.end_here),
            (panel.whole, self.whole),
            (panel.save, self.export),
            (panel.cancel, self.cancel_export),
        ):
            one.clicked.connect(lambda _on, deed=deed: deed())
        for widget in (self.canvas, self.timeline):  # elsewhere, Space presses buttons
            key = QShortcut(QKeySequence("Space"), widget)
            key.setContext(Qt.ShortcutContext.WidgetShortcut)
            key.activated.connect(self.toggle_play)
        self.canvas.scrubbed.connect(self._nudge)

    def _started(self, session: LiveSession) -> None:
        player = self.player
        if session is self.session and player and self._path:
            self.timeline.frame_s = player.frame_s
            self.timeline.show_video(self._path, player.duration_s)
            self.timeline.show_edit(self.edit)
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
            self.stage.focus_action()

    def _edit(self, edit: Edit, what: str, goes_on: bool = False) -> None:
        self.change(self.take.edited(edit), what, goes_on)

    def _save_edit(self) -> None:
        if self._path is None:
            return
        try:
            file = self.edit.save(self._path)
        except StreamDefocusError as error:
            self.foot.say(str(error))
        else:
            self.foot.say(f"Kept in {file.name}" if self.edit != Edit() else "")

    def _nudge(self, *_values: object) -> None:
        if self.player:
            self.player.nudge()

    def _show_time(self, view: View) -> None:
        self.stage.show_canvas()
        if view.disparity is None:
            self._nudge()  # depth is still to come
        player = self.player
        if player:
            self.timeline.set_position(player.aim_s)
            self.time.setText(f"{clock(player.aim_s)} / {clock(player.duration_s)}")
            self._show_edit()

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
        self.steps.set_enabled(player is not None)
        self.timeline.setVisible(player is not None)
        self.panel.show_export(self._path is not None, self.exporting)
        self._show_edit()

    def _show_edit(self) -> None:
        player = self.player
        position_s, duration_s = (player.position_s, player.duration_s) if player else (0.0, 0.0)
        self.panel.show_edit(self.edit, position_s, duration_s)
