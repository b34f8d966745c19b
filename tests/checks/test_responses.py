"""OpenAI Responses streams: a good one is fine, and each way to break it is found by its rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

import streamtape
from streamtape.checks.finding import Finding
from tests.checks.rule_payloads import Payloads, found, good, place, renumber, rules

CASSETTES = Path(__file__).parent.parent.parent / "cassettes"


def test_a_good_stream_has_no_findings() -> None:
    """Nothing is said where nothing is wrong."""
    assert found(good()) == []


def drop(name: str) -> Callable[[Payloads], None]:
    """Leave the first event of a type out, and hide it."""

    def change(payloads: Payloads) -> None:
        del payloads[place(payloads, name)]
        renumber(payloads)

    return change


def swap(name: str) -> Callable[[Payloads], None]:
    """Swap the first event of a type with the next one, and hide it."""

    def change(payloads: Payloads) -> None:
        at = place(payloads, name)
        payloads[at : at + 2] = reversed(payloads[at : at + 2])
        renumber(payloads)

    return change


def double(name: str) -> Callable[[Payloads], None]:
    """Send the first event of a type twice, and hide it."""

    def change(payloads: Payloads) -> None:
        at = place(payloads, name)
        payloads.insert(at, dict(payloads[at]))
        renumber(payloads)

    return change


def put(name: str, field: str, value: object) -> Callable[[Payloads], None]:
    """Change a field of the first event of a type."""

    def change(payloads: Payloads) -> None:
        holder = payloads[place(payloads, name)]
        *path, last = field.split(".")
        for step in path:
            holder = holder[step]
        holder[last] = value

    return change


def cut(payloads: Payloads) -> None:
    """Leave the last event out."""
    payloads.pop()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (drop("created"), "lifecycle"),
        (drop("in_progress"), "lifecycle"),
        (drop("output_item.added"), "lifecycle"),
        (drop("content_part.added"), "lifecycle"),
        (drop("output_text.delta"), "joined"),
        (drop("output_text.done"), "lifecycle"),
        (drop("content_part.done"), "lifecycle"),
        (drop("output_item.done"), "lifecycle"),
        (drop("function_call_arguments.done"), "lifecycle"),
        (drop("completed"), "terminal"),
        (cut, "terminal"),
        (swap("output_text.delta"), "joined"),
        (swap("output_text.done"), "lifecycle"),
        (swap("in_progress"), "lifecycle"),
        (double("output_text.delta"), "joined"),
        (double("output_text.done"), "lifecycle"),
        (double("output_item.added"), "lifecycle"),
        (double("completed"), "lifecycle"),
        (put("output_text.done", "text", "Double trouble"), "joined"),
        (put("output_text.delta", "content_index", 1), "lifecycle"),
        (put("output_text.delta", "output_index", 7), "lifecycle"),
        (put("output_text.delta", "item_id", "msg_other"), "identity"),
        (put("output_item.added", "output_index", 3), "index"),
        (put("output_text.delta", "sequence_number", 99), "sequence"),
        (put("completed", "response.id", "resp_other"), "constant"),
        (put("completed", "response.status", "in_progress"), "state"),
        (put("completed", "response.usage", None), "usage"),
        (put("completed", "response.output", []), "repeated"),
        (put("function_call_arguments.delta", "delta", "{{"), "joined"),
    ],
)
def test_what_is_broken_is_found(change: Callable[[Payloads], None], rule: str) -> None:
    """Each breach is an error of the rule that is about it, though the numbers hide it."""
    assert rule in rules(found(good(), change), "error")


def test_arguments_that_are_no_json_are_found() -> None:
    """A call whose arguments are cut, though the stream ended well."""
    payloads = good()
    for payload in payloads:
        for holder in (payload, payload.get("item", {})):
            if holder.get("arguments"):
                holder["arguments"] = '{"ti'
        if payload["type"] == "response.function_call_arguments.delta":
            payload["delta"] = '{"ti' if "ti" in payload["delta"] else ""
    payloads[-1]["response"]["output"][1]["arguments"] = '{"ti'
    assert rules(found(payloads), "error") == {"arguments"}


def test_an_early_stream_without_numbers_is_only_warned_of() -> None:
    """No sequence numbers at all was once how it was; one missing is a defect."""
    payloads = good()
    for payload in payloads:
        del payload["sequence_number"]
    assert [(f.rule, f.severity) for f in found(payloads)] == [("sequence", "warning")]
    payloads = good()
    del payloads[4]["sequence_number"]
    assert "sequence" in rules(found(payloads), "error")


def test_an_unknown_type_is_data() -> None:
    """A type from the future is told, and no error."""
    payloads = good()
    payloads.insert(5, {"type": "response.hologram.delta", "output_index": 0, "delta": "x"})
    renumber(payloads)
    assert [(f.rule, f.severity) for f in found(payloads)] == [("unknown-type", "info")]


def test_one_defect_of_many_events_is_reported_once() -> None:
    """A field that every delta lacks is one finding with a count."""
    payloads = good()
    for payload in payloads:
        if payload["type"] == "response.output_text.delta":
            del payload["content_index"]
    (first,) = [f for f in found(payloads) if f.rule == "required"]
    assert first.count == 3
    assert str(first).endswith("has no content_index (3 times)")


def test_the_defects_of_llama_cpp_are_found() -> None:
    """The recorded stream of a real server: what is known to be wrong with it is what is told."""
    findings = streamtape.check(CASSETTES / "llama.cpp" / "responses.tape")
    expected = {(f.rule, f.where.what): f for f in findings}
    created = expected["required", "response.created"]
    assert created.message == "has no response.created_at, response.model, response.output"
    delta = expected["required", "response.output_text.delta"]
    assert (delta.message, delta.count) == ("has no output_index, content_index", 120)
    assert expected["sequence", ""].severity == "warning"
    assert "max_output_tokens" in expected["truncated", "response.completed"].message
    assert rules(findings, "error") == {"required"}


def test_a_rule_can_be_switched_off() -> None:
    """`off` names rules; a name that there is not is refused."""
    path = CASSETTES / "llama.cpp" / "responses.tape"
    left = streamtape.check(path, off=("required", "sequence"))
    assert rules(left) == {"field", "truncated"}
    with pytest.raises(streamtape.UsageError, match=r"unknown rule 'requird'.*required"):
        streamtape.check(path, off=("requird",))


def test_a_profile_changes_what_counts() -> None:
    """Open Responses ends with [DONE]; OpenAI has none; an unknown profile is refused."""
    payloads = good()
    assert rules(found([*payloads, "[DONE]"])) == {"marker"}  # type: ignore[list-item]  # a text is taken as it is
    from tests.streams import interaction_of

    assert streamtape.check(interaction_of([*payloads, "[DONE]"]), profile="open-responses") == []
    plain = streamtape.check(interaction_of(payloads), profile="open-responses")
    assert rules(plain, "error") == {"marker"}
    with pytest.raises(streamtape.UsageError, match="unknown profile 'opnai'"):
        streamtape.check(interaction_of(payloads), profile="opnai")


@pytest.mark.parametrize("path", sorted((CASSETTES / "embedded").glob("*.tape")), ids=str)
def test_our_own_endpoint_keeps_the_rules(path: Path) -> None:
    """The embedded endpoint's streams have no errors."""
    assert rules(streamtape.check(path), "error") == set()


def test_a_finding_says_where() -> None:
    """The place has the event's index, its type and its time."""
    payloads = good()
    del payloads[4]
    finding: Finding = found(payloads)[0]
    assert finding.where.event == 4
    assert finding.where.at_us == 4000
    assert str(finding.where) == "#4 response.output_text.delta"
