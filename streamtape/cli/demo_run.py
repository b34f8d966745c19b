"""The steps of the demo: an endpoint and a program; recording, replay and comparison.

The program is the one of the README, with the OpenAI SDK where it is installed and with httpx where
it is not. Each step runs when it is called and passes text on as it arrives; `demo_output` prints.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamtape
from streamtape.mock.server import MockServer
from streamtape.transport.use_cassette import use_cassette

if TYPE_CHECKING:
    from streamtape.compare.comparison import Comparison

OnText = Callable[[str], None]
PROMPT: dict[str, Any] = {
    "model": "gpt-4.1",
    "input": [{"role": "user", "content": "Say 'double bubble bath' ten times fast."}],
    "stream": True,
}
GAP_US = 20_000
CUT_AFTER = 12


@dataclass(slots=True)
class Take:
    """One run of the program: its events, when they came, and the exception that it met."""

    events: list[Any] = field(default_factory=list)
    first_s: float = 0.0
    total_s: float = 0.0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """The program under test: it yields events as (whole event, piece of text)."""

    name: str
    source: str
    stream: Callable[[str], Iterator[tuple[Any, str]]]

    def run(self, base_url: str, on_text: OnText) -> Take:
        """Run it against an address; what it raises is kept."""
        take = Take()
        began = time.monotonic()
        try:
            for event, text in self.stream(base_url):
                if not take.events:
                    take.first_s = time.monotonic() - began
                take.events.append(event)
                if text:
                    on_text(text)
        except Exception as error:  # noqa: BLE001 - the SDK's and httpx's errors have no common base; the exception is what the demo shows
            take.error = f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"
        take.total_s = time.monotonic() - began
        return take


def _with_openai(base_url: str) -> Iterator[tuple[Any, str]]:
    from openai import OpenAI

    with OpenAI(base_url=base_url, api_key="sk-demo", max_retries=0) as client:
        for event in client.responses.create(**PROMPT):
            yield event, event.delta if event.type == "response.output_text.delta" else ""


def _with_httpx(base_url: str) -> Iterator[tuple[Any, str]]:
    import httpx

    headers = {"Authorization": "Bearer sk-demo"}
    with (
        httpx.Client(base_url=base_url, headers=headers) as client,
        client.stream("POST", "/responses", json=PROMPT) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line[6:])
                yield event, event["delta"] if event["type"].endswith("text.delta") else ""


_OPENAI_SOURCE = """\
from openai import OpenAI

with streamtape.use_cassette("first.tape"):
    client = OpenAI()
    stream = client.responses.create(
        model="gpt-4.1",
        input=[{"role": "user", "content": "Say 'double bubble bath' ten times fast."}],
        stream=True,
    )
    for event in stream:
        print(event)
"""
_HTTPX_SOURCE = """\
import httpx

with streamtape.use_cassette("first.tape"), httpx.Client() as client:
    request = {"model": "gpt-4.1", "input": "Say 'double bubble bath' ...", "stream": True}
    with client.stream("POST", url, json=request) as response:
        for line in response.iter_lines():
            print(line)
"""


def program() -> Program:
    """The program, in the words of the client that is installed."""
    try:
        from openai import OpenAI
    except ImportError:
        return Program("httpx", _HTTPX_SOURCE, _with_httpx)
    with OpenAI(api_key="sk-demo") as client:
        _ = client.responses  # the SDK imports its parts late; that is no part of the demo's times
    return Program("the OpenAI SDK", _OPENAI_SOURCE, _with_openai)


class Tour:
    """The steps, to be run in order; each stores its results here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = program()
        self.url = ""
        self.first, self.again, self.at_once = Take(), Take(), Take()
        self.second, self.cut_run, self.cut_replay = Take(), Take(), Take()
        self.comparison: Comparison

    @property
    def files(self) -> list[Path]:
        """The cassettes that the tour writes."""
        return [self.folder / name for name in ("first.tape", "second.tape", "broken.tape")]

    @property
    def same_events(self) -> bool:
        """Whether both replays gave every event of the recording, and none besides."""
        events = self.first.events
        whole = bool(events) and self.first.error is None
        return whole and self.again.events == events and self.at_once.events == events

    def record(self, on_text: OnText) -> None:
        """Record the program against the endpoint, live; then the endpoint is stopped."""
        self.first, self.url = self._recorded("first.tape", on_text)

    def replay(self, on_text: OnText) -> None:
        """Run it again, with nothing listening: at the recorded pace, then at once."""
        self.again = self._replayed("first.tape", self.url, 1.0, on_text)
        self.at_once = self._replayed("first.tape", self.url, None, _silent)

    def compare(self) -> None:
        """Record a second run, in which one word differs, and compare both."""
        self.second, _ = self._recorded("second.tape", _silent, seed=1, word="rubber", gap_us=2_000)
        self.comparison = streamtape.diff(self.files[0], self.files[1])

    def cut(self) -> None:
        """Record a stream that breaks, and replay it."""
        self.cut_run, url = self._recorded("broken.tape", _silent, cut=CUT_AFTER, gap_us=2_000)
        self.cut_replay = self._replayed("broken.tape", url, None, _silent)

    def go(self) -> None:
        """Run every step without output."""
        self.record(_silent)
        self.replay(_silent)
        self.compare()
        self.cut()

    def _recorded(self, name: str, on_text: OnText, **options: Any) -> tuple[Take, str]:
        with MockServer(**{"gap_us": GAP_US, **options}) as endpoint:
            url = endpoint.base_url
            with use_cassette(self.folder / name, mode="all"):
                return self.program.run(url, on_text), url

    def _replayed(self, name: str, url: str, speed: float | None, on_text: OnText) -> Take:
        with use_cassette(self.folder / name, mode="none", speed=speed):
            return self.program.run(url, on_text)


def _silent(text: str) -> None:
    """Ignore a piece of text."""
