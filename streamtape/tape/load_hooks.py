"""Callbacks for loaded cassettes, by which a test run knows that they are in use.

It is apart from `store` and imports nothing, so that a run that reads none pays nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# A global: a cassette may be read by any code under test, which has no session to note it in.
listeners: "list[Callable[[str], None]]" = []
