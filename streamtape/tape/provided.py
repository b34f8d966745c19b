"""Who reads frames, events and transcripts out of a recording: handed in by the package, once.

It stands apart from `views` and imports nothing, so that `import streamtape` costs next to nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

provider: "list[Callable[[], object]]" = []


def provide(views: "Callable[[], object]") -> None:
    """Say where the readers come from; called once, when the package is imported."""
    provider[:] = [views]
