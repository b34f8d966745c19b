"""`Interaction.sdk_events`: a stream as objects of the provider's SDK.

The SDK's client reads the recording through a ReplayTransport, so unusual events, errors in the
stream and cuts have the same effect as with the live API.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from streamtape.dialects.select import dialect_for
from streamtape.errors import UsageError
from streamtape.extras import install_command
from streamtape.tape.model import Cassette, Interaction
from streamtape.transport.transports import ReplayTransport

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sdk:
    """An SDK: its package, its client, and where it defines the type of a stream's events."""

    package: str
    client: str
    types: str
    union: str


_RESPONSES = _Sdk("openai", "OpenAI", "openai.types.responses", "ResponseStreamEvent")
_CHAT = _Sdk("openai", "OpenAI", "openai.types.chat", "ChatCompletionChunk")
_COMPLETIONS = _Sdk("openai", "OpenAI", "openai.types", "Completion")
_ASSISTANTS = _Sdk("openai", "OpenAI", "openai.types.beta", "AssistantStreamEvent")
_MESSAGES = _Sdk("anthropic", "Anthropic", "anthropic.types", "RawMessageStreamEvent")
_BETA = _Sdk("anthropic", "Anthropic", "anthropic.types.beta", "BetaRawMessageStreamEvent")
_BY_DIALECT = {
    "openai-responses": _RESPONSES,
    "openrouter-responses": _RESPONSES,
    "open-responses": _RESPONSES,
    "openai-chat": _CHAT,
    "openai-completions": _COMPLETIONS,
    "openai-assistants": _ASSISTANTS,
    "anthropic": _MESSAGES,
}


def sdk_events(
    interaction: Interaction, kind: type[T] | None = None, dialect: str | None = None
) -> Iterator[Any]:
    """Iterate over the events of a stream as objects of its SDK, or only those of one class.

    UsageError if no SDK is known for the stream, if it is not installed, or if the response is not
    a stream. Exceptions that the SDK raises while reading (for an error event, a cut) pass through.
    """
    sdk = _sdk_for(interaction, dialect)
    try:
        package = import_module(sdk.package)
    except ImportError:
        raise UsageError(
            f"these events are those of the package {sdk.package!r}, which is not installed; to "
            f"install it: {install_command(sdk.package)}"
        ) from None
    return _read(interaction, kind, package, sdk)


def _sdk_for(interaction: Interaction, dialect: str | None) -> _Sdk:
    media = (interaction.head.get("content-type") if interaction.head else None) or ""
    if "json" in media and interaction.content.lstrip()[:1] in (b"{", b"["):
        raise UsageError(f"the response is {media!r}, not a stream: it has no events")
    name = dialect_for(interaction, dialect).name
    family = "openai-chat" if "chat" in name and not name.startswith("bedrock") else name
    sdk = _BY_DIALECT.get(family)
    if sdk is None:
        known = ", ".join(_BY_DIALECT)
        raise UsageError(
            f"no SDK is known for the dialect {name!r}; known: {known}, and what speaks Chat "
            "Completions"
        )
    beta = "beta=true" in interaction.request.url
    return _BETA if sdk is _MESSAGES and beta else sdk


def _read(interaction: Interaction, kind: type[T] | None, package: Any, sdk: _Sdk) -> Iterator[Any]:
    """Read it with the package's client; nothing is sent, and no key is needed."""
    event_type = getattr(import_module(sdk.types), sdk.union)
    transport = ReplayTransport(Cassette((interaction,)), match_on=("method",))
    client = getattr(package, sdk.client)(
        api_key="unused",
        base_url="http://replayed.invalid",
        max_retries=0,
        http_client=package.DefaultHttpxClient(transport=transport),
    )
    send = client.get if interaction.request.method == "GET" else client.post
    with client, send(
        "/", cast_to=event_type, stream=True, stream_cls=package.Stream[event_type]
    ) as stream:  # fmt: skip
        for event in stream:
            if kind is None or isinstance(event, kind):
                yield event
