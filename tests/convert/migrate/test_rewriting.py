"""Modules of tests, before and after."""
# ruff: noqa: E501 - what is rewritten stays on one line

from collections.abc import Callable
from textwrap import dedent

import pytest

cst = pytest.importorskip("libcst", reason="LibCST is not installed (extra migrate)")

from streamtape.convert.migrate.fixtures import config_fixture  # noqa: E402 - needs LibCST
from streamtape.convert.migrate.rewriting import Suite, read_names, rewrite  # noqa: E402 - needs LibCST

VCR = "import vcr\n"


def moved(
    source: str, suite: Suite | None = None, has_cassette: Callable[[str], bool] = lambda test: True
) -> tuple[str, list[str]]:
    """The module in our words, without the imports at its head, and the notes."""
    notes: list[str] = []
    text = rewrite(
        dedent(source),
        suite or Suite(),
        lambda line, message: notes.append(f"{line}: {message}"),
        lambda path: f"../{path}",
        has_cassette,
    )
    lines = [line for line in text.splitlines() if not line.startswith(("import ", "from "))]
    return "\n".join(lines).strip("\n"), notes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@pytest.mark.vcr", "@pytest.mark.streamtape"),
        ("@mark.vcr()", "@mark.streamtape()"),
        ('@pytest.mark.vcr("a.yaml")', '@pytest.mark.streamtape("a.tape")'),
        ('@pytest.mark.default_cassette("a.yml")', '@pytest.mark.streamtape("a.tape")'),
        (
            '@pytest.mark.vcr(record_mode="rewrite", match_on=["uri", "raw_body"])',
            '@pytest.mark.streamtape(mode="all", match_on=("url", "body"))',
        ),
        ("@pytest.mark.block_network", "@pytest.mark.streamtape(block_network=True)"),
        (
            '@pytest.mark.block_network(allowed_hosts=["h"])',
            '@pytest.mark.streamtape(block_network=True, allow_hosts=["h"])',
        ),
        ('@pytest.mark.usefixtures("vcr", "db")', '@pytest.mark.usefixtures("tape", "db")'),
        ("@pytest.mark.slow  # vcr", "@pytest.mark.slow  # vcr"),
    ],
)
def test_marks(before: str, after: str) -> None:
    """Each mark has its counterpart; what else is there stays as it is."""
    text, notes = moved(f"{before}\ndef test_a():\n    ...\n")
    assert text == f"{after}\ndef test_a():\n    ..."
    assert notes == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('@vcr.use_cassette("t/a.yaml")', '("../t/a.tape", match_on=("method", "url"))'),
        ('@vcr.use_cassette("a")', '("../a.tape", match_on=("method", "url"))'),
        ("@vcr.use_cassette()", '("./test_a.tape", match_on=("method", "url"))'),
        (
            '@vcr.use_cassette("a.json", record_mode=vcr.mode.NEW_EPISODES, filter_headers=["x"])',
            '("../a.tape", match_on=("method", "url"), mode="new_episodes")',
        ),
        (
            '@vcr.use_cassette("a.json", match_on=["method", "uri", "body"])',
            '("../a.tape", match_on=("method", "url", "body"))',
        ),
        (
            '@vcr.use_cassette("a", match_on=["scheme", "host", "port", "path", "query"])',
            '("../a.tape", match_on=("url",))',
        ),
        (
            "@mine.use_cassette('a.yaml')",
            '("../c/a.tape", match_on=("method", "url"), mode="none")',
        ),
        ("@mine.use_cassette", '("../c/test_a.tape", match_on=("method", "url"), mode="none")'),
    ],
)
def test_decorators(before: str, after: str) -> None:
    """Paths are meant from the test's folder, options are ours, VCR's `match_on` is said."""
    objects = read_names(
        'import vcr\nmine = vcr.VCR(cassette_library_dir="c", record_mode="none")\n'
    ).objects
    text, notes = moved(f"{VCR}{before}\ndef test_a():\n    ...\n", Suite(objects))
    assert text == f"@streamtape.cassette{after}\ndef test_a():\n    ..."
    assert notes == []


def test_blocks_and_what_is_asked_of_a_cassette() -> None:
    """Paths stay as they were meant, computed ones too; counts and errors are ours."""
    text, notes = moved(
        """
        import os

        import vcr
        from vcr.errors import CannotOverwriteExistingRequestException as Miss

        mine = vcr.VCR(cassette_library_dir=os.path.join(HERE, "c"))
        mine.register_matcher("x", f)

        def test_a():
            with vcr.use_cassette(f"a/{name}.yml") as cass, open("x"):
                assert cass.play_count == 1 and cass.all_played and len(cass) == len("x")
            with mine.use_cassette(path="y.yaml", allow_playback_repeats=True):
                with pytest.raises(Miss):
                    ...
            with vcr.use_cassette("b.yaml", before_record_request=f):
                ...
        """
    )
    assert text == dedent(
        """
        def test_a():
            with streamtape.use_cassette(f"a/{name}.tape", match_on=("method", "url")) as cass, open("x"):
                assert len(cass.played) == 1 and (not cass.unplayed) and len(cass.interactions) == len("x")
            with streamtape.use_cassette(pathlib.Path(os.path.join(HERE, "c")) / "y.tape", match_on=("method", "url"), allow_playback_repeats=True):
                with pytest.raises(Miss):
                    ...
            with streamtape.use_cassette("b.tape", match_on=("method", "url")):
                ...
        """
    ).strip("\n")
    assert [note.partition(":")[0] for note in notes] == ["8", "16", "1"]
    assert "vcr.errors.CannotOverwriteExistingRequestException is still used" in notes[2]


def test_errors_and_imports() -> None:
    """Imports of theirs go when nothing needs them; ours come after those that are there."""
    source = dedent(
        '''
        """Tests."""

        import pytest
        import vcr
        from vcr.errors import CannotOverwriteExistingRequestException

        def test_a():
            with pytest.raises(CannotOverwriteExistingRequestException):
                ...
            with pytest.raises(vcr.errors.CannotOverwriteExistingRequestException):
                ...
        '''
    ).lstrip()
    assert (
        rewrite(source, Suite(), lambda line, message: None)
        == dedent(
            '''
        """Tests."""

        import pytest
        import streamtape

        def test_a():
            with pytest.raises(streamtape.MissError):
                ...
            with pytest.raises(streamtape.MissError):
                ...
        '''
        ).lstrip()
    )


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ('{"filter_headers": ["x"]}', '{"match_on": ("method", "url")}'),
        ('dict(record_mode="once")', '{"match_on": ("method", "url"), "mode": "once"}'),
        (
            '{"match_on": ["method", "uri", "json_body"], "ignore_json_paths": ["id"]}',
            '{"match_on": ("method", "url", "body"), "ignore_json_paths": ["id"]}',
        ),
        ('{"ignore_hosts": hosts()}', '{"match_on": ("method", "url"), "ignore_hosts": hosts()}'),
    ],
)
def test_the_configuration(body: str, after: str) -> None:
    """`vcr_config` is `tape_config`, whatever its scope, with our options."""
    text, notes = moved(f"@pytest.fixture(scope='module')\ndef vcr_config():\n    return {body}\n")
    assert text == f"@pytest.fixture(scope='module')\ndef tape_config():\n    return {after}"
    assert notes == []


def test_a_configuration_that_is_computed_is_noted() -> None:
    """It has our name, and a person has to look at it; so has an option without a counterpart."""
    text, notes = moved("def vcr_config():\n    return {**base(), 'a': 1}\n")
    assert text.startswith("def tape_config")
    assert "computed" in notes[0]
    _, notes = moved("def vcr_config():\n    return {'before_record_response': f, 'odd': 1}\n")
    assert ["before_record_response" in notes[0], "odd" in notes[1]] == [True, True]


def test_fixtures() -> None:
    """A cassette is the fixture `tape`; an object that only opened cassettes is not taken."""
    text, notes = moved(
        """
        def test_a(vcr, other):
            assert vcr.play_count == 1

        def test_b(other, vcr_cassette):
            assert len(vcr_cassette.requests) == 1

        def test_c(client, vcr):
            with vcr.use_cassette("c.yaml"):
                ...

        @pytest.fixture(autouse=True)
        def set_up(vcr):
            vcr.register_serializer("yaml", Serializer)
            return vcr

        @pytest.fixture
        def vcr_cassette_dir():
            return "x"
        """
    )
    assert text == dedent(
        """
        def test_a(tape, other):
            assert len(tape.played) == 1

        def test_b(other, tape):
            assert len(tape.requests) == 1

        def test_c(client):
            with streamtape.use_cassette(pathlib.Path(__file__).parent / "cassettes/c.tape", match_on=("method", "url")):
                ...

        @pytest.fixture
        def vcr_cassette_dir():
            return "x"
        """
    ).strip("\n")
    assert ["set_up only set VCR.py up" in notes[1], "vcr_cassette_dir" in notes[2]] == [True, True]


def test_a_marked_test_without_a_cassette_may_send_nothing() -> None:
    """VCR.py let it pass; so does a class or module with such a test, and one that nests."""
    has = {"test_a", "TestB.test_c"}.__contains__
    text, _ = moved(
        """
        pytestmark = [pytest.mark.vcr, pytest.mark.slow]

        @pytest.mark.vcr
        def test_a(): ...

        @pytest.mark.vcr("x.yaml")
        def test_named(): ...

        @pytest.mark.vcr(record_mode="none")
        def test_none(): ...

        @pytest.mark.vcr
        class TestB:
            def test_c(self): ...

        @pytest.mark.vcr
        class TestD:
            def test_e(self): ...
        """,
        has_cassette=has,
    )
    marks = [line for line in text.splitlines() if "mark" in line]
    assert marks == [
        "pytestmark = [pytest.mark.streamtape(allow_no_requests=True), pytest.mark.slow]",
        "@pytest.mark.streamtape",
        '@pytest.mark.streamtape("x.tape")',
        '@pytest.mark.streamtape(allow_no_requests=True, mode="none")',
        "@pytest.mark.streamtape",
        "@pytest.mark.streamtape(allow_no_requests=True)",
    ]
    nested, _ = moved(
        '@pytest.mark.vcr\ndef test_a(vcr):\n    with vcr.use_cassette("a.yaml"): ...\n',
        has_cassette=has,
    )
    assert nested.startswith("@pytest.mark.streamtape(allow_no_requests=True)")


def test_cassetter() -> None:
    """Its `use_cassette` has the same words."""
    text, _ = moved(
        """
        from cassetter import use_cassette
        def test_a():
            with use_cassette("a.yaml", record_mode="once"):
                ...
        """
    )
    assert 'streamtape.use_cassette("a.tape", match_on=("method", "url"), mode="once")' in text


@pytest.mark.parametrize(
    "source",
    [
        "def test_a(): ...\n",
        "class vcr: ...\nvcr.use_cassette('a.yaml')\n",
        "def f(vcr_like): return vcr_like.use_cassette('a.yaml')\n",
        "# odd   spacing\nx = {  'a':1 }\n\n\n\ndef f( ): return(x)\n",
    ],
)
def test_what_is_not_theirs_is_left_as_it_is(source: str) -> None:
    """Byte for byte."""
    assert rewrite(source, Suite(), lambda line, message: None) == source


def test_nothing_is_left_to_do() -> None:
    """What was moved is not moved again."""
    source = (
        f"{VCR}@vcr.use_cassette('a.yaml')\n@pytest.mark.vcr\ndef test_a(vcr): vcr.play_count\n"
    )
    once = rewrite(source, Suite(), lambda line, message: None)
    assert rewrite(once, Suite(), lambda line, message: None) == once


@pytest.mark.parametrize("before", ["", "import pytest\n", '"""Doc."""\nimport os\n\nX = 1\n'])
def test_a_conftest_gets_the_defaults(before: str) -> None:
    """The fixture is added once, under what is there, and the module can be run."""
    extra = [("record_mode", cst.SimpleString('"none"'))]
    text = config_fixture(before, extra)
    assert text.count("import pytest\n") == 1
    assert text.endswith(
        '\n\n\n@pytest.fixture(scope="session")\ndef tape_config():\n'
        '    return {"match_on": ("method", "url"), "mode": "none"}\n'
    )
    assert config_fixture(text, extra) == text
    compile(text, "conftest.py", "exec")
