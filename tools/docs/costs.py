"""What many recordings cost, computed from the figures of `python tools/bench.py costs --json`.

    python tools/docs/costs.py figures.json                      # a billion, at usual prices
    python tools/docs/costs.py figures.json --recordings 1e6 --storage 0.01
    python tools/docs/costs.py figures.json --write              # into the guide

With --write the table replaces the one between the marks in tools/docs/site/guide/cluster.md.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parent / "site" / "guide" / "cluster.md"
BEGIN, END = "<!-- costs -->", "<!-- end of costs -->"
SHARD_BYTES = 256e6
LISTED = 1_000  # names in an answer of a store
CORES = 256


class Prices(NamedTuple):
    """Dollars: a GB and month, a million PUTs or LISTs, a million GETs, a core hour."""

    storage: float
    put: float
    get: float
    core_hour: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", type=Path, help="what `bench.py costs --json` printed")
    parser.add_argument("--recordings", type=float, default=1e9)
    parser.add_argument("--storage", type=float, default=0.023, help="$ a GB and month")
    parser.add_argument("--put", type=float, default=5.0, help="$ a million PUTs or LISTs")
    parser.add_argument("--get", type=float, default=0.4, help="$ a million GETs")
    parser.add_argument("--core-hour", type=float, default=0.05, help="$ a core hour")
    parser.add_argument("--write", action="store_true", help="replace the table of the guide")
    options = parser.parse_args()
    prices = Prices(options.storage, options.put, options.get, options.core_hour)
    text = table(costs_of(json.loads(options.figures.read_text())), options.recordings, prices)
    if options.write:
        old = PAGE.read_text()
        PAGE.write_text(
            re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", old, flags=re.DOTALL)
        )
    else:
        print(text)


def costs_of(report: dict[str, Any]) -> dict[str, float]:
    """The means of a recording, by name, in a report of the bench."""
    found = {row["cost"]: row["value"] for row in report["rows"] if "cost" in row}
    if not found:
        raise SystemExit("there are no costs in these figures: python tools/bench.py costs --json")
    return found


def table(costs: dict[str, float], n: float, prices: Prices) -> str:
    """The rows, in Markdown, each with what it costs in dollars."""
    shards = math.ceil(n * costs["tar_bytes"] / SHARD_BYTES)
    rows = [("", f"a recording of {_bytes(costs['stream_bytes'])}", f"{_short(n)} of them", "$")]
    for what, cost in (
        ("tapes", "tape_bytes"),
        ("tapes in tars of 256 MB", "tar_bytes"),
        ("exported tables", "table_bytes"),
    ):
        dollars = n * costs[cost] / 1e9 * prices.storage
        rows.append(
            (what, _bytes(costs[cost]), _bytes(n * costs[cost]), f"{_money(dollars)} a month")
        )
    for command in ("check", "scan", "export"):
        ms = costs[f"{command}_ms"]
        hours = n * ms / 3.6e6
        time = f"{_digits(hours)} core hours: {_digits(hours / CORES)} h on {CORES} cores"
        rows.append(
            (f"`{command}`", f"{_digits(ms)} ms of a core", time, _money(hours * prices.core_hour))
        )
    for what, objects, each in (
        ("requests, an object a recording", n, "1 PUT, 1 GET"),
        ("requests, in tars", shards, ""),
    ):
        lists = math.ceil(objects / LISTED)
        written, read = (
            objects * prices.put / 1e6,
            (objects * prices.get + lists * prices.put) / 1e6,
        )
        text = f"{_short(objects)} PUTs or GETs, {_short(lists)} LISTs"
        rows.append((what, each, text, f"{_money(written)} to write, {_money(read)} to read"))
    ruler = ("---",) * len(rows[0])
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], ruler, *rows[1:]))


def _digits(value: float) -> str:
    """Two digits that count."""
    if value <= 0:
        return "0"
    rounded = float(f"{value:.1e}")
    return f"{rounded:,.{max(0, 1 - math.floor(math.log10(rounded)))}f}"


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{_digits(value)} {unit}"
        value /= 1000
    raise AssertionError


def _short(value: float) -> str:
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if value >= size:
            return f"{value / size:,.3g}{word}"
    return f"{_digits(value)}"


def _money(dollars: float) -> str:
    return f"${_digits(dollars)}" if dollars >= 1 else "under $1"


if __name__ == "__main__":
    main()
