"""Record one real event stream exactly, replay it into any client, diff two runs, test with it.

    with streamtape.use_cassette("run.tape"):
        ...                      # recorded the first time, replayed from then on

Names are imported when they are first used, so that `import streamtape` stays fast.
"""

from __future__ import annotations

from importlib import import_module

# Type checkers take this name for true; importing it from typing costs more than all of the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from streamtape.analysis.check import check
    from streamtape.analysis.diff import diff
    from streamtape.analysis.drift import Drift, DriftChange, drift
    from streamtape.analysis.moderate import moderate
    from streamtape.analysis.stats import Stats, gates, stats
    from streamtape.checks.finding import Finding, Where
    from streamtape.checks.moderation import ModerationResult
    from streamtape.compare.comparison import Change, Comparison
    from streamtape.composer.compose import compose
    from streamtape.composer.parts import (
        Call,
        Cite,
        Compact,
        CustomCall,
        Fail,
        FileSearch,
        ListTools,
        MakeImage,
        MCPCall,
        OutputItem,
        Pause,
        Reasoning,
        Refuse,
        RunCode,
        RunShell,
        Say,
        Speak,
        Stop,
        WebSearch,
    )
    from streamtape.dialects.base import Dialect, Piece
    from streamtape.dialects.select import register_dialect
    from streamtape.editing.edit import edit
    from streamtape.errors import (
        AmbiguousSessionError,
        CassetteError,
        CassetteLimitError,
        CassetteNotFoundError,
        CassetteWriteError,
        ClockError,
        ContentError,
        ContentLimitError,
        ConvertError,
        DamagedCassetteError,
        ExpiredError,
        ForkedError,
        FrameTooLargeError,
        FramingError,
        InstallError,
        JournalLeftError,
        MissError,
        NetworkBlockedError,
        NewerFormatError,
        NotACassetteError,
        NothingRecordedError,
        ReplayEndError,
        ServerError,
        SessionError,
        StoreConflictError,
        StoreError,
        StreamtapeError,
        UnseenConnectionError,
        UsageError,
        VerifyError,
        WorkerError,
    )
    from streamtape.flight.recorder import FlightRecorder
    from streamtape.framing.ndjson import NDJSONParser
    from streamtape.framing.sse import SSEParser
    from streamtape.framing.sse_frame import SSEFrame, encode_sse
    from streamtape.metrics.measures import StreamMetrics
    from streamtape.mock.request import MockRequest
    from streamtape.mock.rules import Rule, Structured
    from streamtape.mock.server import MockServer
    from streamtape.mock.views import MockTest
    from streamtape.playback.faults import Fault
    from streamtape.playback.pace import Pace
    from streamtape.server.proxy import RecordingProxy
    from streamtape.server.replay import ReplayServer, serve
    from streamtape.session.diagnostics import StreamtapeWarning
    from streamtape.session.options import Options
    from streamtape.session.session import Session
    from streamtape.snapshots import snapshot
    from streamtape.stores.registry import register_store
    from streamtape.stores.store import Store, StoreEntry
    from streamtape.stores.store_path import StorePath
    from streamtape.tabular.in_memory import tables
    from streamtape.tape.events import Event, Frame, Transcript
    from streamtape.tape.messages import Message, Messages
    from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
    from streamtape.tape.redact import RedactionOptions
    from streamtape.tape.scanning import Leak, scan
    from streamtape.tape.store import load, recover, save
    from streamtape.transport.asgi import ASGIStreamTransport
    from streamtape.transport.clocks import VirtualClock
    from streamtape.transport.decorator import cassette
    from streamtape.transport.sweep import Replay, sweep
    from streamtape.transport.transports import RecordingTransport, ReplayTransport
    from streamtape.transport.use_cassette import use_cassette
    from streamtape.variations.strategy import vary

__version__ = "0.1.0"

# Where each public name lives, for the lazy import below; the block above tells type checkers the
# same, and a test holds both and `__all__` against each other.
_HOMES = {
    "ASGIStreamTransport": "streamtape.transport.asgi",
    "AmbiguousSessionError": "streamtape.errors",
    "Call": "streamtape.composer.parts",
    "Cassette": "streamtape.tape.model",
    "CassetteError": "streamtape.errors",
    "CassetteLimitError": "streamtape.errors",
    "CassetteNotFoundError": "streamtape.errors",
    "CassetteWriteError": "streamtape.errors",
    "Change": "streamtape.compare.comparison",
    "Chunk": "streamtape.tape.model",
    "Chunks": "streamtape.tape.model",
    "Cite": "streamtape.composer.parts",
    "ClockError": "streamtape.errors",
    "Compact": "streamtape.composer.parts",
    "Comparison": "streamtape.compare.comparison",
    "ContentError": "streamtape.errors",
    "ContentLimitError": "streamtape.errors",
    "ConvertError": "streamtape.errors",
    "CustomCall": "streamtape.composer.parts",
    "DamagedCassetteError": "streamtape.errors",
    "Dialect": "streamtape.dialects.base",
    "Drift": "streamtape.analysis.drift",
    "DriftChange": "streamtape.analysis.drift",
    "Ending": "streamtape.tape.model",
    "Event": "streamtape.tape.events",
    "ExpiredError": "streamtape.errors",
    "Fail": "streamtape.composer.parts",
    "Fault": "streamtape.playback.faults",
    "FileSearch": "streamtape.composer.parts",
    "Finding": "streamtape.checks.finding",
    "FlightRecorder": "streamtape.flight.recorder",
    "ForkedError": "streamtape.errors",
    "Frame": "streamtape.tape.events",
    "FrameTooLargeError": "streamtape.errors",
    "FramingError": "streamtape.errors",
    "Head": "streamtape.tape.model",
    "InstallError": "streamtape.errors",
    "Interaction": "streamtape.tape.model",
    "JournalLeftError": "streamtape.errors",
    "Leak": "streamtape.tape.scanning",
    "ListTools": "streamtape.composer.parts",
    "MCPCall": "streamtape.composer.parts",
    "MakeImage": "streamtape.composer.parts",
    "Message": "streamtape.tape.messages",
    "Messages": "streamtape.tape.messages",
    "MissError": "streamtape.errors",
    "MockRequest": "streamtape.mock.request",
    "MockServer": "streamtape.mock.server",
    "MockTest": "streamtape.mock.views",
    "ModerationResult": "streamtape.checks.moderation",
    "NDJSONParser": "streamtape.framing.ndjson",
    "NetworkBlockedError": "streamtape.errors",
    "NewerFormatError": "streamtape.errors",
    "NotACassetteError": "streamtape.errors",
    "NothingRecordedError": "streamtape.errors",
    "Options": "streamtape.session.options",
    "OutputItem": "streamtape.composer.parts",
    "Pace": "streamtape.playback.pace",
    "Pause": "streamtape.composer.parts",
    "Piece": "streamtape.dialects.base",
    "Reasoning": "streamtape.composer.parts",
    "RecordingProxy": "streamtape.server.proxy",
    "RecordingTransport": "streamtape.transport.transports",
    "RedactionOptions": "streamtape.tape.redact",
    "Refuse": "streamtape.composer.parts",
    "Replay": "streamtape.transport.sweep",
    "ReplayEndError": "streamtape.errors",
    "ReplayServer": "streamtape.server.replay",
    "ReplayTransport": "streamtape.transport.transports",
    "Request": "streamtape.tape.model",
    "Rule": "streamtape.mock.rules",
    "RunCode": "streamtape.composer.parts",
    "RunShell": "streamtape.composer.parts",
    "SSEFrame": "streamtape.framing.sse_frame",
    "SSEParser": "streamtape.framing.sse",
    "Say": "streamtape.composer.parts",
    "ServerError": "streamtape.errors",
    "Session": "streamtape.session.session",
    "SessionError": "streamtape.errors",
    "Speak": "streamtape.composer.parts",
    "Stats": "streamtape.analysis.stats",
    "Stop": "streamtape.composer.parts",
    "Store": "streamtape.stores.store",
    "StoreConflictError": "streamtape.errors",
    "StoreEntry": "streamtape.stores.store",
    "StoreError": "streamtape.errors",
    "StorePath": "streamtape.stores.store_path",
    "StreamMetrics": "streamtape.metrics.measures",
    "StreamtapeError": "streamtape.errors",
    "StreamtapeWarning": "streamtape.session.diagnostics",
    "Structured": "streamtape.mock.rules",
    "Transcript": "streamtape.tape.events",
    "UnseenConnectionError": "streamtape.errors",
    "UsageError": "streamtape.errors",
    "VerifyError": "streamtape.errors",
    "VirtualClock": "streamtape.transport.clocks",
    "WebSearch": "streamtape.composer.parts",
    "Where": "streamtape.checks.finding",
    "WorkerError": "streamtape.errors",
    "cassette": "streamtape.transport.decorator",
    "check": "streamtape.analysis.check",
    "compose": "streamtape.composer.compose",
    "diff": "streamtape.analysis.diff",
    "drift": "streamtape.analysis.drift",
    "edit": "streamtape.editing.edit",
    "encode_sse": "streamtape.framing.sse_frame",
    "gates": "streamtape.analysis.stats",
    "load": "streamtape.tape.store",
    "moderate": "streamtape.analysis.moderate",
    "recover": "streamtape.tape.store",
    "register_dialect": "streamtape.dialects.select",
    "register_store": "streamtape.stores.registry",
    "save": "streamtape.tape.store",
    "scan": "streamtape.tape.scanning",
    "serve": "streamtape.server.replay",
    "snapshot": "streamtape.snapshots",
    "stats": "streamtape.analysis.stats",
    "sweep": "streamtape.transport.sweep",
    "tables": "streamtape.tabular.in_memory",
    "use_cassette": "streamtape.transport.use_cassette",
    "vary": "streamtape.variations.strategy",
}

__all__ = [
    "ASGIStreamTransport",
    "AmbiguousSessionError",
    "Call",
    "Cassette",
    "CassetteError",
    "CassetteLimitError",
    "CassetteNotFoundError",
    "CassetteWriteError",
    "Change",
    "Chunk",
    "Chunks",
    "Cite",
    "ClockError",
    "Compact",
    "Comparison",
    "ContentError",
    "ContentLimitError",
    "ConvertError",
    "CustomCall",
    "DamagedCassetteError",
    "Dialect",
    "Drift",
    "DriftChange",
    "Ending",
    "Event",
    "ExpiredError",
    "Fail",
    "Fault",
    "FileSearch",
    "Finding",
    "FlightRecorder",
    "ForkedError",
    "Frame",
    "FrameTooLargeError",
    "FramingError",
    "Head",
    "InstallError",
    "Interaction",
    "JournalLeftError",
    "Leak",
    "ListTools",
    "MCPCall",
    "MakeImage",
    "Message",
    "Messages",
    "MissError",
    "MockRequest",
    "MockServer",
    "MockTest",
    "ModerationResult",
    "NDJSONParser",
    "NetworkBlockedError",
    "NewerFormatError",
    "NotACassetteError",
    "NothingRecordedError",
    "Options",
    "OutputItem",
    "Pace",
    "Pause",
    "Piece",
    "Reasoning",
    "RecordingProxy",
    "RecordingTransport",
    "RedactionOptions",
    "Refuse",
    "Replay",
    "ReplayEndError",
    "ReplayServer",
    "ReplayTransport",
    "Request",
    "Rule",
    "RunCode",
    "RunShell",
    "SSEFrame",
    "SSEParser",
    "Say",
    "ServerError",
    "Session",
    "SessionError",
    "Speak",
    "Stats",
    "Stop",
    "Store",
    "StoreConflictError",
    "StoreEntry",
    "StoreError",
    "StorePath",
    "StreamMetrics",
    "StreamtapeError",
    "StreamtapeWarning",
    "Structured",
    "Transcript",
    "UnseenConnectionError",
    "UsageError",
    "VerifyError",
    "VirtualClock",
    "WebSearch",
    "Where",
    "WorkerError",
    "__version__",
    "cassette",
    "check",
    "compose",
    "diff",
    "drift",
    "edit",
    "encode_sse",
    "gates",
    "load",
    "moderate",
    "recover",
    "register_dialect",
    "register_store",
    "save",
    "scan",
    "serve",
    "snapshot",
    "stats",
    "sweep",
    "tables",
    "use_cassette",
    "vary",
]


def masked_message(text: str) -> str:
    """An error's message with secrets masked; `errors` itself may not import `secrets`."""
    try:
        from streamtape.tape.texts import masked_text
    except ImportError:  # the interpreter is ending
        return text
    return masked_text(text)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'streamtape' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
