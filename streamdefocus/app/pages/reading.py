"""Pages to read: help and about."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QTextDocument, QTextTable
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
from streamdefocus.app.theme import HUGE, LARGE, MEDIUM, SMALL, TIGHT
from streamdefocus.resources import resource_dir

_STEPS = (
    (
        "Open something",
        "Drop a photo or a video anywhere in the window, paste a picture, or use the camera. "
        "Nothing at hand? Try the example.",
    ),
    (
        "Wait a moment",
        "A network estimates how near everything is: bright is near, dark is far. It runs on this "
        "computer; nothing is sent anywhere.",
    ),
    (
        "Click what should be sharp",
        "The ring shows where. Drag up or down to move the focus by hand, farther or nearer. "
        "In videos, a double click follows a thing.",
    ),
    (
        "Choose the blur",
        "Turn the wheel over the picture, or use the slider. Hold B to see the picture before, or "
        "split it.",
    ),
    (
        "Move the focus over time",
        "In a video, pause and click: from that diamond on, the focus is there. Drag diamonds to "
        "move them, brackets to export a part.",
    ),
    (
        "Save",
        "Photos are saved at full size, with the data of the camera; so are depth map and "
        "disparity. Videos keep their sound.",
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
    ("Enter", "Focus here, again"),
    ("T", "Follow what is here"),
    ("[ and ]", "Less blur, more blur"),
    ("B (hold)", "The picture before"),
    ("S", "Split before and after"),
    (", and .", "Move the split"),
    ("+, -, 0", "Zoom in, out, fit"),
    ("Shift+arrows", "Move a zoomed picture"),
    ("Space", "Play or pause a video"),
    ("Left, right", "Timeline: 1 s; Shift: a frame"),
    ("Ctrl+left, right", "Keyframe before, after"),
    ("Alt+left, right", "Timeline: move the keyframe"),
    ("Delete", "Timeline: remove the keyframe"),
    ("I, O", "Begin and end the export here"),
    ("R", "Camera: record"),
    ("V", "Camera: virtual camera"),
    ("Alt+1 to Alt+6", "Home to About"),
    ("F1", "This help"),
    ("Esc", "Cancel; back home"),
)

_CAN = (
    "People in front of a camera: head, hair and shoulders before the room behind them.",
    "Photos, videos and the camera, as long as you like: all of it is computed here.",
    "Blur as a lens makes it: bright lights become discs, near things blur over far ones.",
)
_CANNOT = (
    "It sees one picture and guesses depth from what it has learnt. Things and rooms often come "
    "out as one slope that is nearer at the bottom; thin things vanish.",
    "In crowds and sports, people melt into what is beside them. Hands before the body are hardly "
    "told from it.",
    "Night, drawings, fisheye lenses, and pictures that lie on their side were not learnt.",
    "It cannot sharpen what the camera has blurred. The f-number is that of a comparable lens, not "
    "a measurement.",
)


_LICENCE = (
    "Free software under the <a href='https://www.gnu.org/licenses/gpl-3.0.html'>GNU General "
    "Public License</a>, version 3 or later; without any warranty."
)
_HOW = (
    "Depth comes from the network of Godard, Mac Aodha and Brostow (Unsupervised Monocular Depth "
    "Estimation with Left-Right Consistency, CVPR 2017). Every point is blurred by its distance "
    "from the plane in focus, as a lens does it."
)


class HelpPage(QScrollArea):
    """The steps, the keys, and what to expect."""

    def __init__(self) -> None:
        super().__init__()
        column = _page(self, "Help")
        self.story = Story(_STEPS)
        column.addWidget(self.story)
        column.addSpacing(SMALL)
        column.addWidget(label("What it can and cannot do", "heading"))
        both = QHBoxLayout()
        both.setSpacing(MEDIUM)
        both.addWidget(_card(_points("It can", _CAN)), 1)
        both.addWidget(_card(_points("It cannot", _CANNOT)), 1)
        column.addLayout(both)
        column.addWidget(label("About this app shows the model's card with its figures.", "muted"))
        column.addSpacing(SMALL)
        column.addWidget(label("Keys", "heading"))
        column.addWidget(_card(_keys()))
        column.addStretch(1)

    def close_work(self) -> None:
        """End the thread; idempotent."""
        self.story.close_work()


def _points(title: str, points: tuple[str, ...]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(SMALL)
    column.addWidget(label(title, "section"))
    for point in points:
        column.addWidget(label(point, "muted", wrap=True))
    column.addStretch(1)
    return column


def _keys() -> QGridLayout:
    keys = QGridLayout()
    keys.setHorizontalSpacing(LARGE)
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
        both.setSpacing(TIGHT)
        both.addWidget(label(f"streamdefocus {__version__}", "heading"))
        what = "A shallow depth of field for photos, videos and the camera, from one ordinary lens."
        both.addWidget(label(what, "muted", wrap=True))
        both.addWidget(_rich(_LICENCE))
        below = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}"
        both.addWidget(label(below, "muted", wrap=True))
        head.addLayout(both, 1)
        column.addWidget(_card(head))
        column.addWidget(label("How it works", "heading"))
        column.addWidget(label(_HOW, "muted", wrap=True))
        column.addWidget(label(f"The model: {model}", "heading"))
        card = QVBoxLayout()
        card.addWidget(_rich(_as_html(model_card(model))))
        column.addWidget(_card(card))
        column.addStretch(1)


def model_card(model: str) -> str:
    """The card of a model, as Markdown, or a sentence where there is none."""
    file = resource_dir("models") / f"{model}.md"
    try:
        return file.read_text("utf-8")
    except OSError:
        return "This model comes without a card."


def _as_html(markdown: str) -> str:
    document = QTextDocument()
    document.setMarkdown(markdown)
    for table in document.rootFrame().childFrames():
        if isinstance(table, QTextTable) and not any(
            table.cellAt(0, column).firstCursorPosition().block().text().strip()
            for column in range(table.columns())
        ):
            table.removeRows(0, 1)  # Markdown has no table without a header
    return document.toHtml()


def _rich(html: str) -> QLabel:
    """Text with links, which can be copied and reached by key."""
    made = label("", wrap=True)
    made.setTextFormat(Qt.TextFormat.RichText)
    made.setText(html)
    made.setOpenExternalLinks(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    return made


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
