"""Options in ini files, workflows and command lines."""

import pytest

from streamtape.convert.migrate.settings_text import rewrite_settings, tools_in


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("addopts = --record-mode=none", "addopts = --tape-record=none"),
        ('addopts = "--record-mode rewrite -q"', 'addopts = "--tape-record=all -q"'),
        ("pytest --vcr-record=new_episodes", "pytest --tape-record=new_episodes"),
        ("pytest --vcr-record-mode=none", "pytest --tape-record=none"),
        ("pytest --disable-vcr tests", "pytest --tape-disable tests"),
        ("pytest --disable-recording", "pytest --tape-disable"),
        (
            "--block-network --allowed-hosts=a.example,127.0.0.1",
            "--tape-block-network --tape-allow-host=a.example --tape-allow-host=127.0.0.1",
        ),
        ("vcr_max_age = 30d\nvcr_on_expiry = rerecord\n",
         "tape_max_age = 30d\ntape_on_expired = record\n"),
        ("  vcr_on_unplayed = fail", "  tape_unplayed = fail"),
        ("pytest --vcr-check-orphans=tests -q", "pytest -q"),
        ("--tape-record=none --tape-block-network", "--tape-record=none --tape-block-network"),
        ("record-mode: none", "record-mode: none"),
    ],
)  # fmt: skip
def test_options(before: str, after: str) -> None:
    """Each option has its counterpart, and what was moved is not moved again."""
    assert rewrite_settings(before) == after
    assert rewrite_settings(after) == after


def test_tools() -> None:
    """The tools that a project asks for are found by name."""
    assert tools_in('dev = ["pytest-recording>=0.13", "vcrpy"]') == {"pytest-recording", "vcrpy"}
    assert tools_in("pytest_vcr==1\nnot-vcrpy-like my-pytest-vcr") == {"pytest-vcr"}
