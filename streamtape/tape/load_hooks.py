"""Who wants to know which cassettes are read: a test run, which must not remove them as unused.

It stands apart from `store` and imports nothing, so that a run that reads none pays nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

listeners: "list[Callable[[str], None]]" = []
