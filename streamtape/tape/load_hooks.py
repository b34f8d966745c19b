"""Who wants to know which cassettes are read: a test run, which must not remove them as unused.

It is apart from `store` and imports nothing, so that a run that reads none pays nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# A global: a cassette may be read by any code under test, which has no session to note it in.
listeners: "list[Callable[[str], None]]" = []
