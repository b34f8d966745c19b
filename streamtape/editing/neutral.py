"""Neutral texts of the same length as the ones they replace, letter for letter. Pure.

The replacement of a word depends on the word alone, so that a text says the same wherever it is
repeated, and a part of it, cut between words, what that part of the whole says. Spaces, line ends
and punctuation stay; so does the number of bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

# Two words of each length: the second is used if the first would equal the original.
_WORDS = (
    ("a", "o"), ("et", "ad"), ("sit", "non"), ("amet", "erat"), ("lorem", "ipsum"),
    ("tempor", "semper"), ("aliquam", "gravida"), ("pharetra", "sagittis"),
    ("vestibula", "imperdiet"), ("adipiscing", "vestibulum"),
)  # fmt: skip
_LONGEST = len(_WORDS)
_WORD = re.compile(r"[A-Za-z]+|[0-9]+|[^\x00-\x7f]+")
# A JSON text, whole or cut: a string, a number, a word; what is between them stays.
_JSON_TOKEN = re.compile(
    r'"(?P<string>(?:[^"\\]|\\.)*)(?P<end>"\s*:|"|\Z)|(?P<number>-?\d[\d.eE+-]*)'
    r"|(?P<word>[A-Za-z]+)|(?P<other>[^\x00-\x7f]+)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\u?.?|[^\\]+", re.DOTALL)
_JSON_WORDS = ("true", "false", "null")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_DATA_URL = re.compile(
    r"data:(?:(?:image|audio|video)/(?:png|jpeg|jpg|gif|webp|wav|mp3|mpeg|mp4|ogg|pcm|webm)"
    r"|application/(?:pdf|json|octet-stream)|text/plain);base64,"
)


def neutral(text: str) -> str:
    """A text of the same length that says nothing."""
    return _WORD.sub(lambda match: _word(match[0]), text)


def _word(word: str) -> str:
    if word[0] in "0123456789":
        return neutral_digits(word)
    if not word.isascii():
        return "".join(map(_character, word))
    plain = "".join(_letters(len(word), 0))
    if plain.casefold() == word.casefold():
        plain = "".join(_letters(len(word), 1))
    return "".join(
        new.upper() if old.isupper() else new for old, new in zip(word, plain, strict=True)
    )


def _letters(size: int, which: int) -> str:
    whole, rest = divmod(size, _LONGEST)
    return _WORDS[-1][which] * whole + (_WORDS[rest - 1][which] if rest else "")


def neutral_digits(digits: str) -> str:
    """As many digits, all the same."""
    return ("2" if digits == "1" * len(digits) else "1") * len(digits)


def _character(char: str) -> str:
    """A character that takes as many bytes in UTF-8, and in the escapes of JSON."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return "\udcff"  # a byte that was no UTF-8 stays none
    if 0xD800 <= code < 0xDC00:
        return "\ud83d"  # halves of the replacement of a whole character below
    if 0xDC00 <= code <= 0xDFFF:
        same = char == "\ude42"
        return chr(0xDE43) if same else chr(0xDE42)
    if code == 0xFFFD or char.isspace():
        return char
    if code < 0x800:
        return "ø" if char != "ø" else "æ"
    if code < 0x10000:
        return "ー" if char != "ー" else "〜"
    return "🙂" if char != "🙂" else "🙃"


def neutral_number(text: str) -> str:
    """A number of JSON, of the same length and form, that is another."""
    sign = "-" if text.startswith("-") else ""
    digits = re.sub(r"[0-9]+", lambda match: neutral_digits(match[0]), text[len(sign) :])
    mantissa, exponent, power = digits.partition("e" if "e" in digits else "E")
    if exponent:  # one that is as large as the one before need not fit into a float
        power = re.sub(r"[0-9]", "0", power[:-1]) + ("1" if text[-1] != "1" else "2")
    return sign + mantissa + exponent + power


def neutral_json(text: str, name: Callable[[str], str]) -> str:
    """The text of a JSON value, whole or cut, with nothing of what it says but its structure.

    `name` gives the replacement of a member's name.
    """

    def token(match: re.Match[str]) -> str:
        if match["string"] is not None:
            inside = match["string"]
            is_name = match["end"].endswith(":")
            return '"' + (name(inside) if is_name else _in_string(inside)) + match["end"]
        if match["number"] is not None:
            return neutral_number(match["number"])
        if match["word"] is not None:
            # one that is cut off may be the beginning of another word of JSON
            at_end = match.end() == len(text)
            known = [w for w in _JSON_WORDS if w == match[0] or (at_end and w.startswith(match[0]))]
            return match[0] if known else neutral(match[0])
        return neutral(match["other"])

    return _JSON_TOKEN.sub(token, text)


def _in_string(inside: str) -> str:
    """The inside of a string of JSON: escapes of line ends and the like stay escapes."""
    return "".join(
        _escape(part) if part.startswith("\\") else neutral(part)
        for part in _ESCAPE.findall(inside)
    )


def _escape(escape: str) -> str:
    if not re.fullmatch(r"\\u[0-9a-fA-F]{4}", escape):
        return escape if escape[:2] != "\\u" else "\\" + "u" + "0" * (len(escape) - 2)
    code = ord(json.loads(f'"{escape}"'))
    if code < 0x80:
        return escape if not chr(code).isalnum() else "\\u0078"
    new = _character(chr(code))
    return f"\\u{ord(new):04x}" if len(new) == 1 and ord(new) < 0x10000 else escape


def starts_json(text: str) -> bool:
    """Whether a text is meant as an object or a list of JSON."""
    stripped = text.lstrip()
    return stripped.startswith(("{", "[{", '["', "[["))


def filler(text: str) -> str | None:
    """The replacement of Base64, or of a URL that holds it; None where a text is neither."""
    url = _DATA_URL.match(text)
    rest = text[url.end() :] if url else text
    if url is None and not _BASE64.fullmatch(text):
        return None
    end = len(rest) - len(rest.rstrip("="))
    return (url[0] if url else "") + "A" * (len(rest) - end) + "=" * end
