"""Recordings as OpenTelemetry spans: their attributes (`attributes`, `spans`), and sending them.

A recording is a trace, an interaction a span with its recorded times. What spans hold is made here
without OpenTelemetry; `sender` hands them to its SDK and its OTLP/HTTP exporter (extra `otel`).
Names and units are those of its semantic conventions for generative AI:
https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai/client-inference.md).
"""
