"""The guide lists the columns that there are."""

from tools.generate.table_schema import GUIDE, written


def test_the_guide_has_the_schema() -> None:
    """`python tools/generate/table_schema.py` writes it."""
    text = GUIDE.read_text()
    assert written(text) == text
