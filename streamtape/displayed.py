"""How values show themselves in notebooks and to rich: what both ask a value for.

The values are at the top of the package and what draws them is far below; so this is a facade, like
the reading methods of Interaction: what draws is imported when somebody looks.
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
        """Make HTML for a notebook: the page in a frame without rights, over static HTML."""
        from streamtape.report.displays import html_of

        return html_of(self)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Give what rich prints, at the width that there is."""
        from streamtape.report.displays import rich_of

        yield from rich_of(self, options.max_width)
