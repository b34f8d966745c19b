"""Where a text is cut into deltas: at boundaries like those of a provider's tokens.

No tokenizer is needed, and none is used: a token is a word with the space before it, up to three
digits, up to four characters of punctuation, or white space. A word of more than five letters has a
token for every five letters begun, cut about evenly, where the seed says. English then has about
four characters a token, which is what providers tell their users to count with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

_LETTERS = 5
_TOKEN = re.compile(
    r" ?[^\W\d_]+| ?\d{1,3}| ?[^\w\s]{1,4}|[^\S\r\n]+(?=[^\S\r\n])|\s+|_+", re.UNICODE
)
Below = Callable[[int], int]


def tokens(text: str, below: Below) -> list[str]:
    """Cut a text into tokens; joined they are the text. `below(n)` is a number below n, by chance.

    How many there are depends on the text alone.
    """
    found: list[str] = []
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        at = match.end()
        found += _parts(match.group(), below)
    if at < len(text):
        found.append(text[at:])
    return found


def n_tokens(text: str) -> int:
    """How many tokens a text has."""
    return len(tokens(text, lambda limit: 0))


def _parts(token: str, below: Below) -> list[str]:
    """The tokens of one word."""
    letters = token.lstrip(" ")
    n = -(-len(letters) // _LETTERS)
    if n < 2 or not letters[0].isalpha():
        return [token]
    space = len(token) - len(letters)
    cuts = [0]
    for k in range(1, n):
        middle = space + len(letters) * k // n
        cuts.append(max(middle - 1 + below(3), cuts[-1] + 1))
    cuts.append(len(token))
    return [token[a:b] for a, b in pairwise(cuts)]
