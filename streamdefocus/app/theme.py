"""Colours and distances: light and dark as the system has it, one accent, multiples of four."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

TIGHT, SMALL, MEDIUM, LARGE, HUGE = 4, 8, 12, 20, 32
"""Distances, px."""

SCROLL_BAR = 10
"""Width of scroll bars, px."""

STAGE = QColor(24, 24, 26)
"""Behind pictures, in light and dark: neutral, so that it changes no colour."""

MARK = QColor(255, 200, 90)


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of a scheme."""

    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    bad: str


LIGHT = Shades(
    window="#f5f5f7",
    surface="#ffffff",
    raised="#ececf0",
    border="#d5d5db",
    text="#1c1c1f",
    muted="#5f5f68",
    accent="#2563c9",
    on_accent="#ffffff",
    bad="#b3261e",
)
DARK = Shades(
    window="#1f1f22",
    surface="#2a2a2e",
    raised="#37373d",
    border="#47474f",
    text="#f2f2f4",
    muted="#a9a9b3",
    accent="#7cacf8",
    on_accent="#0b1a33",
    bad="#f2a49e",
)


def shades() -> Shades:
    """Those that suit the system: its scheme, or what its palette looks like."""
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme == Qt.ColorScheme.Unknown:
        return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def dress(app: QApplication, chosen: Shades | None = None) -> None:
    """Give the whole program its colours; again whenever the system changes its scheme."""
    look = chosen or shades()
    app.setStyle("Fusion")
    app.setPalette(_palette(look))
    app.setStyleSheet(_sheet(look))


def _palette(look: Shades) -> QPalette:
    palette = QPalette(QColor(look.raised), QColor(look.window))
    roles = {
        QPalette.ColorRole.Window: look.window,
        QPalette.ColorRole.WindowText: look.text,
        QPalette.ColorRole.Base: look.surface,
        QPalette.ColorRole.AlternateBase: look.raised,
        QPalette.ColorRole.Text: look.text,
        QPalette.ColorRole.Button: look.raised,
        QPalette.ColorRole.ButtonText: look.text,
        QPalette.ColorRole.Highlight: look.accent,
        QPalette.ColorRole.HighlightedText: look.on_accent,
        QPalette.ColorRole.Accent: look.accent,
        QPalette.ColorRole.Link: look.accent,
        QPalette.ColorRole.PlaceholderText: look.muted,
        QPalette.ColorRole.ToolTipBase: look.surface,
        QPalette.ColorRole.ToolTipText: look.text,
        QPalette.ColorRole.Mid: look.border,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(look.muted))
    return palette


def _sheet(look: Shades) -> str:
    return f"""
    QWidget#bar, QWidget#panel {{ background: {look.surface}; }}
    QWidget#bar {{ border-bottom: 1px solid {look.border}; }}
    QWidget#panel {{ border-left: 1px solid {look.border}; }}
    QWidget#foot {{ background: {look.surface}; border-top: 1px solid {look.border}; }}
    QLabel[role="title"] {{ font-size: 22pt; font-weight: 600; }}
    QLabel[role="heading"] {{ font-size: 12pt; font-weight: 600; }}
    QLabel[role="section"] {{ font-weight: 600; }}
    QLabel[role="muted"] {{ color: {look.muted}; }}
    QLabel[role="bad"] {{ color: {look.bad}; }}
    QLabel[role="brand"] {{ font-size: 11pt; font-weight: 600; }}
    QPushButton {{ background: {look.raised}; border: 1px solid {look.border};
        border-radius: 6px; padding: 6px 12px; color: {look.text}; }}
    QPushButton:hover {{ border-color: {look.muted}; }}
    QPushButton:pressed, QPushButton:checked {{ background: {look.accent};
        border-color: {look.accent}; color: {look.on_accent}; }}
    QPushButton:focus {{ border-color: {look.accent}; }}
    QPushButton:checked:focus {{ border-color: {look.text}; }}
    QPushButton:disabled {{ color: {look.muted}; background: transparent; }}
    QPushButton[role="primary"] {{ background: {look.accent}; border-color: {look.accent};
        color: {look.on_accent}; font-weight: 600; }}
    QPushButton[role="primary"]:focus {{ border-color: {look.text}; }}
    QPushButton[role="primary"]:disabled {{ background: {look.raised}; color: {look.muted};
        border-color: {look.border}; }}
    QPushButton[role="record"]:checked {{ background: {look.bad}; border-color: {look.bad};
        color: {look.window}; }}
    QPushButton[role="nav"] {{ background: transparent; border: 1px solid transparent;
        padding: 5px 12px; }}
    QPushButton[role="nav"]:hover {{ background: {look.raised}; }}
    QPushButton[role="nav"]:checked {{ background: {look.raised}; color: {look.accent}; }}
    QPushButton[role="nav"]:focus {{ border-color: {look.accent}; }}
    QPushButton[role="fold"] {{ background: transparent; border: 1px solid transparent;
        padding: 4px 2px; text-align: left; font-weight: 600; color: {look.text}; }}
    QPushButton[role="fold"]:focus {{ border-color: {look.accent}; }}
    QPushButton[role="segment"] {{ padding: 5px 4px; }}
    QFrame#drop {{ border: 2px dashed {look.border}; border-radius: 12px;
        background: {look.surface}; }}
    QFrame#drop[hot="true"] {{ border-color: {look.accent}; background: {look.raised}; }}
    QLabel[role="drop"] {{ border: 2px dashed {look.accent}; border-radius: 12px;
        background: {_faded(look.surface)}; font-size: 22pt; font-weight: 600; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 0; }}
    QToolButton:hover {{ background: {look.raised}; }}
    QToolButton:focus {{ border-color: {look.accent}; }}
    QListWidget::item {{ border: 2px solid transparent; border-radius: 6px; padding: 2px;
        color: {look.text}; }}
    QListWidget::item:selected {{ background: {look.raised}; border-color: {look.accent}; }}
    QFrame#card {{ background: {look.surface}; border: 1px solid {look.border};
        border-radius: 8px; }}
    QFrame#rule {{ background: {look.border}; border: none; }}
    QFrame#notice {{ background: {look.raised}; border: 1px solid {look.border};
        border-radius: 8px; }}
    Choice {{ background: {look.raised}; border: 1px solid {look.border};
        border-radius: 6px; padding: 5px 10px; color: {look.text}; }}
    Choice::drop-down {{ border: none; width: 24px; }}
    Choice::down-arrow {{ image: none; }}
    Choice:hover {{ border-color: {look.muted}; }}
    Choice:focus {{ border-color: {look.accent}; }}
    Choice:disabled {{ color: {look.muted}; background: transparent; }}
    Choice QAbstractItemView {{ background: {look.surface}; border: 1px solid {look.border};
        selection-background-color: {look.accent}; selection-color: {look.on_accent}; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox:focus {{ color: {look.accent}; }}
    QCheckBox::indicator {{ width: 16px; height: 16px; }}
    QCheckBox::indicator:unchecked {{ background: {look.surface}; border: 1px solid {look.muted};
        border-radius: 3px; width: 14px; height: 14px; }}
    QSlider {{ min-height: 20px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {look.border}; }}
    QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {look.accent}; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
        background: {look.surface}; border: 1px solid {look.muted}; }}
    QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{
        border-color: {look.accent}; }}
    QSlider::handle:horizontal:focus {{ background: {look.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {look.muted}; }}
    QProgressBar {{ border: none; border-radius: 3px; background: {look.raised};
        max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ border-radius: 3px; background: {look.accent}; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QScrollBar {{ background: transparent; border: none; margin: 0; }}
    QScrollBar:vertical {{ width: {SCROLL_BAR}px; }}
    QScrollBar:horizontal {{ height: {SCROLL_BAR}px; }}
    QScrollBar::handle {{ background: {look.border}; border-radius: 3px; margin: 2px;
        min-height: 32px; min-width: 32px; }}
    QScrollBar::handle:hover {{ background: {look.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QListWidget {{ border: none; border-top: 1px solid {look.border}; background: {look.surface}; }}
    QTextBrowser {{ border: none; background: transparent; }}
    """


def _faded(colour: str) -> str:
    """A colour that lets a little of what is below through."""
    solid = QColor(colour)
    return f"rgba({solid.red()}, {solid.green()}, {solid.blue()}, 90%)"
