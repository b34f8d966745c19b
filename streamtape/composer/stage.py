"""The state of one answer while it is composed: its ids, its deltas, the tokens so far.

All chance comes from one seed, and each number from a label and a counter: a seed gives the same
answer again, and another differs where real runs do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

from streamtape.composer.parts import Part, Pause
from streamtape.composer.tokens import n_tokens, tokens

Payload = dict[str, Any]


class Frame(NamedTuple):
    """An event to be: its name on the wire ("" where it has none) and its payload."""

    event: str
    payload: Payload


Frames = Iterator[Frame]
# A dialect gives its events one by one, and then the same answer as one body.
Play = Callable[["Stage", Sequence[Part]], Generator[Frame, None, Payload]]
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_EPOCH = 1_767_225_600  # a start of year: times are the seed's, not a clock's
USAGE = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")


@dataclass(frozen=True, slots=True)
class Setting:
    """What an answer is composed for: the request's body, the model, the seed.

    `usage` are counts that stand in for computed ones (input_tokens, output_tokens,
    reasoning_tokens, cached_tokens). `tokens_per_delta` is how many tokens one event holds.
    With `n_deltas` a text comes in so many events instead, if it has as many tokens. `history` are
    input items that came before the request, and `extra` is what a dialect needs besides.
    """

    body: Mapping[str, Any]
    model: str
    seed: str = "0"
    usage: Mapping[str, int] = field(default_factory=dict)
    tokens_per_delta: int = 1
    n_deltas: int | None = None
    history: Sequence[Any] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


class Stage:
    """What composing one answer has come to.

    `n_output` counts the tokens of content so far, `n_reasoning` those of them that are reasoning;
    `silence_us` is how long the answer has paused.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.body = setting.body
        self.model = setting.model
        self._n_random = 0
        self.created_at = _EPOCH + self.below(10_000_000)
        self.n_output = 0
        self.n_reasoning = 0
        self.silence_us = 0

    def _digest(self, size: int) -> bytes:
        self._n_random += 1
        text = f"{self.setting.seed}\0{self._n_random}".encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=size).digest()

    def below(self, limit: int) -> int:
        """A number of the seed's: 0 or more, below `limit`."""
        return int.from_bytes(self._digest(8), "big") * limit >> 64

    def hex(self, size: int) -> str:
        """So many hexadecimal digits of the seed's."""
        return self._digest(-(-size // 2)).hex()[:size]

    def letters(self, size: int) -> str:
        """So many letters and digits of the seed's."""
        found = ""
        while len(found) < size:
            found += "".join(_LETTERS[byte % 62] for byte in self._digest(48))
        return found[:size]

    def noise(self) -> str:
        """An obfuscation field: letters that hide the length of a delta."""
        digest = self._digest(16)
        return "".join(_LETTERS[byte % 62] for byte in digest[: 4 + digest[15] % 12])

    def pieces(self, text: str, *, reasoning: bool = False) -> Iterator[str]:
        """Cut a text into the pieces of its deltas, and count their tokens as they go."""
        for piece, _ in self.token_pieces(text, reasoning=reasoning):
            yield piece

    def token_pieces(
        self, text: str, *, reasoning: bool = False
    ) -> Iterator[tuple[str, list[str]]]:
        """Cut a text into the pieces of its deltas, each with its tokens, and count them."""
        found = tokens(text, self.below)
        for start, end in pairwise(self._cuts(len(found), reasoning=reasoning)):
            some = found[start:end]
            self.count(len(some), reasoning=reasoning)
            yield "".join(some), some

    def _cuts(self, n: int, *, reasoning: bool) -> Iterable[int]:
        """Between which of so many tokens a text is cut, its ends included."""
        n_deltas = self.setting.n_deltas
        if n_deltas is None or reasoning or n_deltas >= n:
            step = 1 if n_deltas else self.setting.tokens_per_delta
            return [*range(0, n, step), n] if n else ()
        moved: dict[int, int] = {}  # the first steps of a shuffle of all places
        chosen = []
        for k in range(n_deltas - 1):
            other = k + self.below(n - 1 - k)
            chosen.append(moved.get(other, other))
            moved[other] = moved.get(k, k)
        return [0, *sorted(place + 1 for place in chosen), n]

    def count(self, n: int, *, reasoning: bool = False) -> None:
        """Count tokens of content that no piece holds."""
        self.n_output += n
        self.n_reasoning += n if reasoning else 0

    def silence(self, pause: Pause) -> None:
        """Let everything that follows come later."""
        self.silence_us += round(pause.ms * 1000)

    def usage(self) -> dict[str, int]:
        """The tokens of the answer so far: what was given counts for more than what was counted."""
        given = self.setting.usage
        counted = {
            "input_tokens": _n_input_tokens({**self.body, "history": self.setting.history}),
            "output_tokens": max(self.n_output, 1),
            "reasoning_tokens": self.n_reasoning,
            "cached_tokens": 0,
        }
        return {**counted, **given}

    def logprob(self) -> float:
        """The logarithm of a token's probability: a likely one."""
        return -self.below(1_000_000) / 1_000_000


_TEXTS_OF_A_REQUEST = ("input", "instructions", "messages", "system", "contents",
                       "systemInstruction", "prompt", "history")  # fmt: skip


def _n_input_tokens(body: Mapping[str, Any]) -> int:
    """The tokens of the texts in a request, and four for what is around each."""
    n = 0
    waiting = [body.get(name) for name in _TEXTS_OF_A_REQUEST]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and not value.startswith("data:"):
            n += n_tokens(value)
        elif isinstance(value, list | tuple):
            n += 4 * len(value)
            waiting += value
        elif isinstance(value, Mapping):
            waiting += [v for k, v in value.items() if k not in {"role", "type", "id"}]
    return max(n, 1)
