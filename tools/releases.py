"""Tests the seams against the oldest releases that we name, and the newest there are.

Each set of releases has an environment of its own; in it run the tests of the seams: recorded,
replayed, cut, left, in every library, and that nothing passes unseen.

    python tools/releases.py                    both sets
    python tools/releases.py oldest             what continuous integration runs
    python tools/releases.py newest -x -q       further arguments go to pytest

Environments are made by uv (or pip) in the folder of --environments; the newest releases are looked
for at each run. The exit status is 1 where a test fails or an environment can't be made.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools import environments

REPOSITORY = Path(__file__).parent.parent
# What README and CLIENTS.md name as the oldest that is served.
OLDEST = {
    "aiohttp": "3.10.11",
    "httpx": "0.27.0",
    "httpx2": "2.16.0",
    "requests": "2.32.0",
    "urllib3": "1.26.20",
    "websockets": "13.1",
}
# Their seams are tested with the releases that come with the others.
ALSO = (
    "boto3", "curl-cffi", "grpcio", "hypothesis", "pycurl", "pydantic", "pytest", "pytest-xdist",
    "sseclient-py", "trio", "uvloop", "wsproto",
)  # fmt: skip
TESTS = (
    "test_aiohttp_seam.py", "test_aiohttp_websockets.py", "test_c_clients.py", "test_clients.py",
    "test_http_client.py", "test_late_clients.py", "test_transports.py", "test_unseen.py",
    "test_websockets.py",
)  # fmt: skip
_PRINT_VERSIONS = (
    "import importlib.metadata as m, sys; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
)
SETS = ("oldest", "newest")


def packages(which: str) -> list[str]:
    """What is installed in one of the environments, besides streamtape and what it needs."""
    if which == "oldest":
        return [*(f"{name}=={version}" for name, version in OLDEST.items()), *ALSO]
    return ["--upgrade", *OLDEST, *ALSO]


def declared() -> dict[str, str]:
    """The lowest versions of these libraries that pyproject.toml declares for its users."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    pairs = (entry.partition(">=") for entry in project["dependencies"])
    return {name: version for name, _, version in pairs if name in OLDEST}


def run(which: str, folder: Path, arguments: list[str]) -> bool:
    """Make or bring up to date one environment, and run the tests in it."""
    python = environments.make(folder / which)
    problem = environments.install(python, "-e", str(REPOSITORY), *packages(which))
    if problem:
        print(f"{which}: the environment can't be made: {problem}", file=sys.stderr)
        return False
    code = (
        "import importlib.metadata as m, sys; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    )
    subprocess.run([str(python), "-c", code, *OLDEST], check=True)
    tests = [str(Path("tests/transport") / name) for name in TESTS]
    command = [str(python), "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup"]
    done = subprocess.run([*command, *arguments, *tests], cwd=REPOSITORY, check=False)
    return done.returncode == 0


def main() -> int:
    """Run the tests in the environments that were chosen."""
    parser = argparse.ArgumentParser(description="Test the seams against old and new releases.")
    parser.add_argument("which", nargs="?", choices=[*SETS, "both"], default="both")
    default = Path(tempfile.gettempdir()) / "streamtape-releases"
    parser.add_argument("--environments", type=Path, default=default, metavar="FOLDER")
    options, arguments = parser.parse_known_args()
    sets = SETS if options.which == "both" else (options.which,)
    good = {which: run(which, options.environments, arguments) for which in sets}
    return int(not all(good.values()))


if __name__ == "__main__":
    sys.exit(main())
