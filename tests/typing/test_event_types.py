"""The types of events are those that the SDKs publish now."""

import difflib
import typing

import pytest
from anthropic.types import RawMessageStreamEvent
from openai.types.responses import ResponseStreamEvent

from streamtape.tape import event_types
from streamtape.tape.events import Event
from tools.generate.event_types import TARGET, generate, main


def published(union: object) -> set[str]:
    """The types that a union of events names, read without the generator."""
    (members, *_) = typing.get_args(union)
    return {
        value
        for model in typing.get_args(members)
        for value in typing.get_args(model.model_fields["type"].annotation)
    }


def test_the_stub_is_what_the_sdks_publish() -> None:
    """A type or field that an SDK adds, drops or changes shows as a difference here."""
    lines = difflib.unified_diff(
        TARGET.read_text().splitlines(), generate().splitlines(), "stub", "SDKs", lineterm="", n=1
    )
    assert list(lines) == [], "write it again: python tools/generate/event_types.py"


@pytest.mark.parametrize("union", [ResponseStreamEvent, RawMessageStreamEvent])
def test_every_published_type_has_an_overload(union: object) -> None:
    """None is left out, of an interaction or of a session."""
    types = published(union)
    assert len(types) >= 6
    text = TARGET.read_text()
    for kind in types:
        assert text.count(f"type: Literal[{kind!r}], /") == 2


def test_check_tells_an_old_stub(
    tmp_path: typing.Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check prints the difference, and changes nothing."""
    old = tmp_path / "event_types.pyi"
    old.write_text(TARGET.read_text().replace("    delta: str\n", "    delta: bytes\n"))
    monkeypatch.setattr("tools.generate.event_types.TARGET", old)
    before = old.read_text()
    assert main(["--check"]) == 1
    assert "+    delta: str" in capsys.readouterr().out
    assert old.read_text() == before
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_at_run_time_each_is_an_event() -> None:
    """The names can be imported, and mean Event."""
    assert event_types.ResponseTextDeltaEvent is Event
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        event_types.Nothing  # type: ignore[attr-defined]  # noqa: B018 - it raises
