"""pyarrow and duckdb, which come with the extra `tables`; a UsageError says how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from streamtape.errors import UsageError
from streamtape.extras import install_command


def needed(module: str, purpose: str) -> Any:
    """The module, imported; UsageError with the command that installs it where it is missing."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise UsageError(
            f"{purpose} needs {package}; to install it: {install_command(extra='tables')}"
        ) from None
