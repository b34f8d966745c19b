"""From a request to its answer: what server and WebSockets share. No sockets here.

It knows the rules, the spaces of tests, and what a server does by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streamtape.errors import UsageError
from streamtape.mock.answers import Answer, NoRuleError, Usual, answer_to
from streamtape.mock.options import Options, read_options
from streamtape.mock.request import MockRequest
from streamtape.mock.rules import Rule
from streamtape.mock.spaces import Kept, Space, Spaces, size_of


class PreviousResponseError(UsageError):
    """A request goes on with a response that the mock does not know."""


class Responder:
    """Chooses the answers to requests, and remembers them."""

    def __init__(self, rules: Sequence[Rule], usual: Usual, defaults: Options) -> None:
        self.rules = list(rules)
        self.usual = usual
        self.defaults = defaults
        self.spaces = Spaces()

    def understand(
        self,
        dialect: str,
        body: Mapping[str, Any],
        *,
        query: str = "",
        model: str = "",
        stream: bool = True,
        headers: Mapping[str, str] | None = None,
        path: str = "",
        space: Space,
        known: Mapping[str, Sequence[Any]] | None = None,
    ) -> tuple[MockRequest, Options]:
        """Read a request: what it means, and what it asks of the mock.

        `known` are conversations by response that only its connection knows.
        PreviousResponseError, and UsageError for an option that there is not.
        """
        named = str(body.get("model") or model or "mock")
        bare, options = read_options(named, query, self.defaults)
        previous = _previous(dialect, body)
        history: Sequence[Any] = ()
        if previous is not None:
            history, kept_body = self._goes_on_with(previous, space, known or {})
            body = {**kept_body, **body}
        request = MockRequest(
            dialect, body, bare, stream, headers or {}, path, query, space.name, history
        )  # fmt: skip
        return request, options

    def _goes_on_with(
        self, previous: Any, space: Space, known: Mapping[str, Sequence[Any]]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """The conversation that a request goes on with, and what of its body still holds."""
        if isinstance(previous, str):
            if previous in known:
                return known[previous], {}
            if previous in space.responses:
                kept = space.responses[previous]
                return kept.history, kept.lasting
        raise PreviousResponseError(f"Previous response with id {previous!r} not found.")

    def answer(self, request: MockRequest, options: Options, space: Space) -> Answer:
        """The answer to a request; NoRuleError (recorded as a miss) where no rule matches."""
        rules = self.rules if space.rules is None else space.rules
        usual = self.usual
        if space.rules is not None and usual.falls_back:
            usual = Usual(usual.pace, usual.seed, usual.faults, usual.rechunk, falls_back=False)
        try:
            return answer_to(request, options, rules, space, usual)
        except NoRuleError as error:
            space.add_miss(str(error))
            raise

    def keep(self, request: MockRequest, answer: Answer, space: Space) -> None:
        """Keep an answer that can be gone on with, unless its request says not to."""
        body = request.body
        lasting: dict[str, Any] = {}
        if request.dialect == "anthropic":
            if not isinstance(body.get("thread"), Mapping):
                return
            lasting = {name: body[name] for name in _LASTING if name in body}
        elif not body.get("store", True):
            return
        history = conversation_after(request, answer)
        kept = Kept(answer, history, lasting, size_of([history, lasting]))
        space.keep(answer.answer_id, kept)


# What holds for a whole thread of Anthropic's, though only its first request says it.
_LASTING = ("system", "tools", "tool_choice", "output_config")


def _previous(dialect: str, body: Mapping[str, Any]) -> Any:
    """The id of the answer that a request goes on with; None where it begins anew."""
    if dialect == "openai-responses":
        return body.get("previous_response_id")
    thread = body.get("thread") if dialect == "anthropic" else None
    return thread.get("previous_message_id") if isinstance(thread, Mapping) else None


def conversation_after(request: MockRequest, answer: Answer) -> list[Any]:
    """The conversation up to the end of an answer, as input items or messages."""
    given = request.body.get("input", request.body.get("messages"))
    items = given if isinstance(given, list) else [] if given is None else [given]
    return [*request.history, *items, {"role": "assistant", "content": answer.text}]
