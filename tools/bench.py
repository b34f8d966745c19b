"""Every figure that streamtape quotes, measured here and now beside its peers.

    python tools/bench.py                      # everything: some minutes
    python tools/bench.py recording parser     # some sections
    python tools/bench.py --repeat 9 --json    # more repeats, for machines

Makes an environment of its own, `.venv-bench`, with the package and the peers. Each section runs
its contestants in turn and takes medians; machines are noisy, so read the ratios. A peer that can't
be installed here is left out, and said so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-bench"
PEERS = [
    "anthropic", "cassetter", "httpx-sse", "httpx2", "launchdarkly-eventsource", "openai", "orjson",
    "pytest", "pytest-recording", "sseclient-py", "vcrpy",
]  # fmt: skip
SECTIONS = sorted(
    p.stem for p in (ROOT / "tools" / "benches").glob("[a-z]*.py") if "def run(" in p.read_text()
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, []], help=", ".join(SECTIONS))
    parser.add_argument("--repeat", type=int, default=5, help="runs of each contestant (5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if Path(sys.prefix).resolve() != VENV.resolve():
        raise SystemExit(_run_inside())
    sys.path.insert(0, str(ROOT))
    rows: list[dict[str, Any]] = []
    for section in options.section or SECTIONS:
        print(f"measuring {section} ...", file=sys.stderr, flush=True)
        found = import_module(f"tools.benches.{section}").run(options.repeat)
        rows += [{"section": section, **row} for row in found]
    print(
        json.dumps({"machine": machine(), "rows": rows}, indent=1) if options.json else table(rows)
    )


def _run_inside() -> int:
    """Make the environment, and run this very command in it."""
    uv = [sys.executable, "-m", "uv"]
    if subprocess.run([*uv, "--version"], capture_output=True, check=False).returncode:
        uv = ["uv"]
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(VENV)], check=True)
    install = [*uv, "pip", "install", "-q", "--python", str(python)]
    subprocess.run([*install, "-e", str(ROOT)], check=True)
    for peer in PEERS:
        if subprocess.run([*install, peer], capture_output=True, check=False).returncode:
            print(f"left out: {peer} can't be installed here", file=sys.stderr)
    return subprocess.run([str(python), *sys.argv], env=os.environ, check=False).returncode


def machine() -> str:
    """What it was measured on."""
    versions = []
    for name in ("httpx", *PEERS):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    processor = platform.processor() or platform.machine()
    return (
        f"Python {platform.python_version()}, {platform.system()} {processor}, "
        f"{os.cpu_count()} cores; {', '.join(versions)}"
    )


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [
        machine(),
        "",
        "| what | contestant | median | unit | ratio |",
        "|---|---|--:|---|--:|",
    ]
    for row in rows:
        ratio = row.get("ratio")
        shown = "" if ratio is None else f"{ratio:.3g}"
        value = f"{row['value']:,.4g}" if abs(row["value"]) < 1e4 else f"{row['value']:,.0f}"
        cells = [f"{row['section']}: {row['name']}", row["peer"], value, row["unit"], shown]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def median(values: list[float]) -> float:
    """The median, as every section takes it."""
    return statistics.median(values)


if __name__ == "__main__":
    main()
