"""Sliders and buttons for a look; the same beside photos, videos and the camera."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, get_args, get_origin

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from streamdefocus.app.model.look import Look
from streamdefocus.app.parts.basics import (
    Choice,
    More,
    NamedSlider,
    Segments,
    button,
    check,
    label,
    rule,
)
from streamdefocus.app.theme import MEDIUM, SMALL
from streamdefocus.config import MOST_BLUR, DefocusOptions
from streamdefocus.defocus.lens import blur_percent, f_number

_METHODS = {
    "fast": "Fast: layered lens",
    "best": "Best: many planes, slower",
    "classic": "Classic: the report's",
}
_SENSORS = (
    (36.0, "Full frame, 36 mm"),
    (23.5, "APS-C, 23.5 mm"),
    (17.3, "Four Thirds, 17.3 mm"),
    (13.2, "One inch, 13.2 mm"),
    (9.8, "Large phone, 9.8 mm"),
)
_OPEN, _CLOSED = 0.7, 32.0
_EXPLANATION = "The f-number is that of a lens which blurs what is very far away as much"


class LookPanel(QWidget):
    """Shows a look and lets it be changed.

    Attributes:
        look: The one that is shown.
        size_px: (width, height) of the picture, which the f-number depends on.
    """

    changed = Signal(object, str, bool)
    """(Look, which option, whether it goes on changing), by the user."""

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self.size_px: tuple[int, int] = (3, 2)
        percent = lambda v: f"{100 * v:.0f} %"  # noqa: E731
        self.range = NamedSlider("Focus range", 1.0, percent, curve=1.5)
        self.range.setToolTip("How much of the scene's depth stays fully sharp around the focus")
        self.unit = Segments("Strength", [("blur", "By blur"), ("lens", "By lens")])
        self.blur = NamedSlider("Blur", MOST_BLUR, self._blur_words, curve=2.0)
        self.blur.setToolTip(_EXPLANATION)
        self.stop = NamedSlider("Aperture", _CLOSED, self._stop_words, least=_OPEN)
        self.focal = NamedSlider("Focal length", 200.0, lambda v: f"{v:.0f} mm", least=14.0)
        self.distance = NamedSlider("Subject at", 30.0, lambda v: f"{v:.2g} m", least=0.3)
        self.distance.setToolTip("One camera cannot measure distance; say how far the subject is")
        self.sensor = Choice("Sensor")
        self.shape = Segments("Aperture shape", _choices("aperture_shape"))
        self.foreground = check("Blur the foreground, too", "Also what is nearer than the focus")
        self.highlights = NamedSlider("Highlights", 16.0, lambda v: f"{v:.1f}", curve=1.5)
        self.highlights.setToolTip("How bright lamps are that the camera saw as plain white")
        self.cats_eye = NamedSlider("Cat's eyes", 1.0, percent)
        self.cats_eye.setToolTip("How narrow lights become towards the corners")
        self.grain = NamedSlider("Grain", 1.0, percent)
        self.grain.setToolTip("Give blurred areas back the noise of the picture")
        self.renderer = Choice("Method")
        self.blur_method, self.far_method = Choice("Classic blur"), Choice("Classic blur far away")
        self.levels = NamedSlider("Levels", 64.0, lambda v: f"{v:.0f}", least=2.0)
        self._lay_out()
        self._connect()
        self.show_look(self.look)

    def show_look(self, look: Look, size_px: tuple[int, int] | None = None) -> None:
        """Show another look; nothing is emitted."""
        self.look, self.size_px = look, size_px or self.size_px
        defocus = look.defocus
        by_lens, classic = defocus.f_number is not None, defocus.renderer == "classic"
        self.unit.choose("lens" if by_lens else "blur")
        self.blur.setVisible(not by_lens)
        self._lens.setVisible(by_lens)
        self.blur.show_value(defocus.blur)
        self.stop.show_value(defocus.f_number or _OPEN)
        self.focal.show_value(defocus.focal_length_mm)
        self.distance.show_value(defocus.subject_distance_m)
        self.range.show_value(look.focus.focus_range)
        self.shape.choose(defocus.aperture_shape)
        self.foreground.setChecked(defocus.foreground_blur)
        self.highlights.show_value(defocus.highlights)
        self.cats_eye.show_value(defocus.cats_eye)
        self.grain.show_value(defocus.grain)
        self.levels.show_value(defocus.levels)
        for box, value in (
            (self.renderer, defocus.renderer),
            (self.blur_method, defocus.blur_method),
            (self.far_method, defocus.far_blur_method),
            (self.sensor, defocus.sensor_width_mm),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(max(box.findData(value), 0))
            box.blockSignals(False)
        self._classic.setVisible(classic)
        self._shape.setVisible(not classic)
        self.highlights.setVisible(not classic)
        self.cats_eye.setVisible(not classic)

    def _lay_out(self) -> None:
        for box, option in (
            (self.renderer, "renderer"),
            (self.blur_method, "blur_method"),
            (self.far_method, "far_blur_method"),
        ):
            for value, text in _choices(option):
                box.addItem(text, value)
        for width_mm, text in _SENSORS:
            self.sensor.addItem(text, width_mm)
        find = QWidget()
        row = QHBoxLayout(find)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        tips = {"auto": "Focus on the nearest large thing", "centre": "Focus on the middle"}
        for focus, text in (("auto", "Find subject"), ("centre", "Centre")):
            row.addWidget(button(text, partial(self._focus, focus), tip=tips[focus]))
        self._lens = _group([self.stop, self.focal, self.distance, _named(self.sensor)])
        self._shape = _group([label("Aperture shape"), self.shape])
        self._classic = _group(
            [_named(self.blur_method, "Blur"), _named(self.far_method, "Far away"), self.levels]
        )
        more = More("More", [self.foreground, self.highlights, self.cats_eye, self.grain])
        rows = [label("Focus", "section"), find, self.range, rule(), label("Lens", "section")]
        rows += [self.unit, self.blur, self._lens, self._shape, _named(self.renderer)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for widget in (*rows, self._classic, more):
            column.addWidget(widget)

    def _connect(self) -> None:
        self.range.moved.connect(self._range)
        self.unit.chosen.connect(self._choose_unit)
        self.shape.chosen.connect(lambda value: self._defocus("aperture_shape", value))
        self.foreground.clicked.connect(lambda on: self._defocus("foreground_blur", on))
        self.levels.moved.connect(lambda v, on: self._defocus("levels", round(v), on))
        for slider, option in (
            (self.blur, "blur"),
            (self.stop, "f_number"),
            (self.focal, "focal_length_mm"),
            (self.distance, "subject_distance_m"),
            (self.highlights, "highlights"),
            (self.cats_eye, "cats_eye"),
            (self.grain, "grain"),
        ):
            slider.moved.connect(
                lambda v, on, option=option: self._defocus(option, round(v, 3), on)
            )
        for box, option in (
            (self.renderer, "renderer"),
            (self.blur_method, "blur_method"),
            (self.far_method, "far_blur_method"),
            (self.sensor, "sensor_width_mm"),
        ):
            box.currentIndexChanged.connect(
                lambda _i, box=box, option=option: self._defocus(option, box.currentData())
            )

    def _blur_words(self, blur: float) -> str:
        number = f_number(
            self.look.defocus.model_copy(update={"blur": blur, "f_number": None}), self.size_px
        )
        return "off" if number is None else f"{blur:.1f} %   \N{ALMOST EQUAL TO} {_stop(number)}"

    def _stop_words(self, number: float) -> str:
        percent = blur_percent(
            self.look.defocus.model_copy(update={"f_number": number}), self.size_px
        )
        return f"{_stop(number)}   \N{ALMOST EQUAL TO} {percent:.1f} %"

    def _choose_unit(self, unit: str) -> None:
        """Give the same strength in the other unit."""
        defocus = self.look.defocus
        if unit == "lens" and defocus.f_number is None:
            number = f_number(defocus, self.size_px) or _CLOSED
            self._defocus("f_number", round(min(max(number, _OPEN), _CLOSED), 3))
        elif unit == "blur" and defocus.f_number is not None:
            blur = round(blur_percent(defocus, self.size_px), 3)
            look = self.look.with_defocus(blur=blur, f_number=None)
            self._change(look, "blur", False)

    def _focus(self, focus: str) -> None:
        self._change(self.look.focused(focus), "focus", False)

    def _range(self, value: float, goes_on: bool) -> None:
        self._change(self.look.with_focus(focus_range=round(value, 4)), "focus_range", goes_on)

    def _defocus(self, option: str, value: Any, goes_on: bool = False) -> None:
        self._change(self.look.with_defocus(**{option: value}), option, goes_on)

    def _change(self, look: Look, option: str, goes_on: bool) -> None:
        self.show_look(look)
        self.changed.emit(look, option, goes_on)


def _stop(number: float) -> str:
    return f"f/{number:.1f}" if number < 10 else f"f/{number:.0f}"


def _choices(option: str) -> list[tuple[Any, str]]:
    """The values of an option, and what people call them; none at all comes first."""
    annotation: Any = DefocusOptions.model_fields[option].annotation
    if get_origin(annotation) is Literal:
        names = _METHODS if option == "renderer" else {}
        return [(value, names.get(value, value.capitalize())) for value in get_args(annotation)]
    literal = next(part for part in get_args(annotation) if get_origin(part) is Literal)
    return [(None, "The same"), *((value, value.capitalize()) for value in get_args(literal))]


def _group(rows: list[QWidget]) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(MEDIUM)
    for row in rows:
        column.addWidget(row)
    return made


def _named(box: Choice, name: str = "") -> QWidget:
    """A list with its name before it."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SMALL)
    row.addWidget(label(name or box.accessibleName()))
    row.addWidget(box, 1)
    return made
