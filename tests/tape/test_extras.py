"""The command that installs what is missing fits the environment."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from streamtape.cli.migrate import _require_libcst
from streamtape.cluster.dask_cluster import DaskCluster
from streamtape.content.decode import brotli_library
from streamtape.convert.about import About
from streamtape.convert.yaml_text import load_yaml
from streamtape.errors import ContentError, UsageError
from streamtape.extras import install_command
from streamtape.otlp.sender import Sender
from streamtape.report.play.gif import Painter
from streamtape.report.play.themes import THEMES
from streamtape.report.plots import draw
from streamtape.stores.fsspec_store import FsspecStore
from streamtape.tabular.extras import needed

PYTHON = sys.executable


@pytest.mark.parametrize(
    ("has_pip", "command"),
    [
        (True, f'{PYTHON} -m pip install "streamtape-recorder[plot]"'),
        (False, f'uv pip install --python {PYTHON} "streamtape-recorder[plot]"'),
    ],
)
def test_it_is_pips_or_uvs(has_pip: bool, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments that uv makes have no pip."""
    found: Any = object() if has_pip else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    assert install_command(extra="plot") == command


@pytest.mark.parametrize(
    ("extra", "modules", "call"),
    [
        ("yaml", ["yaml"], lambda: load_yaml(b"a: 1", About("x.yaml"))),
        ("brotli", ["brotli", "brotlicffi"], brotli_library),
        ("migrate", ["libcst"], _require_libcst),
        ("plot", ["matplotlib", "matplotlib.figure"], lambda: draw([], None, "svg")),  # type: ignore[arg-type]  # never read
        ("play", ["PIL"], lambda: Painter(THEMES["dark"], None)),
        ("tables", ["pyarrow"], lambda: needed("pyarrow", "export")),
        ("cluster", ["distributed"], lambda: DaskCluster("local:1")),
        ("stores", ["fsspec"], lambda: FsspecStore("memory://x", "")),
        (
            "otel",
            ["opentelemetry.exporter.otlp.proto.http.trace_exporter"],
            lambda: Sender(environ={}),
        ),
    ],
)
def test_each_missing_library_gives_the_whole_command(
    extra: str, modules: list[str], call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs an extra says how to install it."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises((UsageError, ContentError)) as caught:
        call()
    assert install_command(extra=extra) in str(caught.value)


def test_every_extra_is_reported() -> None:
    """The extras of the project are those that the test above knows."""
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(project["optional-dependencies"]) == {
        "brotli",
        "cluster",
        "migrate",
        "otel",
        "play",
        "plot",
        "stores",
        "tables",
        "yaml",
    }
