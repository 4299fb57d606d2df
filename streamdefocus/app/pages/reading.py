"""Pages to read: help and about."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from streamdefocus import __version__
from streamdefocus.app.parts.basics import label
from streamdefocus.app.parts.emblem import Emblem
from streamdefocus.app.parts.story import Story
from streamdefocus.app.theme import HUGE, LARGE, MEDIUM, SMALL
from streamdefocus.resources import resource_dir

_STEPS = (
    (
        "Open something",
        "Drop a photo or a video anywhere in the window, paste a picture, or use the camera. "
        "Nothing at hand? Try the example.",
    ),
    (
        "Wait a moment",
        "A network looks at the picture and estimates how near everything is. It runs on this "
        "computer.",
    ),
    (
        "Click what should be sharp",
        "The ring shows where the focus is. Drag up or down to move the focus by hand, farther or "
        "nearer.",
    ),
    (
        "Choose the blur",
        "Turn the wheel over the picture or use the slider. Hold B to see the picture before.",
    ),
    (
        "Over time",
        "In a video, pause and click: that is a keyframe, and the focus goes there from then on. "
        "Drag the diamonds on the timeline to move keyframes, its brackets to export a part.",
    ),
    (
        "Save",
        "The result, the depth map and the disparity are saved at full size; the data of the "
        "camera in the photo are kept.",
    ),
)

SHORTCUTS = (
    ("Ctrl+O", "Open photos"),
    ("Ctrl+Shift+O", "Open a video"),
    ("Ctrl+K", "Use the camera"),
    ("Ctrl+E", "Try the example"),
    ("Ctrl+V", "Paste a picture"),
    ("Ctrl+S", "Save, export, snapshot"),
    ("Ctrl+C", "Copy the result"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"),
    ("1, 2, 3", "Result, depth, in focus"),
    ("Arrows", "Move the focus in the picture"),
    ("Page up, page down", "Focus farther, nearer"),
    ("B (hold)", "The picture before"),
    ("S", "Split before and after"),
    ("[ and ]", "Less blur, more blur"),
    ("+, -, 0", "Zoom in, out, fit"),
    ("Shift+arrows", "Move a zoomed picture"),
    ("Space", "Play or pause a video"),
    ("Left, right", "Timeline: 1 s; Shift: a frame"),
    ("Ctrl+left, right", "Keyframe before, after"),
    ("Alt+left, right", "Timeline: move the keyframe"),
    ("Delete", "Timeline: remove the keyframe"),
    ("I, O", "Begin and end the export here"),
    ("Esc", "Cancel; back home"),
)

_LIMITS = (
    "It sees one picture and guesses depth from what it has learnt: people in rooms best, then "
    "streets and landscapes. Mirrors, glass, screens and drawings fool it. Fine hair and fences "
    "may get a soft edge. It cannot sharpen what the camera has already blurred. The f-number is "
    "that of a comparable lens, not a measurement."
)


class HelpPage(QScrollArea):
    """The steps, the keys, and what to expect."""

    def __init__(self) -> None:
        super().__init__()
        column = _page(self, "Help")
        steps = QGridLayout()
        steps.setHorizontalSpacing(LARGE)
        steps.setVerticalSpacing(MEDIUM)
        steps.setColumnStretch(1, 1)
        for number, (title, text) in enumerate(_STEPS):
            badge = label(str(number + 1), "heading")
            steps.addWidget(badge, number, 0, Qt.AlignmentFlag.AlignTop)
            both = QVBoxLayout()
            both.setSpacing(2)
            both.addWidget(label(title, "section"))
            both.addWidget(label(text, "muted", wrap=True))
            steps.addLayout(both, number, 1)
        column.addWidget(_card(steps))
        self.story = Story()
        column.addWidget(self.story)
        column.addSpacing(SMALL)
        column.addWidget(label("Keys", "heading"))
        column.addWidget(_card(_keys()))
        column.addWidget(label("What it can and cannot do", "heading"))
        column.addWidget(label(_LIMITS, "muted", wrap=True))
        column.addStretch(1)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self.story.close_work()


def _keys() -> QGridLayout:
    keys = QGridLayout()
    keys.setHorizontalSpacing(MEDIUM)
    keys.setVerticalSpacing(SMALL)
    half = (len(SHORTCUTS) + 1) // 2
    for number, (key, text) in enumerate(SHORTCUTS):
        row, pair = number % half, 2 * (number // half)
        keys.addWidget(label(key, "section"), row, pair)
        keys.addWidget(label(text, "muted"), row, pair + 1)
    keys.setColumnStretch(1, 1)
    keys.setColumnStretch(3, 1)
    return keys


class AboutPage(QScrollArea):
    """Version, licence, where it comes from, and the model's card."""

    def __init__(self, model: str) -> None:
        super().__init__()
        column = _page(self, "About")
        head = QHBoxLayout()
        head.setSpacing(LARGE)
        head.addWidget(Emblem(56), 0, Qt.AlignmentFlag.AlignTop)
        both = QVBoxLayout()
        both.setSpacing(2)
        both.addWidget(label(f"streamdefocus {__version__}", "heading"))
        what = "A shallow depth of field for photos, videos and the camera, from one ordinary lens."
        both.addWidget(label(what, "muted", wrap=True))
        both.addWidget(label("Free software under the GPL, version 3 or later.", "muted"))
        head.addLayout(both, 1)
        column.addWidget(_card(head))
        column.addWidget(label("How it works", "heading"))
        how = (
            "Depth comes from the network of Godard, Mac Aodha and Brostow (Unsupervised Monocular "
            "Depth Estimation with Left-Right Consistency, CVPR 2017). Every point is blurred by "
            "its distance from the plane in focus, as a lens does it."
        )
        column.addWidget(label(how, "muted", wrap=True))
        column.addWidget(label(f"The model: {model}", "heading"))
        card = QVBoxLayout()
        text = label("", wrap=True)
        text.setTextFormat(Qt.TextFormat.MarkdownText)
        text.setText(model_card(model))
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        card.addWidget(text)
        column.addWidget(_card(card))
        column.addStretch(1)


def model_card(model: str) -> str:
    """The card of a model, as Markdown, or a sentence where there is none."""
    file = resource_dir("models") / f"{model}.md"
    try:
        return file.read_text("utf-8")
    except OSError:
        return "This model comes without a card."


def _page(area: QScrollArea, title: str) -> QVBoxLayout:
    """A column in the middle of a page that scrolls."""
    area.setWidgetResizable(True)
    area.setAccessibleName(title)
    inner = QWidget()
    inner.setMaximumWidth(820)
    column = QVBoxLayout(inner)
    column.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
    column.setSpacing(MEDIUM)
    heading: QLabel = label(title, "title")
    column.addWidget(heading)
    page = QWidget()
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(inner, 100)
    row.addStretch(1)
    area.setWidget(page)
    return column


def _card(content: QGridLayout | QVBoxLayout | QHBoxLayout) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    content.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
    card.setLayout(content)
    return card
