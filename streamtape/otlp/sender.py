"""Spans sent to a collector by OTLP/HTTP, with OpenTelemetry's SDK and exporter, batch by batch.

The exporter reads the variables OTEL_EXPORTER_OTLP_* (endpoint, headers, timeout, compression,
certificates), tries again what may succeed later, at most six times and within the timeout, and
says in its log why it gave up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit, urlunsplit

import streamtape
from streamtape.errors import ServerError, UsageError
from streamtape.extras import install_command
from streamtape.otlp.spans import Span, SpanEvent
from streamtape.stores.urls import without_credentials, without_secrets
from streamtape.tape.texts import shortened

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

BATCH_SPANS = 512
SERVICE_NAME = "streamtape"
_PATH = "v1/traces"
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_CREDENTIALS = (  # name what brings a session of its own; answers are not read then
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)
_MAX_MESSAGE = 500
_MAX_MESSAGES = 10
_UNKNOWN = "unknown_service"  # the beginning of the SDK's default name of a service


class Sender:
    """Takes spans and sends them in batches; leaving the block sends the rest.

    `endpoint` is a collector's address, without a path or with the whole one; None is for the
    environment's, or else http://localhost:4318. `headers` go beside the environment's;
    `environ` is that. UsageError without OpenTelemetry, or for an endpoint that is no URL of HTTP;
    ServerError where a batch can't be delivered: then nothing more is sent.

    `n_rejected` spans were delivered, but refused by the collector (`partial_success` of OTLP);
    `collector_says` is what it says of that, or warns of, each text once.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        environ: Mapping[str, str],
    ) -> None:
        self.n_sent = self.n_rejected = 0
        self.collector_says: list[str] = []
        self._waiting: list[ReadableSpan] = []
        session = None if any(environ.get(name) for name in _CREDENTIALS) else self._session()
        given = None if endpoint is None else traces_url(endpoint)
        module = _needed(_EXPORTER)
        try:
            self._exporter = module.OTLPSpanExporter(
                given, headers=dict(headers or {}) or None, session=session
            )
        except ValueError as error:
            raise UsageError(f"a variable OTEL_EXPORTER_OTLP_... is wrong: {error}") from error
        self.endpoint: str = without_credentials(self._exporter._endpoint)
        self._url: str = self._exporter._endpoint
        self._resource = _resource()

    def send(self, spans: Iterable[Span]) -> None:
        """Take some spans; whole batches are sent at once."""
        for span in spans:
            self._waiting.append(_readable(span, self._resource))
            if len(self._waiting) >= BATCH_SPANS:
                self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._exporter.shutdown()

    def _session(self) -> Any:
        """A session of requests that reads the collector's answers, which the exporter does not."""
        session = _needed("requests").Session()
        session.hooks["response"].append(self._read_answer)
        return session

    def _read_answer(self, response: Any, **_: Any) -> None:
        if not response.ok or not response.content:
            return
        from google.protobuf.message import DecodeError

        answers = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        try:
            partial = answers.ExportTraceServiceResponse.FromString(
                response.content
            ).partial_success
        except DecodeError:
            return  # a gateway's own words
        self.n_rejected += max(0, partial.rejected_spans)
        message = shortened(without_secrets(partial.error_message, self._url), _MAX_MESSAGE)
        if (
            message
            and message not in self.collector_says
            and len(self.collector_says) < _MAX_MESSAGES
        ):
            self.collector_says.append(message)

    def _flush(self) -> None:
        if not self._waiting:
            return
        rejected_before = self.n_rejected
        with _log_kept() as logged:
            result = self._exporter.export(self._waiting)
        if result.name != "SUCCESS":
            why = without_secrets("; ".join(logged) or "no reason given", self._url)
            raise ServerError(
                f"cannot send spans to {self.endpoint}: {why} ({self.n_sent:,} were sent before). "
                "Is a collector running there? --endpoint or OTEL_EXPORTER_OTLP_ENDPOINT names it"
            )
        self.n_sent += len(self._waiting) - (self.n_rejected - rejected_before)
        self._waiting.clear()


def traces_url(endpoint: str) -> str:
    """The whole address for traces: that of a collector gets the path that OTLP has for them.

    UsageError for what is no URL of HTTP.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"invalid endpoint {without_credentials(endpoint)!r}: give the URL of a collector that "
            "takes OTLP over HTTP, as http://localhost:4318"
        )
    if parts.path in {"", "/"}:
        parts = parts._replace(path=f"/{_PATH}")
    return urlunsplit(parts)


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise UsageError(
            "sending spans needs OpenTelemetry's SDK and its exporter for OTLP over HTTP; to "
            f"install them: {install_command(extra='otel')}"
        ) from None


def _resource() -> Resource:
    """Who sends: the environment's name of the service, or ours."""
    from opentelemetry.sdk.resources import Resource

    found = Resource.create()
    if str(found.attributes.get("service.name", _UNKNOWN)).startswith(_UNKNOWN):
        found = found.merge(Resource({"service.name": SERVICE_NAME}))
    return found


def _readable(span: Span, resource: Resource) -> ReadableSpan:
    """The span in the SDK's terms."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanKind
    from opentelemetry.trace.status import Status, StatusCode

    def event(one: SpanEvent) -> Event:
        return Event(one.name, one.attributes, one.at_us * 1000)

    status = Status(StatusCode.UNSET if span.error is None else StatusCode.ERROR, span.error)
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=None if span.parent_id is None else _context(span.trace_id, span.parent_id),
        resource=resource,
        attributes=span.attributes,
        events=[event(one) for one in span.events],
        links=[Link(_context(*one)) for one in span.links],
        kind=SpanKind.CLIENT if span.kind == "client" else SpanKind.INTERNAL,
        status=status,
        start_time=span.start_us * 1000,
        end_time=span.end_us * 1000,
        instrumentation_scope=InstrumentationScope("streamtape", streamtape.__version__),
    )


def _context(trace_id: int, span_id: int) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(
        trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )


class _Kept(logging.Handler):
    """Keeps what the exporter logs, of which only the last message is reported."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages = [*self.messages[-1:], record.getMessage()]


@contextmanager
def _log_kept() -> Iterator[list[str]]:
    """What the exporter logs within the block, once it is left; nothing of it is shown."""
    logger = logging.getLogger(_EXPORTER)
    kept, logged = _Kept(), list[str]()
    propagates = logger.propagate
    logger.addHandler(kept)
    logger.propagate = False
    try:
        yield logged
    finally:
        logger.removeHandler(kept)
        logger.propagate = propagates
        logged += kept.messages
