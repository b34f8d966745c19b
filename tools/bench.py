"""Every figure that streamtape quotes, measured here and now beside its peers.

    python tools/bench.py                        # every section: some fifteen minutes
    python tools/bench.py recording parser       # some sections
    python tools/bench.py --quick                # less work and two repeats: a look, no figures
    python tools/bench.py --json > figures.json  # for machines
    python tools/bench.py --from figures.json    # the table of an earlier run

Makes an environment of its own, `.venv-bench`, with the package and the peers. A section is a
module of tools/benches with `run(repeat)`, which gives rows (`Row` below); it runs in a process of
its own, its contestants in turn, and takes medians. Machines are noisy, so read the ratios. A peer
that can't be had here is named as missing. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import environments  # noqa: E402 - found from the folder above, which is put there first

VENV = ROOT / ".venv-bench"
PEERS = [
    "anthropic",
    "cassetter",
    "distributed",
    "duckdb",
    "httpx-sse",
    "httpx2",
    "launchdarkly-eventsource",
    "moto[server]",
    "openai",
    "orjson",
    "pyarrow",
    "pytest",
    "pytest-recording",
    "s3fs",
    "sseclient-py",
    "trio",
    "vcrpy",
]
SECTIONS = sorted(
    p.stem for p in (ROOT / "tools" / "benches").glob("[a-z]*.py") if "def run(" in p.read_text()
)
SECTION_TIMEOUT_S = 1800
COLUMNS = ("what", "contestant", "median", "unit", "ratio", "goal", "met")
NUMBERS = {"median", "ratio"}
# name, value, unit; peer (None and "streamtape" are ours); ratio, which the name explains; maybe
# goal, a limit of the value or of the ratio ("<= 20", "ratio >= 3"), and maybe met.
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "section", nargs="*", choices=[*SECTIONS, []], metavar="SECTION", help=", ".join(SECTIONS)
    )
    parser.add_argument("--repeat", type=int, help="runs of each contestant (3; 2 when quick)")
    parser.add_argument("--quick", action="store_true", help="less work: a look, no figures")
    parser.add_argument("--recordings", type=int, metavar="N", help="of cluster (2,000)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--from", dest="earlier", type=Path, help="show what --json printed")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.earlier:
        print(text(json.loads(options.earlier.read_text())))
        return
    if Path(sys.prefix).resolve() != VENV.resolve():
        raise SystemExit(_run_inside())
    if options.recordings:
        os.environ["STREAMTAPE_BENCH_RECORDINGS"] = str(options.recordings)
    repeat = options.repeat or (2 if options.quick else 3)
    if options.alone:
        print(json.dumps(alone(options.section[0], repeat, quick=options.quick)))
        return
    report = everything(options.section or SECTIONS, repeat, quick=options.quick)
    print(json.dumps(report, indent=1) if options.json else text(report))
    raise SystemExit(bool(report["failed"]))


def alone(section: str, repeat: int, *, quick: bool) -> dict[str, Any]:
    """Run one section here; `quick` is for those that know of it."""
    module = import_module(f"tools.benches.{section}")
    knows = "quick" in inspect.signature(module.run).parameters
    rows = module.run(repeat, quick=quick) if knows else module.run(repeat)
    versions = module.versions() if hasattr(module, "versions") else {}
    return {"rows": list(rows), "versions": versions, "missing": environments.MISSING}


def everything(sections: list[str], repeat: int, *, quick: bool) -> dict[str, Any]:
    """Run sections one after the other, each in a process of its own."""
    began = time.monotonic()
    versions, missing = _versions()
    rows: list[Row] = []
    failed: list[str] = []
    took_s: dict[str, float] = {}
    for number, section in enumerate(sections, 1):
        print(f"[{number}/{len(sections)}] {section} ...", file=sys.stderr, flush=True)
        start = time.monotonic()
        found = _apart(section, repeat, quick=quick)
        if found is None:
            failed.append(section)
        else:
            rows += [{**judged(row), "section": section} for row in found["rows"]]
            versions |= found["versions"]
            for name, why in found["missing"].items():
                environments.leave_out(name, why)
        took_s[section] = round(time.monotonic() - start, 1)
        print(f"      {took_s[section]:.0f} s", file=sys.stderr, flush=True)
    return {
        "machine": _machine(),
        "versions": versions,
        "missing": [*missing, *environments.MISSING],
        "failed": failed,
        "repeat": repeat,
        "quick": quick,
        "seconds": round(time.monotonic() - began, 1),
        "took_s": took_s,
        "rows": rows,
    }


def _apart(section: str, repeat: int, *, quick: bool) -> dict[str, Any] | None:
    """Run a section in its own process; None where it failed.

    What peers print and warn of is shown only then: it is no part of the report.
    """
    command = [sys.executable, __file__, section, "--alone", f"--repeat={repeat}"]
    if quick:
        command.append("--quick")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SECTION_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        print(f"{section} took over {SECTION_TIMEOUT_S} s: stopped", file=sys.stderr)
        return None
    if done.returncode:
        print(done.stderr.rstrip(), file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _run_inside() -> int:
    """Make the environment, and run this very command in it."""
    python = environments.make(VENV)
    if why := environments.install(python, "-e", str(ROOT)):
        raise SystemExit(f"streamtape can't be installed in {VENV}: {why}")
    for peer in PEERS:
        if why := environments.install(python, peer):
            environments.leave_out(peer, f"it can't be installed here ({why})")
    return subprocess.run([str(python), *sys.argv], env=os.environ, check=False).returncode


def _machine() -> str:
    """What it was measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    processor = named[1] if named else platform.processor() or platform.machine()
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} "
        f"{platform.release()}, {processor}, {os.cpu_count()} cores"
    )


def _versions() -> tuple[dict[str, str], list[str]]:
    """The versions of ours, the peers and Node, and what is not here."""
    found: dict[str, str] = {}
    missing: list[str] = []
    for name in ("streamtape-recorder", "httpx", *(peer.partition("[")[0] for peer in PEERS)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    node = shutil.which("node")
    if node:
        command = [node, "--version"]
        found["node"] = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.strip()
    else:
        missing.append("node")
    return found, missing


def judged(row: Row) -> Row:
    """A row with whether its goal is met, where it has one."""
    limit = re.match(r"(ratio )?(<=|>=|<|>) ?([\d.]+)", str(row.get("goal") or ""))
    if row.get("met") is not None or not limit:
        return row
    value = row.get("ratio") if limit[1] else row["value"]
    if value is None:
        return row
    target = float(limit[3])
    met = value <= target if limit[2].startswith("<") else value >= target
    return {**row, "met": met}


def text(report: dict[str, Any]) -> str:
    """The whole report: what it was measured on, then a Markdown table a section."""
    versions = ", ".join(f"{name} {found}" for name, found in report["versions"].items())
    lines = [report["machine"], versions]
    if report["missing"]:
        lines.append(f"missing here: {', '.join(report['missing'])}")
    if report["quick"]:
        lines.append("quick: less work, few repeats; these are no figures to quote")
    for section, rows in groupby(report["rows"], itemgetter("section")):
        lines += ["", f"## {section}", "", *_table([_cells(row) for row in rows])]
    goals = [row for row in report["rows"] if row.get("met") is not None]
    missed = [f"{row['section']}: {row['name']}" for row in goals if not row["met"]]
    lines += ["", f"goals met: {len(goals) - len(missed)} of {len(goals)}"]
    lines += [f"  not met: {name}" for name in missed]
    lines += [f"  failed: {section} (see stderr)" for section in report["failed"]]
    took = (
        f"{report['seconds'] / 60:.1f} minutes, medians of {report['repeat']} interleaved repeats"
    )
    took_s = report.get("took_s", {})  # which earlier reports lack
    each = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took_s.items())
    return "\n".join([*lines, f"{took}: {each}"])


def _cells(row: Row) -> list[str]:
    met = {None: "", True: "yes", False: "NO"}[row.get("met")]
    ratio = "" if row.get("ratio") is None else _number(row["ratio"])
    peer = row.get("peer") or "streamtape"
    goal = row.get("goal") or ""
    return [row["name"], peer, _number(row["value"]), row["unit"], ratio, str(goal), met]


def _number(value: float) -> str:
    """Three or four digits that count."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.4g}" if size >= 100 else f"{value:.3g}"


def _table(rows: list[list[str]]) -> list[str]:
    """A Markdown table that is readable as it stands; a name is told once."""
    shown = [list(COLUMNS)]
    before = ""
    for row in rows:
        shown.append(["" if row[0] == before else row[0], *row[1:]])
        before = row[0]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if name in NUMBERS else cell.ljust(width)
            for name, cell, width in zip(COLUMNS, cells, widths, strict=True)
        )
        + " |"
        for cells in shown
    ]
    ruler = "|".join(
        "-" * (width + 1) + (":" if name in NUMBERS else "-")
        for name, width in zip(COLUMNS, widths, strict=True)
    )
    return [lines[0], f"|{ruler}|", *lines[1:]]


if __name__ == "__main__":
    main()
