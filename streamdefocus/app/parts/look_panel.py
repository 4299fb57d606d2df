"""Sliders and buttons for a look; the same beside photos, videos and the camera."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from streamdefocus.app.model.lens import EXPLANATION, describe_blur
from streamdefocus.app.model.look import MOST_BLUR, Look
from streamdefocus.app.parts.basics import Choice, NamedSlider, Segments, button, label, rule
from streamdefocus.app.theme import MEDIUM, SMALL
from streamdefocus.config import DefocusOptions

_METHODS = {
    "fast": "Fast: layered lens",
    "best": "Best: every detail, slower",
    "classic": "Classic: the report's",
}


class LookPanel(QWidget):
    """Shows a look and lets it be changed.

    Attributes:
        look: The one that is shown.
        portrait: The picture is higher than wide, which the f-number depends on.
    """

    changed = Signal(object, str, bool)
    """(Look, which option, whether it goes on changing), by the user."""

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self.portrait = False
        self.blur = NamedSlider("Blur", MOST_BLUR, self._blur_words, curve=2.0)
        self.blur.setToolTip(EXPLANATION)
        self.range = NamedSlider("Focus range", 1.0, lambda v: f"{100 * v:.0f} %", curve=1.5)
        self.range.setToolTip("How much of the scene's depth stays fully sharp around the focus")
        self.shape = Segments("Aperture", _choices("aperture_shape"))
        self.renderer = Choice("Method")
        self.blur_method = Choice("Classic blur")
        self._fill(self.renderer, "renderer")
        self._fill(self.blur_method, "blur_method")
        self._lay_out()
        self.blur.moved.connect(lambda v, on: self._defocus("blur", round(v, 3), on))
        self.range.moved.connect(self._range)
        self.shape.chosen.connect(lambda value: self._defocus("aperture_shape", value))
        self.show_look(self.look)

    def show_look(self, look: Look, portrait: bool | None = None) -> None:
        """Show another look; nothing is emitted."""
        self.look = look
        self.portrait = self.portrait if portrait is None else portrait
        self.blur.show_value(look.defocus.blur)
        self.range.show_value(look.focus.focus_range)
        self.shape.choose(look.defocus.aperture_shape)
        for box, value in (
            (self.renderer, look.defocus.renderer),
            (self.blur_method, look.defocus.blur_method),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(max(box.findData(value), 0))
            box.blockSignals(False)
        self._classic.setVisible(look.defocus.renderer == "classic")
        self.shape.setEnabled(look.defocus.renderer != "classic")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        auto = QHBoxLayout()
        auto.setSpacing(SMALL)
        tips = {"auto": "Focus on the nearest large thing", "centre": "Focus on the middle"}
        for focus, text in (("auto", "Find subject"), ("centre", "Centre")):
            auto.addWidget(button(text, partial(self._focus, focus), tip=tips[focus]))
        self._classic = QWidget()
        classic = QVBoxLayout(self._classic)
        classic.setContentsMargins(0, 0, 0, 0)
        classic.addWidget(label("Classic blur"))
        classic.addWidget(self.blur_method)
        column.addWidget(label("Focus", "section"))
        column.addLayout(auto)
        column.addWidget(self.range)
        column.addWidget(rule())
        column.addWidget(label("Lens", "section"))
        column.addWidget(self.blur)
        column.addWidget(label("Aperture"))
        column.addWidget(self.shape)
        column.addWidget(label("Method"))
        column.addWidget(self.renderer)
        column.addWidget(self._classic)

    def _fill(self, box: Choice, option: str) -> None:
        for value, text in _choices(option):
            box.addItem(text, value)
        box.currentIndexChanged.connect(lambda _i: self._defocus(option, box.currentData()))

    def _blur_words(self, blur: float) -> str:
        if blur <= 0:
            return "off"
        return f"{blur:.1f} %   \N{ALMOST EQUAL TO} {describe_blur(blur, self.portrait)}"

    def _focus(self, focus: str) -> None:
        self._change(self.look.focused(focus), "focus", False)

    def _range(self, value: float, goes_on: bool) -> None:
        self._change(self.look.with_focus(focus_range=round(value, 4)), "focus_range", goes_on)

    def _defocus(self, option: str, value: Any, goes_on: bool = False) -> None:
        self._change(self.look.with_defocus(**{option: value}), option, goes_on)

    def _change(self, look: Look, option: str, goes_on: bool) -> None:
        self.show_look(look)
        self.changed.emit(look, option, goes_on)


def _choices(option: str) -> list[tuple[str, str]]:
    """The values of an option, and what people call them."""
    values = get_args(DefocusOptions.model_fields[option].annotation)
    names = _METHODS if option == "renderer" else {}
    return [(value, names.get(value, value.capitalize())) for value in values]
