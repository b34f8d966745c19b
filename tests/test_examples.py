"""The example programs of tools/examples run, and do what they say."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import streamtape
from tests.patience import PATIENCE_S
from tests.tools_present import needs

REPO = Path(__file__).parent.parent
EXAMPLES = REPO / "tools" / "examples"


@pytest.mark.parametrize(("name", "n_tests"), [("agent", 3), ("endpoint", 2)])
def test_an_example_suite_passes(name: str, n_tests: int) -> None:
    """As a user's own suite: pytest in its folder, with nothing but the plugin."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", ".", "."],
        cwd=EXAMPLES / name, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"{n_tests} passed" in done.stdout, done.stdout + done.stderr


@needs("node")
def test_the_node_program_is_answered_by_a_recording(tmp_path: Path) -> None:
    """It prints the text of a stream, without a key and without a network."""
    request = {"model": "gpt-4.1", "input": "Hello?", "stream": True}
    made = streamtape.compose("openai-responses", ["Good morning to you."], request=request)
    streamtape.save(streamtape.Cassette((made,)), tmp_path / "run.tape")
    command = [
        "replay",
        "run.tape",
        "--speed",
        "max",
        "--",
        "node",
        str(EXAMPLES / "node" / "app.mjs"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "streamtape", *command],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("Good morning to you.\n", 0), done.stderr


def test_every_client_of_the_load_test_is_answered() -> None:
    """All of them at once, each with its whole stream."""
    command = [
        sys.executable,
        str(EXAMPLES / "load_test.py"),
        "--clients",
        "8",
        "--pace",
        "at_once",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    assert measured["clients"] == 8
    assert 0 < measured["first_content_median_s"] <= measured["first_content_worst_s"]


@needs(":nbclient", ":ipykernel")
def test_the_cells_of_the_notebook_run() -> None:
    """In a kernel of their own, in their order, in the folder of the checkout."""
    notebook = import_module("nbformat").read(EXAMPLES / "notebook.ipynb", as_version=4)
    client = import_module("nbclient").NotebookClient
    client(notebook, timeout=int(PATIENCE_S), resources={"metadata": {"path": str(REPO)}}).execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert any("text/html" in one.get("data", {}) for cell in outputs for one in cell)
