"""What the mock counts, in Prometheus's text format (version 0.0.4), for those who load it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counts of one server."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, bool, int]] = Counter()
        self.misses = 0
        self.active = 0
        self.chunks = 0
        self.tokens: Counter[str] = Counter()
        self.disconnects = 0
        self.faults: Counter[str] = Counter()
        self._durations = [0] * (len(_BUCKETS_S) + 1)
        self._duration_sum_s = 0.0

    def note_duration(self, seconds: float) -> None:
        """Take down how long an answer took, from the request to its end."""
        self._durations[bisect_left(_BUCKETS_S, seconds)] += 1
        self._duration_sum_s += seconds

    def text(self) -> bytes:
        """Every count, as Prometheus reads it."""
        lines: list[str] = []

        def one(name: str, kind: str, says: str, samples: list[tuple[str, float]]) -> None:
            full = f"streamtape_mock_{name}"
            lines.extend([f"# HELP {full} {says}", f"# TYPE {full} {kind}"])
            lines.extend(f"{full}{labels} {value:g}" for labels, value in samples)

        one("requests_total", "counter", "Requests that were answered.", [
            (_labels(dialect=dialect, stream=str(stream).lower(), status=str(status)), n)
            for (dialect, stream, status), n in sorted(self.requests.items())
        ])  # fmt: skip
        one("misses_total", "counter", "Requests that no rule answered.", [("", self.misses)])
        one("active", "gauge", "Answers that are being sent.", [("", self.active)])
        one("chunks_total", "counter", "Chunks that were sent.", [("", self.chunks)])
        one("tokens_total", "counter", "Tokens of the answers that were begun.", [
            (_labels(dialect=dialect), n) for dialect, n in sorted(self.tokens.items())
        ])  # fmt: skip
        one("disconnects_total", "counter", "Clients that left before the end.",
            [("", self.disconnects)])  # fmt: skip
        one("faults_total", "counter", "Faults that struck.", [
            (_labels(kind=kind), n) for kind, n in sorted(self.faults.items())
        ])  # fmt: skip
        lines += self._histogram("streamtape_mock_duration_seconds")
        return ("\n".join(lines) + "\n").encode()

    def _histogram(self, name: str) -> list[str]:
        lines = [f"# HELP {name} From a request to the end of its answer.",
                 f"# TYPE {name} histogram"]  # fmt: skip
        so_far = 0
        for bound, n in zip((*map(str, _BUCKETS_S), "+Inf"), self._durations, strict=True):
            so_far += n
            lines.append(f'{name}_bucket{{le="{bound}"}} {so_far}')
        return [*lines, f"{name}_sum {self._duration_sum_s:g}", f"{name}_count {so_far}"]


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
