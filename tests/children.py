"""The environment of child processes."""

import os


def unmeasured() -> dict[str, str]:
    """This environment, for a child that counts its modules: coverage's own would count as well."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
