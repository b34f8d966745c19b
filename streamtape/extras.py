"""The command that installs a missing optional dependency."""

from __future__ import annotations

import shlex
import sys

DISTRIBUTION = "streamtape-recorder"


def install_command(package: str = "", *, extra: str = "") -> str:
    """The command that installs a package, or an extra of streamtape, into this environment.

    It uses pip if this Python has it, else uv, whose environments have no pip.
    """
    from importlib.util import find_spec

    requirement = f'"{DISTRIBUTION}[{extra}]"' if extra else package
    python = shlex.quote(sys.executable or "python")
    if find_spec("pip") is not None:
        return f"{python} -m pip install {requirement}"
    return f"uv pip install --python {python} {requirement}"
