"""The JSON schemas of the reference say what commands print."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.running import interaction, responses, tape
from tests.test_documents import SITE
from tools.docs import json_commands, json_outputs

SCHEMAS: dict[str, Any] = json.loads(json_outputs.FILE.read_text())


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two recordings that the schemas were not made from, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    a = tape(folder / "a" / "run.tape", interaction(responses("Hello", " there")))
    return a, tape(folder / "b" / "run.tape", interaction(responses("Hello", " you", run_id="2")))


def test_every_command_with_json_has_a_schema() -> None:
    """A new command's output is documented, or this fails; a schema of no command is found, too."""
    lines = [line for lines in json_commands.COMMANDS.values() for line in lines]
    assert {line.split()[0] for line in lines} == json_commands.has_json()
    assert SCHEMAS.keys() == json_commands.COMMANDS.keys()


@pytest.mark.parametrize("name", json_commands.COMMANDS)
def test_what_a_command_prints_keeps_its_schema(
    name: str, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    """Each field that the reference promises is there, and of its type."""
    if name.startswith(("sql", "export")):
        pytest.importorskip("pyarrow")
    if name == "migrate":
        pytest.importorskip("libcst")
    validator = jsonschema.Draft202012Validator(SCHEMAS[name])
    validator.check_schema(SCHEMAS[name])
    values = list(json_commands.outputs(name, *recordings, tmp_path))
    assert values
    for value in values:
        assert [error.message for error in validator.iter_errors(value)] == []


def test_a_schema_finds_a_field_that_is_gone() -> None:
    """The schemas are no empty ones."""
    for name, schema in SCHEMAS.items():
        value: Any = [{}] if schema["type"] == "array" else {}
        assert not jsonschema.Draft202012Validator(schema).is_valid(value), name


def test_the_index_for_programs_leads_to_pages() -> None:
    """Each link of llms.txt is a page of the site."""
    from tools.docs.build import pages

    linked = re.findall(r"\]\(([\w/-]+)\.html\)", (SITE / "llms.txt").read_text())
    assert linked
    assert {f"{name}.md" for name in linked} <= pages().keys()
