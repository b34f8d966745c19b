"""What was reported of framing and HTTP, whatever the API."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from tools.corpus.reported.kit import APIS, Answer, Event, Group, dump, parse, write

EACH = Group(*APIS)
NAMED = Group("responses", "anthropic")  # those whose events have names
reported = EACH.answers
HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    b"Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
ERROR = {"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": 429}}
LEGAL = "it is legal in an event stream"


def _insert(answer: Answer, event: Event, where: float) -> Answer:
    events, newline = parse(answer.body)
    at = max(1, int(len(events) * where))
    return replace(answer, body=write([*events[:at], event, *events[at:]], newline))


@reported("`data: data: `", "paiml/aprender#2015", "wire")
def data_twice(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=answer.body.replace(b"data: {", b"data: data: {"))


@reported("a comment of the upstream is sent as data", "mnfst/llm-gateway#2053", "wire")
def comment_as_data(answer: Answer, random: Random) -> Answer | None:
    return _insert(answer, Event(None, ": OPENROUTER PROCESSING"), 0)


@reported("CRLF for LF", "farion1231/cc-switch#1787", "wire", untellable=LEGAL)
def crlf(answer: Answer, random: Random) -> Answer | None:
    return (
        None
        if b"\r\n" in answer.body
        else replace(answer, body=answer.body.replace(b"\n", b"\r\n"))
    )


@reported("CR for LF", "EdamAme-x/pentect#1438", "wire", untellable=LEGAL)
def cr(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=answer.body.replace(b"\r\n", b"\n").replace(b"\n", b"\r"))


@reported("no space after `data:`", "dataelement/Clawith#106", "wire", untellable=LEGAL)
def no_space(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=answer.body.replace(b"data: ", b"data:"))


@reported("one line end between events", "cypress-io/cypress#34786", "wire")
def no_blank_lines(answer: Answer, random: Random) -> Answer | None:
    body = answer.body.replace(b"\r\n", b"\n")
    return replace(answer, body=body.replace(b"\n\n", b"\n"))


@reported("a stream under application/json", "vllm-project/vllm-ascend#6985", "http")
def typed_as_json(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, content_type=b"application/json")


@reported("a stream under text/plain", "containers/ramalama#2902", "http")
def typed_as_text(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, content_type=b"text/plain; charset=utf-8")


@reported("a stream without a content type", "nearai/private-ml-sdk#20", "http")
def untyped(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, content_type=None)


@reported("a page of the proxy, as a stream", "MeltwaterArchive/datasift-ruby#86", "http")
def page_as_stream(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=HTML)


@reported("a page of the proxy ends the stream", "hdghg/cjbot#14", "wire")
def page_in_stream(answer: Answer, random: Random) -> Answer | None:
    events, newline = parse(answer.body)
    return replace(answer, body=write(events[: max(1, len(events) // 2)], newline) + HTML)


@reported("a page of the proxy, status 200", "typescriptlibs/tsl-mastodon-api#42", "http")
def page(answer: Answer, random: Random) -> Answer | None:
    if not answer.is_streamed:
        return None
    return replace(answer, body=HTML, content_type=b"text/html")


@reported(
    "an error as JSON under text/event-stream", "inference-gateway/inference-gateway#578", "http"
)
def error_as_stream(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=json.dumps(ERROR).encode())


@reported("an empty stream with status 200", "inference-gateway/inference-gateway#578", "http")
def empty(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=b"")


@reported("an error as plain text in `data:`", "lucasjinreal/Crane#121", "wire")
def error_as_text(answer: Answer, random: Random) -> Answer | None:
    events, newline = parse(answer.body)
    payloads = [*events[: max(1, len(events) // 2)], Event(None, "error: engine stopped")]
    return replace(answer, body=write(payloads, newline))


@reported("a lone byte that is no UTF-8", "ggml-org/llama.cpp#28724", "wire")
def lone_byte(answer: Answer, random: Random) -> Answer | None:
    at = answer.body.find(b'": "', len(answer.body) // 3)
    at = at if at > 0 else answer.body.find(b'":"', len(answer.body) // 3) - 1
    if at < 0:
        return None
    return replace(answer, body=answer.body[: at + 4] + b"\x85" + answer.body[at + 4 :])


@reported("a letter of several bytes is cut", "ggml-org/llama.cpp#28926", "wire")
def letter_cut(answer: Answer, random: Random) -> Answer | None:
    found = [i for i, byte in enumerate(answer.body) if byte >= 0xC0]
    if not found:
        return None
    at = random.choice(found)
    return replace(answer, body=answer.body[: at + 1] + answer.body[at + 2 :])


@reported(
    "the last line is lost at the end of the upstream",
    "inference-gateway/inference-gateway#578",
    "wire",
)
def last_line_lost(answer: Answer, random: Random) -> Answer | None:
    body = answer.body.rstrip(b"\r\n")
    return replace(answer, body=body[: body.rfind(b"\n") + 1])


@reported("cut within an event, and closed as if whole", "ayunis-core/ayunis-core#656", "wire")
def cut(answer: Answer, random: Random) -> Answer | None:
    at = answer.body.find(b"{", len(answer.body) * 2 // 3) + 9
    return replace(answer, body=answer.body[:at])


@reported("the connection breaks", "antage/eventsource#22", "http")
def cut_off(answer: Answer, random: Random) -> Answer | None:
    at = answer.body.find(b"{", len(answer.body) // 2) + 9
    return replace(answer, body=answer.body[:at], ending="error")


@reported(
    "events cut anywhere by the chunks of the transport",
    "lianginx/chatgpt-nuxt#12",
    "wire",
    untellable="chunks have no meaning in HTTP",
)
def odd_chunks(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, ending="complete in odd chunks")


@reported("lines of JSON under text/event-stream", "huggingface/chat-ui#1744", "wire")
def lines_as_stream(answer: Answer, random: Random) -> Answer | None:
    events, _ = parse(answer.body)
    lines = [dump(event.data) for event in events if isinstance(event.data, dict)]
    return replace(answer, body="\n".join([*lines, ""]).encode(errors="surrogateescape"))


@reported(
    "status 502 with the proxy's page",
    "esi/esi-issues#902",
    "http",
    untellable="the status says honestly that it failed",
)
def bad_gateway(answer: Answer, random: Random) -> Answer | None:
    return replace(answer, body=HTML, content_type=b"text/html", status=502)


@reported("JSON, then [DONE], where no stream began", "decolua/9router#3492", "wire")
def json_and_marker(answer: Answer, random: Random) -> Answer | None:
    events, _ = parse(answer.body)
    objects = [event.data for event in events if isinstance(event.data, dict)]
    return replace(answer, body=json.dumps(objects[-1]).encode() + b"\n\ndata: [DONE]\n\n")


@NAMED.events("events have no names", "openclaw/openclaw#37571", "wire")
def no_names(events: list[Event], random: Random) -> list[Event] | None:
    for event in events:
        event.name = None
    return events
