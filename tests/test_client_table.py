"""The table of clients (`tools/clients.py`), without the clients."""

import inspect
import re

import pytest

from tools import clients
from tools.client_table import programs
from tools.client_table.rows import ENVIRONMENTS, ROWS, Row
from tools.client_table.run import HERE, Result, difference
from tools.client_table.upstream import Upstream, aws_message


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_can_be_tried(row: Row) -> None:
    """Its program is there, and so is its environment."""
    if row.kind == "python":
        assert inspect.isgeneratorfunction(getattr(programs, row.program)) or (
            inspect.isasyncgenfunction(getattr(programs, row.program))
        )
        assert row.environment in ENVIRONMENTS
    elif row.kind == "node":
        source = (HERE / "node" / "programs.mjs").read_text()
        assert re.search(rf"async \*{row.program}\(\)", source)
    else:
        assert "$UPSTREAM" in row.program


def test_the_repository_has_the_table() -> None:
    """A line for each row; no cell is left that is neither Y nor explained."""
    text = (HERE.parent.parent / "CLIENTS.md").read_text()
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if " | " in line]
    found = {cells[0]: cells[1:] for cells in lines}
    assert {row.name for row in ROWS} <= set(found)
    for row in ROWS:
        assert not {"**N**", "P", "**?**"} & set(found[row.name]) or row.remark


def test_names_are_kept_apart() -> None:
    """At least thirty rows, each with a name of its own."""
    assert len({row.name for row in ROWS}) == len(ROWS) >= 30


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ({"events": ["a", "b"], "errors": []}, ""),
        ({"events": ["ab"], "errors": []}, ""),
        ({"events": ["a"], "errors": []}, "gave 1 events, not the 2 expected"),
        ({"events": ["a", "b"], "errors": ["x.E"]}, "ended with x.E, not no exception"),
        ({"refused": "MissError: no"}, "MissError: no"),
    ],
    ids=["same", "joined", "fewer", "error", "refused"],
)
def test_what_differs(got: dict[str, object], expected: str) -> None:
    """Text by text, however it was cut, and the exceptions."""
    assert difference({"events": ["a", "b"], "errors": []}, got) == expected


def test_the_table() -> None:
    """A row a client; what is not Y is told why, unless its remark does."""
    row = ROWS[0]
    result = Result(row)
    result.put("a", "")
    result.put("b", "it | broke")
    line = clients.table([result]).splitlines()[-1]
    assert line == f"| {row.name} | Y | **N** | - | - | - | b: it / broke |"


def test_only_some_rows() -> None:
    """By a part of the name, or by the program."""
    assert {row.program for row in clients.chosen(["AIOHTTP"])} >= {"aiohttp_lines", "genai_async"}
    assert [row.name for row in clients.chosen(["dspy"])] == ["dspy"]


def test_the_upstream_speaks_what_is_asked() -> None:
    """Below any path, and AWS's frames are what our own reader takes for such."""
    import httpx

    from streamtape.framing.eventstream import EventStreamParser

    with Upstream(cut=2) as server:
        chat = {"model": "m", "messages": [], "stream": True}
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(f"{server.url}/openai/v1/chat/completions", json=chat)
    assert len(EventStreamParser().feed(aws_message("a", {"b": 1}) * 2)) == 2
