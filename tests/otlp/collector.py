"""A collector of OpenTelemetry for tests: OTLP over HTTP, decoded as protobuf."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is missing")


class Collector:
    """What came: requests' paths, headers and spans. `answers` are the next statuses to give.

    `partial` are the counts of spans that the next answers refuse, with what they say of it.
    """

    def __init__(self) -> None:
        self.url = ""
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.requests: list[Any] = []
        self.answers: list[int] = []
        self.partial: list[tuple[int, str]] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Take a request; gives the status of the answer."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        self.paths.append(path)
        self.headers.append(headers)
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            self.requests.append(ExportTraceServiceRequest.FromString(body))
        return status

    def answer(self) -> bytes:
        """The body of the next answer."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceResponse,
        )

        answer = ExportTraceServiceResponse()
        if self.partial:
            refused, message = self.partial.pop(0)
            answer.partial_success.rejected_spans = refused
            answer.partial_success.error_message = message
        return bytes(answer.SerializeToString())

    @property
    def spans(self) -> list[Any]:
        """All spans that were taken, in their order."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self) -> dict[str, Any]:
        """The attributes of what sent them."""
        return attributes(self.requests[0].resource_spans[0].resource)


def attributes(holder: Any) -> dict[str, Any]:
    """The attributes of a span, an event or a resource, as Python has them."""
    return {one.key: _value(one.value) for one in holder.attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on loopback."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = collector.take(self.path, headers, body)
            self.send_response(status)
            self.send_header("content-type", "application/x-protobuf")
            answer = collector.answer() if status == 200 else b""
            self.send_header("content-length", str(len(answer)))
            if status == 503:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
