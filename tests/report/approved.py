"""Texts that a person has read and approved, one file each, in the folder `approved`.

STREAMTAPE_APPROVE=1 writes them anew: then read the diff before you commit it.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "approved"


def approved(name: str, text: str) -> None:
    """Hold a text against the approved one."""
    path = FOLDER / name
    if os.environ.get("STREAMTAPE_APPROVE"):
        path.write_text(text)
    assert path.is_file(), f"{name} was never approved; it is now:\n{text}"
    assert text == path.read_text()
