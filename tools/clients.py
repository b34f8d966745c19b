"""Tries real clients with streamtape, each in an environment of its own, and prints the table.

For each client: (a) recorded in process, (b) replayed in process with the server stopped, (c)
recorded by `streamtape record`, (d) replayed by `streamtape replay` with the server stopped, (e) a
stream that is cut ends in the same exception, recorded and replayed, in process and through the
server. Y yes, P partly, N no, - not tried, ? the client does not run here. What a client sees
without streamtape is what every cell is compared with.

    python tools/clients.py                         all of them, the table on stdout
    python tools/clients.py --only aiohttp --only boto3 --results clients.json
    python tools/clients.py > CLIENTS.md            what the repository has
    python tools/clients.py --list

Environments are made by uv (or pip) in the folder of --environments, and stay there. Node clients
need npm. A client that fails is a row like any other; the exit status is 1 where there is an N or
a P without a remark.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools import environments
from tools.client_table.rows import ENVIRONMENTS, ROWS, Row
from tools.client_table.run import CELLS, HERE, Result, run

REPOSITORY = Path(__file__).parent.parent


def prepare(name: str, folder: Path) -> str:
    """Make one environment, where it is missing; why that failed, or an empty text."""
    done = folder / name / "ready"
    if not name or done.exists():
        return ""
    print(f"making the environment {name!r}", file=sys.stderr)
    if name == "node":
        problem = _prepare_node(folder / name)
    else:
        python = environments.make(folder / name)
        problem = environments.install(python, "-e", str(REPOSITORY), *ENVIRONMENTS[name])
    if not problem:
        done.touch()
    return problem


def _prepare_node(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "node").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    if shutil.which("npm") is None:
        return "there is no npm"
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr.strip()[-300:] if done.returncode else ""


def chosen(only: list[str]) -> list[Row]:
    """The rows whose name or program has one of the words."""
    if not only:
        return list(ROWS)
    words = [word.lower() for word in only]
    return [row for row in ROWS if any(w in row.name.lower() or w == row.program for w in words)]


def tried(row: Row, folder: Path) -> Result:
    """One row, whatever happens on the way."""
    problem = prepare(row.environment, folder)
    if problem:
        return Result(row, dict.fromkeys(CELLS, "?"), {"direct": problem})
    if row.kind == "node":
        shutil.copy(HERE / "node" / "programs.mjs", folder / "node")
    try:
        return run(row, folder)
    except Exception as error:  # noqa: BLE001 - the other rows are tried all the same
        why = {"direct": f"{type(error).__name__}: {error}"}
        return Result(row, dict.fromkeys(CELLS, "?"), why)


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    lines = ["| client | a | b | c | d | e | remark |", "|---|---|---|---|---|---|---|"]
    for result in results:
        cells = " | ".join(_bold(result.cells.get(cell, "-")) for cell in CELLS)
        why = [f"{cell}: {text}" for cell, text in result.why.items() if not result.row.remark]
        remark = result.row.remark or "; ".join(why)
        lines.append(f"| {result.row.name} | {cells} | {remark.replace('|', '/')} |")
    return "\n".join(lines)


ABOUT = """\
# Clients: what is recorded and replayed

Written by `tools/clients.py`, which runs each client and compares what it sees with what it sees
without streamtape. (a) recorded in process, (b) replayed in process with the server stopped, (c)
recorded by `streamtape record`, (d) replayed by `streamtape replay` with the server stopped, (e) a
stream that is cut: the same events and the same exception, recorded and replayed, in process and
through the server. Y yes, P partly, N no, - not tried (what does not run in this process has no a
and b).
"""


def versions(folder: Path) -> str:
    """What was installed, as a list of environments."""
    lines = ["", "Tried with:", ""]
    code = (
        "import sys; from importlib.metadata import version; "
        "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
    )
    for name, packages in ENVIRONMENTS.items():
        python = folder / name / "bin" / "python"
        if python.exists():
            names = [re.split(r"[\[<>=]", package)[0] for package in packages]
            done = subprocess.run(
                [str(python), "-c", code, *names], capture_output=True, text=True, check=False
            )
            lines.append(f"- {done.stdout.strip()}")
    installed = folder / "node" / "node_modules"
    package = json.loads((HERE / "node" / "package.json").read_text())
    found = (installed / name / "package.json" for name in package["dependencies"])
    report = [json.loads(file.read_text()) for file in found if file.exists()]
    if report:
        lines.append("- Node: " + ", ".join(f"{one['name']} {one['version']}" for one in report))
    return "\n".join(lines)


def _bold(cell: str) -> str:
    return f"**{cell}**" if cell in {"N", "?"} else cell


def keep(file: Path, result: Result) -> None:
    """Put the result of one row into a file, in the place of an earlier one."""
    found = json.loads(file.read_text()) if file.exists() else {}
    found[result.row.name] = {"cells": result.cells, "why": result.why}
    file.write_text(json.dumps(found, indent=1))


def kept(file: Path) -> list[Result]:
    """The results in a file, in the order of the table."""
    found = json.loads(file.read_text())
    return [Result(row, **found[row.name]) for row in ROWS if row.name in found]


def main() -> int:
    """Run the table."""
    parser = argparse.ArgumentParser(description="Try real clients, and print the table.")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="keep results here, and print those in it too"
    )
    parser.add_argument("--list", action="store_true", help="print the names")
    default = Path(tempfile.gettempdir()) / "streamtape-clients"
    parser.add_argument("--environments", type=Path, default=default, metavar="FOLDER")
    options = parser.parse_args()
    rows = chosen(options.only)
    if options.list or not rows:
        print("\n".join(row.name for row in ROWS))
        return 0 if options.list else 2
    results = []
    for number, row in enumerate(rows, 1):
        began = time.monotonic()
        result = tried(row, options.environments)
        results.append(result)
        cells = " ".join(result.cells.get(cell, "-") for cell in CELLS)
        took = time.monotonic() - began
        print(f"{number}/{len(rows)} {row.name}: {cells} ({took:.0f} s)", file=sys.stderr)
        for cell, why in result.why.items():
            print(f"    {cell}: {why}", file=sys.stderr)
        if options.results is not None:
            keep(options.results, result)
    print(ABOUT)
    print(table(results if options.results is None else kept(options.results)))
    print(versions(options.environments))
    return int(any({"N", "P", "?"} & {*r.cells.values()} and not r.row.remark for r in results))


if __name__ == "__main__":
    sys.exit(main())
