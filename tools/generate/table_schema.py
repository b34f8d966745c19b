"""Write the tables of columns into the guide: what `streamtape sql --schema` lists, as Markdown.

python tools/generate/table_schema.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from streamtape.tabular.schema import ABOUT, TABLES  # noqa: E402 - found from the folder above

GUIDE = ROOT / "tools" / "docs" / "site" / "guide" / "tables.md"
BEGIN, END = "<!-- columns -->\n", "<!-- end of columns -->\n"


def columns() -> str:
    """The columns of all tables as Markdown."""
    lines: list[str] = []
    for table, row in TABLES.items():
        lines += [f"### {table}", "", f"{ABOUT[table][0].upper()}{ABOUT[table][1:]}.", ""]
        lines += ["| column | type | NULL | meaning |", "|---|---|---|---|"]
        for column in row:
            null = "yes" if column.nullable else "no"
            lines.append(f"| `{column.name}` | {column.type} | {null} | {column.meaning} |")
        lines.append("")
    return "\n".join(lines)


def written(text: str) -> str:
    """The guide with the columns of now between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{columns()}\n{END}{after}"


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text()))
