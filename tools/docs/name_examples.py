"""A program for each public name: name_examples.md holds them, the reference shows them.

Each is run by a test, in a folder with `run.tape` (an agent's two turns), `before.tape` and
`after.tape` (two answers to one question), and in a namespace that has what the file's first block
imports.
"""

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("name_examples.md")
_PART = re.compile(r"^## (.+?)\n+```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def programs() -> dict[str, str]:
    """The program of each name; several names may share one."""
    return {
        name: program
        for names, program in _PART.findall(_FILE.read_text())
        for name in names.split(", ")
    }


def shown(program: str) -> str:
    """A program as the reference shows it."""
    return f"```python\n{program}```\n" if program else ""
