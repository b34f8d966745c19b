"""The guide's table of costs comes from the tool that makes it, and says what the figures mean."""

import re

import pytest

from tools.docs import costs

FIGURES = {
    "stream_bytes": 20_000.0,
    "tape_bytes": 2_000.0,
    "tar_bytes": 2_560.0,
    "table_bytes": 1_000.0,
    "check_ms": 3.6,
    "scan_ms": 9.99,
    "export_ms": 36.0,
}
PRICES = costs.Prices(storage=0.02, put=5.0, get=0.5, core_hour=0.1)


def cells(table: str) -> list[list[str]]:
    """The cells of the rows of a table in Markdown."""
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]


def test_what_figures_cost() -> None:
    """Two digits that count, of each: for one recording, for all, in dollars."""
    _, _, *rows = cells(costs.table(FIGURES, 1e9, PRICES))
    assert rows == [
        ["tapes", "2.0 kB", "2.0 TB", "$40 a month"],
        ["tapes in tars of 256 MB", "2.6 kB", "2.6 TB", "$51 a month"],
        ["exported tables", "1.0 kB", "1.0 TB", "$20 a month"],
        ["`check`", "3.6 ms of a core", "1,000 core hours: 3.9 h on 256 cores", "$100"],
        ["`scan`", "10 ms of a core", "2,800 core hours: 11 h on 256 cores", "$280"],
        ["`export`", "36 ms of a core", "10,000 core hours: 39 h on 256 cores", "$1,000"],
        [
            "requests, an object a recording",
            "1 PUT, 1 GET",
            "1 billion PUTs or GETs, 1 million LISTs",
            "$5,000 to write, $500 to read",
        ],
        [
            "requests, in tars",
            "",
            "10,000 PUTs or GETs, 10 LISTs",
            "under $1 to write, under $1 to read",
        ],
    ]


def test_the_guide_has_the_tools_table() -> None:
    """Row for row, also where the figures are those of another machine."""
    found = re.search(f"{costs.BEGIN}\n(.*)\n{costs.END}", costs.PAGE.read_text(), re.DOTALL)
    assert found is not None
    mine, theirs = cells(costs.table(FIGURES, 1e9, PRICES)), cells(found[1])
    assert [row[0] for row in mine] == [row[0] for row in theirs]
    digits = re.compile(r"[\d.,]+|under ")
    assert [digits.sub("", row[2]) for row in mine] == [digits.sub("", row[2]) for row in theirs]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (0.0123, "0.012"), (9.99, "10"), (0.999, "1.0"), (4.02, "4.0"), (3_149, "3,100")],
)
def test_two_digits(value: float, expected: str) -> None:
    """However large."""
    assert costs._digits(value) == expected
