"""HTML from templates."""

import pytest

from streamtape.markup import Html, escaped, fill, join, policy


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("<b>", "&lt;b&gt;"),
        ("\"'&", "&quot;&#x27;&amp;"),
        ("[[other]]", "[[other]]"),
        (Html("<b>"), "<b>"),
        (3, "3"),
        ("\ud800", "\\ud800"),
        (r"\\1 \\g<0>", r"\\1 \\g&lt;0&gt;"),
    ],
)
def test_values_are_escaped_and_not_read_again(value: str | int, shown: str) -> None:
    """What is filled in is shown as it is, and only HTML is taken for HTML."""
    assert fill("<p>[[value]]|[[other]]</p>", value=value, other="x") == f"<p>{shown}|x</p>"


def test_a_place_may_be_there_twice() -> None:
    """A title is in the head and in a heading."""
    assert fill("[[title]]-[[title]]", title="<") == "&lt;-&lt;"


def test_what_is_filled_is_html() -> None:
    """A part that was filled in goes into another template as it is."""
    rows = join(fill("<li>[[text]]</li>", text=text) for text in ("<", ">"))
    assert fill("<ul>[[rows]]</ul>", rows=rows) == "<ul><li>&lt;</li><li>&gt;</li></ul>"
    assert isinstance(escaped("a"), Html)


def test_a_place_without_a_value_is_an_error() -> None:
    """A template that has more places than values is a mistake of ours."""
    with pytest.raises(KeyError, match="title"):
        fill("[[title]]")


def test_a_page_may_use_its_own_style_and_scripts_alone() -> None:
    """The policy names them by digest, and lets nothing be loaded."""
    assert policy("", asks=True) == (
        "default-src 'none'; connect-src 'self'; "
        "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )
    assert "script-src 'sha256-" in policy("", "alert()")
