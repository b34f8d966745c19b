"""What to type where a library is missing that streamtape does without until it is needed."""

from __future__ import annotations

import shlex
import sys

DISTRIBUTION = "streamtape-recorder"


def install_command(package: str = "", *, extra: str = "") -> str:
    """The whole command that installs a package, or an extra of ours, beside this streamtape.

    It is pip's where this Python has pip, else uv's, which makes environments without it.
    """
    from importlib.util import find_spec

    requirement = f'"{DISTRIBUTION}[{extra}]"' if extra else package
    python = shlex.quote(sys.executable or "python")
    if find_spec("pip") is not None:
        return f"{python} -m pip install {requirement}"
    return f"uv pip install --python {python} {requirement}"
