"""Options of the masking: refused at the door where they would mask nothing."""

from typing import Any

import pytest

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
    ],
)
def test_what_would_mask_nothing_is_refused(options: dict[str, Any], says: str) -> None:
    """The error names the value and the way out."""
    with pytest.raises(UsageError, match=says):
        RedactionOptions(**options)


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
