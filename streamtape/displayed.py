"""How values are displayed in notebooks and by rich.

The classes that are displayed are at the top of the import order, and the code that renders them is
far below it. So this module is a facade, like the reading methods of Interaction: it imports the
renderer when a value is displayed.
"""

from __future__ import annotations

# Type checkers take this name for true; importing it from typing costs more than all of the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType


class Displayed:
    """A value that Jupyter shows as HTML, and `rich.print` as coloured text."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Make HTML for a notebook: the page in a sandboxed frame, on top of static HTML."""
        from streamtape.report.displays import html_of

        return html_of(self)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the lines that rich prints, at the console's width."""
        from streamtape.report.displays import rich_of

        yield from rich_of(self, options.max_width)
