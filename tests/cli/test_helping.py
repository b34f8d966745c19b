"""Help on narrow screens."""

import pytest

from streamtape.cli.help_format import narrowed
from streamtape.cli.overview import COMMANDS
from tests.cli.running import run

_STARTS = ("streamtape ", "source ", "git ", "echo ", "zstd ", "-H ", "-d ")


@pytest.mark.parametrize("columns", [40, 50])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_the_screen(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the commands of examples, which are left whole so that they can be copied."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = run(*([name] if name else []), "--help").stdout
    wide = [line for line in shown.splitlines() if len(line) > columns]
    assert not [line for line in wide if not line.strip().startswith(_STARTS)]


def test_what_is_said_beside_an_example_goes_below_it() -> None:
    """And a label's text goes on below its own beginning."""
    text = (
        "  streamtape view run.tape      run.html, in this folder\n  --json  Write the result so.\n"
    )
    assert narrowed(text, 26) == (
        "  streamtape view run.tape\n      run.html, in this\n      folder\n"
        "  --json  Write the result\n          so.\n"
    )
    assert narrowed(text, 80) == text
