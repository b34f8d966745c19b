"""Options of the masking: refused at the door where they would mask nothing."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.errors import UsageError
from streamtape.json_path import path_pattern, path_text
from streamtape.tape.model import Request
from streamtape.tape.redact import RedactionOptions, Redactor


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"headers": "x-team"}, r"headers='x-team' must be a tuple: headers=\('x-team',\)"),
        ({"parameters": "who"}, "must be a tuple"),
        ({"keep": b"who"}, "must be a tuple"),
        ({"json_paths": "$.a"}, r"json_paths=\('\$.a',\)"),
        ({"off": "github"}, "must be a tuple"),
        ({"off": {"gihtub"}}, "did you mean 'github'"),
        ({"headers": 7}, "got int"),
        ({"headers": ("a", 7)}, "got 7"),
        ({"headers": ("",)}, "got ''"),
        ({"patterns": ("team", "x")}, "pairs of a kind and a regular expression"),
        ({"patterns": (("team", ""),)}, "pairs of a kind"),
        ({"patterns": "team=x"}, "must be a tuple"),
        ({"json_paths": ("**.secret",)}, r"did you mean '\$..secret'"),
        ({"json_paths": ("items.0.name",)}, r"did you mean '\$.items\[0\].name'"),
        ({"json_paths": ("items.**.name",)}, r"did you mean '\$.items..name'"),
        ({"json_paths": ("user/email",)}, r"did you mean '\$.user.email'"),
        ({"json_paths": ("$.user name",)}, r"did you mean \"\$\['user name'\]\""),
        ({"json_paths": ("$.a[0:2]",)}, "is not a path into JSON"),
        ({"json_paths": ("$.a[?@.b]",)}, "is not a path into JSON"),
        ({"json_paths": ("$.a[-1]",)}, "is not a path into JSON"),
        ({"json_paths": ("$['a','b']",)}, "is not a path into JSON"),
        ({"parameters": ("token=",)}, "did you mean 'token'"),
        ({"parameters": ("?token",)}, "did you mean 'token'"),
        ({"parameters": ("user%5Bemail%5D",)}, r"did you mean 'user\[email\]'"),
        ({"headers": ("X-Team",), "keep": ("x-team",)}, "is in headers and in keep"),
        ({"parameters": ("who",), "keep": ("Who",)}, "is in parameters and in keep"),
    ],
)
def test_what_would_mask_nothing_is_refused(options: dict[str, Any], says: str) -> None:
    """The error names the value and the way out."""
    with pytest.raises(UsageError, match=says):
        RedactionOptions(**options)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(?=x)", "look-arounds"), ("(?<=key=)", "look-arounds"), ("(?!x)", "look-arounds"),
        (r"\b", "look-arounds"), (r"\Bx{0}", "look-arounds"), ("()", "group matches no character"),
        ("key=()", "group matches no character"), (r"(\b)team-\w+", "group matches no character"),
        ("(?P<s>)(x)", "group matches no character"), ("(?=(?:))", "look-arounds"),
        ("x*", "at least"), ("x?y*", "at least"), ("team|", "at least"), ("(x*)", "at least"),
        ("(?=x)x*", "at least"), ("(?i)x{0,3}", "at least"), ("(?x) x* # why", "at least"),
        ("^team-[0-9]+", r"\^ matches"), ("team-[0-9]+$", r"\$ matches"),
        (r"\Ateam", r"\\A matches"), (r"team\Z", r"\\Z matches"),
        ("(?m)(^team)", r"\^ matches"),
        ("BEGIN\n([a-z]+)", "end of a line"), (r"(a\n)+b", "end of a line"),
        (r"a(?=\n)", "end of a line"), (r"(?>a\n)", "end of a line"),
        ("\u00e9{2}", r"\(\?:\u00e9\){"),
    ],
)  # fmt: skip
def test_an_expression_that_masks_nothing_is_refused(pattern: str, says: str) -> None:
    """Whatever it stands for, no character of a line would be masked."""
    with pytest.raises(UsageError, match=says):
        RedactionOptions(patterns=(("mine", pattern),))


def masked_by(pattern: str, body: bytes) -> bytes:
    """A body in which what the expression finds is masked."""
    redactor = Redactor(RedactionOptions(patterns=(("mine", pattern),)))
    return redactor.redact_request(Request("POST", "http://h/", (), body))[0].body


@pytest.mark.parametrize(
    ("pattern", "masked"),
    [
        ("team-[0-9]+", "a *******, b x1"), ("team-([0-9]+)", "a team-**, b x1"),
        ("(?<=a )team", "a ****-11, b x1"), ("(?=(team-1))", "a ******1, b x1"),
        ("(x)?1", "a team-**, b *1"), ("(?:^|[ ])team", "a*****-11, b x1"),
        ("team-([0-9]+)|x([0-9])", "a team-**, b x*"), ("(team)|x1", "a ****-11, b **"),
        ("(b)(?P<s> x)", "a team-11, b**1"), (r"team[^,]*", "a *******, b x1"),
        (r"[a-z\n]{4}", "a ****-11, b x1"), ("()(x)", "a team-11, b *1"),
        ("(x?)(1)", "a team-**, b *1"),
        ("(?:a\n)?team", "a ****-11, b x1"), ("(?:x|^){0,2}b", "a team-11, * x1"),
        ("team(-?)", "a team*11, b x1"), ("team(z?)", "a team-11, b x1"),
        ("(?:x\n|x)1", "a team-11, b **"),
    ],
)  # fmt: skip
def test_what_an_expression_masks(pattern: str, masked: str) -> None:
    """The first group that takes part in a match; without one, the whole match."""
    assert masked_by(pattern, b"a team-11, b x1") == masked.encode()


@pytest.mark.parametrize("pattern", ["(team)-11", "(?P<s>team)-11"])
def test_a_group_at_the_start(pattern: str) -> None:
    """A group that begins with the text takes part, as any other."""
    redactor = Redactor(RedactionOptions(patterns=(("mine", pattern),)))
    assert redactor.redact_text("team-11 x") == "REDACTED-11 x"


@given(st.text("ab|*?.", min_size=1, max_size=7))
def test_an_accepted_expression_masks_what_it_matches(pattern: str) -> None:
    """Without a group, each match of an expression that is accepted masks something."""
    try:
        RedactionOptions(patterns=(("mine", pattern),))
    except UsageError:
        return
    bodies = [b"ab", b"ba", b"aabb", b"abab", b"bbaa", b"aaaaaaa", b"bbbbbbb"]
    matched = [body for body in bodies if re.search(pattern.encode(), body)]
    assert all(b"*" in masked_by(pattern, body) for body in matched)


def test_own_names_are_masked_whatever_is_off() -> None:
    """`off` is about the kinds that are known, not about what was added by name."""
    options = RedactionOptions(
        headers=("x-team", "cookie"), parameters=("who",), off=frozenset({"name", "cookie"})
    )
    headers = ((b"X-Team", b"red"), (b"Cookie", b"a=b"), (b"x-api-key", b"k"))
    request, found = Redactor(options).redact_request(Request("GET", "http://h/?who=me", headers))
    assert request.url == "http://h/?who=REDACTED"
    assert [value for _, value in request.headers] == [b"[redacted]", b"[redacted]", b"k"]
    assert [one.where for one in found] == [
        "request.url:who", "request.header:x-team", "request.header:cookie",
    ]  # fmt: skip


def test_lists_and_sets_will_do() -> None:
    """They come from configuration files."""
    options: Any = {"headers": ["x-team"], "off": ["identity"], "patterns": [["team", "t-[0-9]+"]]}
    made = RedactionOptions(**options)
    assert made.headers == ("x-team",)
    assert made.off == frozenset({"identity"})
    assert made.patterns == (("team", "t-[0-9]+"),)
    assert hash(made) == hash(RedactionOptions(**options))


BODY = (
    b'{"user":{"email":"a@b.cd"},"items":[{"email":"e@f.gh","n":[1]},{"email":"i@j.kl"}],"k-1":"x"}'
)


@pytest.mark.parametrize(
    ("path", "n_masked"),
    [
        ("$.user.email", 1), ("user.email", 1), ("$.user", 1), ("$.items[*].email", 2),
        ("$.items.*.email", 2), ("items.*.email", 2), ("$..email", 3), ("$.items..email", 2),
        ("$.items[0].email", 1), ("$.items[1]", 1), ("$['user']['email']", 1), ("$", 4),
        ('$["user"].email', 1), ("$.k-1", 1), ("$['k-1']", 1), ("$..*", 4), ("$.*.email", 1),
        ("$.nothing", 0), ("$[0]", 0), ("$..[0].email", 1), ("..email", 3), ("[0]", 0),
    ],
)  # fmt: skip
def test_json_paths(path: str, n_masked: int) -> None:
    """Every spelling of the language masks what it says, and what lies below."""
    redactor = Redactor(RedactionOptions(json_paths=(path,)))
    request, found = redactor.redact_request(Request("POST", "http://h/", (), BODY))
    assert [r.kind for r in found] == ["path"] * n_masked
    assert len(request.body) == len(BODY)
    assert (request.body == BODY) == (n_masked == 0)


@pytest.mark.parametrize(
    "path", [("a",), ("a b", 0), ("ü", "x"), ('q"', "'"), ("a", 12, "b.c"), ("", "[0]")]
)
def test_any_path_as_text_is_a_path(path: tuple[str | int, ...]) -> None:
    """What a message names can be given as an option."""
    text = path_text(path)
    assert path_pattern(text).match(text)
    assert path_pattern("$").match(text)
    assert not path_pattern(text).match(path_text((*path[:-1], "other")))
