"""The colours of pictures: what a style's name (`report.lines`) means on a dark and a light ground.

Every colour has a contrast of 4.5 and more on its ground (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from streamtape.errors import UsageError
from streamtape.report.lines import STYLES


@dataclass(frozen=True, slots=True)
class Theme:
    """Ground and text as #rrggbb, and the eight colours of a terminal by their names."""

    name: str
    background: str
    foreground: str
    dim: str
    colours: dict[str, str]

    def colour(self, style: str) -> str:
        """The colour that a style's text has."""
        words = STYLES.get(style, "").split()
        if "dim" in words:
            return self.dim
        return next((self.colours[word] for word in words if word in self.colours), self.foreground)


DARK = Theme(
    "dark",
    background="#0d1117",
    foreground="#e6edf3",
    dim="#8d96a0",
    colours={
        "red": "#ff7b72",
        "green": "#56d364",
        "yellow": "#e3b341",
        "blue": "#79c0ff",
        "magenta": "#d2a8ff",
        "cyan": "#39c5cf",
    },
)
LIGHT = Theme(
    "light",
    background="#ffffff",
    foreground="#1f2328",
    dim="#59636e",
    colours={
        "red": "#cf222e",
        "green": "#116329",
        "yellow": "#7d4e00",
        "blue": "#0550ae",
        "magenta": "#8250df",
        "cyan": "#1b7c83",
    },
)
THEMES = {"dark": DARK, "light": LIGHT}
AUTO = "auto"


def theme_named(name: str) -> tuple[Theme, ...]:
    """The themes of a name: one, or for `auto` light and dark; UsageError for an unknown one."""
    if name == AUTO:
        return LIGHT, DARK
    if name not in THEMES:
        raise UsageError(f"theme must be one of auto, dark, light, got {name!r}")
    return (THEMES[name],)


def is_bold(style: str) -> bool:
    """Whether a style's text is bold."""
    return "bold" in STYLES.get(style, "").split()
