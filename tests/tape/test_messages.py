"""Dialogues in a cassette: messages in both directions, format version 2, journal, masks."""

import base64
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamtape
from streamtape.errors import DamagedCassetteError
from streamtape.tape import container, journal
from streamtape.tape.codec import decode, encode
from streamtape.tape.messages import (
    Message,
    Messages,
    close_message,
    is_kind_byte,
    joined,
    kind_byte,
    message_of,
)
from streamtape.tape.model import Cassette, Chunk, Chunks, Ending, Head, Interaction, Request
from streamtape.tape.records import pack
from streamtape.tape.redact import RedactionOptions, Redactor
from streamtape.tape.scanning import mask
from streamtape.tape.segments import PackedSegment
from streamtape.tape.store import TapeFile, load_journal, recover, save
from streamtape.tape.store.appending import Journal
from tests.tape import mini_reader
from tests.tape.test_codec import forged, records_of
from tools.attacks import damage

KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0"  # made up
REQUEST = Request("GET", "wss://x.test/v1/responses", ((b"upgrade", b"websocket"),))
HEAD = Head(101, ((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")), 5)
DONE = Ending("complete", 90, close_code=1000, close_reason="bye")

directions = st.sampled_from(["client", "server"])
kinds = st.sampled_from(["text", "binary", "continuation"])
controls = st.builds(
    Message,
    directions,
    st.integers(0, 1 << 40),
    st.sampled_from(["ping", "pong", "close"]),
    st.binary(max_size=125),
    st.just(True),
)
data = st.builds(
    Message, directions, st.integers(0, 1 << 40), kinds, st.binary(max_size=200), st.booleans()
)
dialogues = st.builds(
    Interaction,
    st.just(REQUEST),
    st.just(HEAD),
    st.just(Chunks()),
    st.builds(
        Ending,
        st.sampled_from(["complete", "abandoned", "unfinished"]),
        close_code=st.none() | st.integers(1000, 4999),
        close_reason=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    messages=st.lists(controls | data, max_size=30).map(Messages.of),
)


def dialogue(*messages: Message, ending: Ending = DONE) -> Interaction:
    """A dialogue of these messages."""
    return Interaction(REQUEST, HEAD, Chunks(), ending, 1000, messages=Messages.of(messages))


def from_client(*texts: str) -> Iterator[Message]:
    """Texts, the first of the client and then by turns."""
    for n, text in enumerate(texts):
        yield Message("server" if n % 2 else "client", 10 + n, "text", text.encode())


def test_what_a_message_says() -> None:
    """A text is text; a close has a code and a reason, 1005 where it carries none."""
    assert Message("server", 1, "text", b"gr\xc3\xbcn").text == "grün"
    assert (close := close_message("client", 2, 4000, "gone")).data == b"\x0f\xa0gone"
    assert (close.code, close.reason, close.is_data) == (4000, "gone", False)
    assert (close_message("client", 2).code, close_message("client", 2, 1005).data) == (1005, b"")
    assert (Message("client", 1, "ping", b"x").code, Message("client", 1, "ping", b"x").reason) == (
        None,
        "",
    )


@given(controls | data)
def test_kind_bytes_are_undone(message: Message) -> None:
    """The byte of a message gives direction, kind and whether it goes on; it is never 0."""
    byte = kind_byte(message)
    assert is_kind_byte(byte)
    assert byte
    assert message_of(byte, message.at_us, message.data) == message


def test_which_bytes_are_kinds() -> None:
    """Six opcodes in two directions, and of data those that go on: 18 of 256."""
    assert sum(map(is_kind_byte, range(256))) == 18


def test_fragments_are_put_together() -> None:
    """Each direction for itself; a ping may come between fragments, and an end may be missing."""
    parts = [
        Message("server", 1, "text", b"Hel", final=False),
        Message("client", 2, "binary", b"\1", final=False),
        Message("server", 3, "ping", b"p"),
        Message("server", 4, "continuation", b"lo"),
        Message("client", 5, "continuation", b"\2", final=False),
    ]
    assert list(joined(parts)) == [
        Message("server", 3, "ping", b"p"),
        Message("server", 4, "text", b"Hello"),
        Message("client", 2, "binary", b"\1\2", final=False),
    ]


def test_an_interaction_knows_whether_it_is_a_dialogue() -> None:
    """One that was opened is, even where nobody said anything; a refused one is not."""
    assert dialogue().is_dialogue
    assert not Interaction(REQUEST, Head(401), Chunks(), DONE).is_dialogue
    assert not Interaction(REQUEST, Head(101, ((b"upgrade", b"h2c"),)), Chunks(), DONE).is_dialogue
    assert not Interaction(REQUEST, None, Chunks(), DONE).is_dialogue


@settings(max_examples=100, deadline=None)
@given(st.lists(dialogues, max_size=3))
def test_any_dialogue_comes_back(made: list[Interaction]) -> None:
    """Whatever was said is loaded as it was saved, saves as the same bytes, and is specified."""
    written = b"".join(encode(made))
    loaded = decode(written)
    assert list(loaded) == made
    assert b"".join(encode(loaded)) == written
    for one, interaction in zip(mini_reader.read(written), made, strict=True):
        assert one["messages"] == [
            (message.at_us, kind_byte(message), message.data) for message in interaction.messages
        ]


def test_a_version_only_where_it_is_needed(tmp_path: Path) -> None:
    """Without a dialogue a cassette is of version 1, which every reader knows."""
    stream = Interaction(REQUEST, Head(200), Chunks.of([Chunk(1, b"x")]), Ending("complete"))
    for version, made in ((1, [stream]), (2, [stream, dialogue()])):
        save(Cassette(tuple(made)), tmp_path / "x.tape")
        head = (tmp_path / "x.tape").read_bytes()[: len(container.HEAD)]
        assert head == container.make_head(version)
        assert list(streamtape.load(tmp_path / "x.tape")) == made


def test_version_1_knew_no_messages() -> None:
    """What a file of version 1 has under names of version 2 means nothing in it."""
    records = records_of(b"".join(encode([dialogue(*from_client("a", "b"))])))
    records[-1][1].pop("messages")
    records[-1][1]["bytes"] = 0

    (one,) = decode(forged(b"".join(map(pack, records))))
    assert (len(one.messages), one.ending.close_code) == (0, None)


FROZEN_2 = base64.b64decode(
    "UCpNGBAAAABTVFJFQU1UQVBFDQoaCgIAKLUv/WQBAdUJAAYSQCtgdw4wTA0nDl65/AarAAyVx9gpiVvRweqbEqJl+4Qh"
    "uh4v7ACko0AngoLsMwAyADYAleYNWQpO0+S5K22R5e0Xk975c3y+9/5G6Pse7qDYmEvUZUJBVSx+d1aaPZXeu/R0ZpkB"
    "H/a9WOKdJsZ0NByf5XKptC62nvsDkv/iq718+p4yZ5zMS/ApWPszfYd9c0LsmgYRzg6bhscRAmnRioaTPq2pw0KRQDBo"
    "YXB6vZbTdQBu2wCAyOk9sq7SPM8LbJ3nRU7vDXXvTsvsVAEG7xdpVAPNObcUw9XmNPdf+yKpUBc77fyacbKuOATb8Ri6"
    "Mt8j2cFhK7W5tt5emS3SzLgVACpbKGYd1zQb8Npi8HK/5K3GlsaiUS3hJZyAuDM4uFS0ieImRGngKgDBfABYWlCW4dY5"
    "LRUFgkqGN14qTRggAAAAHmykjG0kpAAMWHUyfprCz2mCqLgX5DdohVv9JOZNtA8="
)


def test_version_2_for_ever() -> None:
    """A file of version 2, frozen here, gives the values that it was made of."""
    (one,) = decode(FROZEN_2)
    assert one == dialogue(
        Message("client", 10, "text", b"hi"),
        Message("server", 20, "text", b"he", final=False),
        Message("server", 25, "ping", b"?"),
        Message("client", 26, "pong", b"?"),
        Message("server", 30, "continuation", b"llo"),
        Message("server", 40, "binary", b"\0\1"),
        close_message("server", 50, 1000, "bye"),
        close_message("client", 60, 1000, "bye"),
    )


def test_long_dialogues_stay_in_their_file(tmp_path: Path) -> None:
    """Beyond 32 MiB messages are read from the file when somebody looks at them."""
    piece = random.Random(1).randbytes(1 << 20)
    many = [Message("server", n, "binary", piece + bytes([n])) for n in range(34)]
    save(Cassette((dialogue(*many),)), tmp_path / "x.tape")
    messages = streamtape.load(tmp_path / "x.tape")[0].messages
    assert (len(messages), messages.n_bytes) == (34, 34 * len(piece) + 34)
    assert messages[33] == many[33]
    assert next(iter(messages)) == many[0]
    assert not any(isinstance(one, PackedSegment) for one in messages.segments)


@pytest.mark.parametrize("harm", ["kind", "count", "beside chunks"])
def test_what_is_no_dialogue_is_damage(harm: str) -> None:
    """A kind that there is not, too few kinds, chunks beside messages: refused."""
    records = records_of(b"".join(encode([dialogue(*from_client("a", "b"))])))
    (run,) = (fields for kind, fields in records if kind == "messages")
    if harm == "kind":
        run["kinds"] = b"\0\0"
    elif harm == "count":
        run["kinds"] = run["kinds"][:1]
    else:
        records.insert(3, ["chunks", {k: v for k, v in run.items() if k != "kinds"}])

    with pytest.raises(DamagedCassetteError):
        decode(forged(b"".join(map(pack, records)), version=2))


# The journal.


def record(
    path: Path, messages: list[Message], ending: Ending | None = DONE, **options: Any
) -> Journal:
    """Record a dialogue, and leave its journal."""
    tape = TapeFile(path, Redactor(RedactionOptions(**options))).open_journal()
    tape.request(0, REQUEST, 1000)
    tape.head(0, HEAD)
    for message in messages:
        tape.message(0, message)
    if ending is not None:
        tape.ending(0, ending)
    return tape


def test_a_recorded_dialogue_is_the_same_bytes_as_its_saved_value(tmp_path: Path) -> None:
    """The journal's way to a cassette gives the bytes that saving the value gives."""
    messages = [
        *from_client("a", "b", "c"),
        close_message("client", 20, 1000),
        Message("server", 21, "pong"),
    ]
    cassette = record(tmp_path / "a.tape", messages).commit()
    assert list(cassette) == [dialogue(*messages)]
    save(cassette, tmp_path / "b.tape")
    assert (tmp_path / "a.tape").read_bytes() == (tmp_path / "b.tape").read_bytes()


def test_a_killed_recorder_leaves_every_message(tmp_path: Path) -> None:
    """Each message is in the journal before anybody gets it; the dialogue is unfinished.

    Of plain text the last word of each direction may be the beginning of a secret.
    """
    tape = record(
        tmp_path / "a.tape", list(from_client('{"n":1}', "[2]", "one two", "three")), None
    )
    tape.release()
    (one,) = recover(tape.journal_path).cassette
    assert [m.text for m in one.messages] == ['{"n":1}', "[2]", "one ***", "*****"]
    assert one.ending.kind == "unfinished"


def test_journals_of_version_2_are_read(tmp_path: Path) -> None:
    """The version before had no dialogues, and is otherwise the same."""
    tape = TapeFile(tmp_path / "a.tape").open_journal()
    tape.request(0, REQUEST, 1000)
    tape.chunk(0, 7, b"x")
    tape.release()
    whole = tape.journal_path.read_bytes()
    salt = whole[len(journal.MAGIC) + 2 :][:4]
    tape.journal_path.write_bytes(journal.make_head(salt, 2) + whole[journal.HEAD_BYTES :])
    assert [c.data for c in load_journal(tape.journal_path)[0].chunks] == [b"x"]


@pytest.mark.parametrize("kind", sorted(damage.KINDS))
def test_no_damage_to_a_dialogue_is_silent(tmp_path: Path, kind: str) -> None:
    """Bits flipped, bytes and records removed, doubled, swapped: noticed, and nothing else lost."""
    tape = record(tmp_path / "x.tape", [*from_client("a", f'{{"api_key": "{KEY}"}}', "c")])
    tape.release()
    recorded = tape.journal_path.read_bytes()
    judge = damage.Judge(recorded)
    tries = list(damage.KINDS[kind](recorded))
    for one in tries[:: max(1, len(tries) // 100)]:
        counts = judge.counts(one)
        assert not counts["false"] + counts["silent"] + counts["chunks lost"] + counts["faults"]


def test_a_limit_ends_a_dialogue_too(tmp_path: Path) -> None:
    """Messages of both directions count; what is beyond the limit is not recorded."""
    tape = TapeFile(tmp_path / "a.tape", max_body_bytes=10).open_journal()
    tape.request(0, REQUEST, 1000)
    tape.head(0, HEAD)
    for message in from_client("12345", "67890", "x", "y"):
        tape.message(0, message)
    tape.ending(0, DONE)
    (one,) = tape.commit()
    assert [m.text for m in one.messages] == ["12345", "67890"]
    assert one.ending.message == "cut by streamtape: longer than max_body_bytes=10"


# Secrets.


def masked(folder: Path, messages: list[Message], **options: Any) -> Interaction:
    """The dialogue as it is recorded."""
    (one,) = record(folder / "a.tape", messages, **options).commit()
    return one


def test_secrets_of_both_directions_are_masked(tmp_path: Path) -> None:
    """Each where it is, with its length kept; control frames and the ending, too."""
    text = f'{{"instructions": "use {KEY}"}}'
    one = record(
        tmp_path / "a.tape",
        [
            *from_client(text, text),
            Message("server", 20, "ping", KEY.encode()),
            close_message("server", 21, 4001, f"bad key {KEY}"),
        ],
        Ending("complete", 30, close_code=4001, close_reason=f"bad key {KEY}"),
    ).commit()[0]
    assert KEY not in repr([*one.messages, one.ending])
    assert [len(m.data) for m in one.messages] == [len(text)] * 2 + [len(KEY), len(KEY) + 10]
    stars = "*" * len(KEY)
    assert one.messages[0].text == text.replace(KEY, stars)
    assert one.ending.close_reason == f"bad key {stars}"
    at = text.index(KEY)
    assert [r.where for r in one.redactions] == [
        f"message:0:{at}+{len(KEY)}",
        f"message:1:{at}+{len(KEY)}",
        f"message:2:0+{len(KEY)}",
        f"message:3:10+{len(KEY)}",
    ]


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(1, len(KEY) + 8), max_size=5), n=st.integers(0, 2))
def test_a_secret_split_over_messages_is_masked(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], n: int
) -> None:
    """However a text is cut into messages or fragments, whatever the other side says between."""
    text = f"key {KEY} end"
    edges = sorted({0, *cuts, len(text)})
    pieces = [text[a:b].encode() for a, b in pairwise(edges)]
    messages: list[Message] = []
    for number, piece in enumerate(pieces):
        if n == 0:
            message = Message("server", number, "text", piece)
        else:
            kind = "continuation" if number else "text"
            message = Message("server", number, kind, piece, number == len(pieces) - 1)  # type: ignore[arg-type]  # one of two real kinds
        messages += [message, Message("client", number, "text", b"go on")][: 1 + n]
    one = masked(tmp_path_factory.mktemp("m"), messages)
    server = b"".join(m.data for m in one.messages if m.direction == "server")
    assert server.decode() == text.replace(KEY, "*" * len(KEY))
    assert {m.text for m in one.messages if m.direction == "client"} <= {"go on"}


def test_messages_of_json_stand_apart(tmp_path: Path) -> None:
    """What ends one message and begins the next is no secret where both are JSON."""
    one = masked(
        tmp_path, [*from_client(*['{"n":1}', '{"api_key":"hunter2hunter2"}'] * 2, "[1]", "plain")]
    )
    assert [m.text for m in one.messages][4:] == ["[1]", "plain"]
    assert "hunter2" not in repr(list(one.messages))


def test_paths_are_masked_in_every_message(tmp_path: Path) -> None:
    """A rule by path sees each message of JSON for itself, whole or in fragments."""
    first, second = b'{"user":{"email":"a@b.c"},', b'"n":1}'
    messages = [
        Message("client", 1, "text", first, final=False),
        Message("client", 2, "continuation", second),
        Message("client", 3, "text", first + second),
        Message("server", 4, "text", b"hello"),
        Message("server", 5, "text", first + second),
    ]
    one = masked(tmp_path, messages, json_paths=("$.user.email",))
    hidden = first.replace(b"a@b.c", b"*****")
    assert [m.data for m in one.messages] == [
        hidden, second, hidden + second, b"hello", hidden + second
    ]  # fmt: skip


def test_a_second_look_finds_and_masks(tmp_path: Path) -> None:
    """Secrets that are in a file all the same: whole, split over messages, spelt out in deltas."""
    delta = '{"type":"d","delta":"%s"}'
    one = dialogue(
        *from_client(f"key {KEY}", delta % KEY[:9], f" {KEY[:12]}", delta % KEY[9:], KEY[12:]),
        close_message("server", 30, 1000, KEY),
        ending=Ending("complete", 31, close_code=1000, close_reason=KEY),
    )
    assert [(leak.where, leak.length) for leak in streamtape.scan(Cassette((one,)))] == [
        (f"message:5:2+{len(KEY)}", len(KEY)),
        (f"message:0:4+{len(KEY)}", len(KEY)),
        ("message:2:1+12", 12),
        (f"message:4:0+{len(KEY) - 12}", len(KEY) - 12),
        ("message.text:1", len(KEY)),
        ("ending.message", 0),
    ]
    clean = mask(Cassette((one,)))
    assert streamtape.scan(clean) == []
    assert [len(m.data) for m in clean[0].messages] == [len(m.data) for m in one.messages]
    assert clean[0].messages[1].text == delta % ("*" * 9)
