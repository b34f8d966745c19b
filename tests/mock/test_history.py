"""What a mock keeps is bounded in number and in size; what was dropped is counted."""

from __future__ import annotations

import httpx
import pytest

from streamtape import MockServer
from streamtape.mock import spaces
from streamtape.mock.history import History
from streamtape.mock.spaces import Kept, Seen, Spaces, size_of
from streamtape.server.exchange import RequestHead


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([1, 1, 1], [0, 1, 2]),
        ([1, 1, 1, 1], [1, 2, 3]),  # too many
        ([4, 4, 4], [1, 2]),  # too long together
        ([1, 1, 10], [2]),
        ([1, 99], [1]),  # the newest stays, whatever its size
        ([99, 1], [1]),
        ([], []),
    ],
)
def test_the_oldest_are_dropped(sizes: list[int], kept: list[int]) -> None:
    """Three items of ten bytes together."""
    history: History[int] = History(3, 10)
    for number, size in enumerate(sizes):
        history.add(number, size)
    assert history == kept
    assert history.n_dropped == len(sizes) - len(kept)
    assert history.n_total == len(sizes)
    assert history.n_bytes == sum(sizes[number] for number in kept)


def test_the_newest_can_be_taken_back() -> None:
    """It is not counted as dropped."""
    history: History[str] = History(3, 10)
    history.add("a", 1)
    history.add("b", 5)
    history.remove_newest()
    assert (history[:], history.n_bytes, history.n_total) == (["a"], 1, 1)


def test_all_tests_share_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test that keeps most drops its oldest; small ones keep theirs."""
    monkeypatch.setattr(spaces, "MAX_BYTES", 20_000)
    head = RequestHead("POST", "/v1/responses", (), "1.1")
    every = Spaces()
    every.add(every.named("small"), Seen(head, b"x"))
    for name in ("one", "two", "one", "two"):
        every.add(every.named(name), Seen(head, b"x" * 6_000))
    assert [len(every.named(name).seen) for name in ("small", "one", "two")] == [1, 1, 1]
    assert sum(space.seen.n_dropped for space in every) == 2


def test_the_control_api_counts_what_was_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests keep their numbers; counts are of all that came."""
    monkeypatch.setattr(spaces, "MAX_REQUEST_BYTES", 5_000)
    monkeypatch.setattr(spaces, "MAX_MISSES", 2)
    with MockServer() as server:
        control = f"{server.url}/t/a/__streamtape"
        httpx.put(f"{control}/rules", json={"rules": [{"contains": "x", "reply": "Hi."}]})
        for _ in range(4):
            httpx.post(f"{server.url}/t/a/v1/responses", json={"input": "y" * 1000})
        state = httpx.get(control).json()
        kept = httpx.get(f"{control}/requests").json()
        misses = httpx.get(f"{control}/misses").json()
    assert (state["requests"], state["misses"]) == (4, 4)
    assert state["dropped"] == {"requests": 2, "misses": 2}
    assert [one["number"] for one in kept] == [2, 3]
    assert len(misses) == 2


def test_responses_that_can_be_gone_on_with_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By size as by number: the oldest are forgotten, the newest can always be gone on with."""
    monkeypatch.setattr(spaces, "MAX_RESPONSE_BYTES", 5_000)
    with MockServer() as server:
        url = f"{server.url}/t/a/v1/responses"
        ids = [httpx.post(url, json={"input": "y" * 2_000}).json()["id"] for _ in range(4)]
        ids.append(httpx.post(url, json={"input": "y" * 9_000}).json()["id"])
        found = [
            httpx.post(url, json={"input": "on", "previous_response_id": one, "store": False})
            for one in ids
        ]
    assert [answer.status_code for answer in found] == [400] * 4 + [200]


def test_responses_share_a_limit_over_all_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test that keeps most forgets its oldest."""
    monkeypatch.setattr(spaces, "MAX_BYTES", 5_000)
    head = RequestHead("POST", "/v1/responses", (), "1.1")
    every = Spaces()
    for number in range(3):
        every.named("large").keep(f"large{number}", Kept(None, (), {}, 2_000))
    every.named("small").keep("small", Kept(None, (), {}, 500))
    every.add(every.named("small"), Seen(head, b"x"))
    assert list(every.named("large").responses) == ["large1", "large2"]
    assert list(every.named("small").responses) == ["small"]


def test_sizes_of_values() -> None:
    """Characters and values count, however deep they lie."""
    deep: list[object] = ["x" * 1_000]
    for _ in range(5_000):
        deep = [deep]
    assert 1_000 + 5_000 * 64 < size_of(deep) < 1_000 + 5_010 * 64
    assert size_of({"a": ["bc", 1, None]}) == 3 + 6 * 64
