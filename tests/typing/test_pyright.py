"""The usage files mean the same to pyright as to mypy (which checks them with everything else)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.tools_present import IN_CI

HERE = Path(__file__).parent
NODE = HERE.parent / "interop/node"
USAGE = sorted(path.name for path in HERE.glob("*.py") if not path.name.startswith("test_"))
# `npm install` puts it with the Node clients; one of one's own does as well.
PLACES = os.pathsep.join((str(NODE / "node_modules/.bin"), os.environ["PATH"]))
PYRIGHT = shutil.which("pyright", path=PLACES)
pytestmark = pytest.mark.skipif(
    PYRIGHT is None and not IN_CI, reason=f"pyright is not installed (`npm install` in {NODE})"
)
WRONG = """import streamtape
@streamtape.cassette
def test_a(number: int) -> str: return ''
test_a('1')
@streamtape.cassette(sped=1.0)
def test_b() -> None: ...
number: int = test_a(1)
"""


@pytest.fixture(scope="module")
def diagnostics(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str]]:
    """File, line and message of what pyright says, strictly, and of comments that hide nothing."""
    folder = tmp_path_factory.mktemp("typing")
    for name in USAGE:
        shutil.copy(HERE / name, folder)
    (folder / "wrong.py").write_text(WRONG)
    settings = {
        "strict": ["*.py"],
        "reportUnnecessaryTypeIgnoreComment": True,
        "extraPaths": [str(HERE.parents[1])],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    assert PYRIGHT is not None, f"`npm install` in {NODE} brings pyright"
    command = [PYRIGHT, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=3 * PATIENCE_S, cwd=folder
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(USAGE) + 1
    return [
        (Path(d["file"]).name, d["range"]["start"]["line"] + 1, d["message"])
        for d in report["generalDiagnostics"]
    ]


def test_pyright_agrees(diagnostics: list[tuple[str, int, str]]) -> None:
    """Signatures are kept, values have their types, and the wrong calls are errors to it too."""
    assert [one for one in diagnostics if one[0] != "wrong.py"] == []


def test_pyright_sees_what_is_wrong(diagnostics: list[tuple[str, int, str]]) -> None:
    """Wrong arguments of a decorated function, and wrong options, are told: nothing is Any."""
    assert {line for file, line, _ in diagnostics if file == "wrong.py"} == {4, 5, 7}
