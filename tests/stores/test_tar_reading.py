"""Members of tars: the same that Python finds, and of hostile ones only ordinary files."""

import contextlib
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamtape.stores.tar_reading import MAX_NAME_BYTES, Member, TarError, members
from tests.stores.tars import member, packed, pax, tar

PARTS = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60
).filter(lambda part: part not in {".", ".."})
NAMES = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


def read(data: bytes) -> list[tuple[str, bytes]]:
    """Names and bytes of the members of a tar."""
    found = members(lambda at, size: data[at : at + size])
    return [(one.name, data[one.offset : one.offset + one.n_bytes]) for one in found]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@given(st.lists(st.tuples(NAMES, st.binary(max_size=1200)), max_size=4))
def test_what_python_packs_is_read(format: int, files: list[tuple[str, bytes]]) -> None:
    """Names of any length and alphabet, in every format that Python writes."""
    try:
        data = packed(files, format)
    except (ValueError, UnicodeEncodeError):  # too long a name for ustar
        return
    assert read(data) == files


@given(st.binary(max_size=2000), st.integers(0, 3000), st.binary(max_size=40))
def test_damage_is_an_error_of_ours(content: bytes, at: int, patch: bytes) -> None:
    """Whatever stands in a tar: members, or a TarError."""
    data = packed([("a/b.tape", content), ("ü" * 90, content)])
    damaged = data[:at] + patch + data[at + len(patch) :]
    with contextlib.suppress(TarError):
        assert all(isinstance(name, str) for name, _ in read(damaged))


@pytest.mark.parametrize(
    ("hostile", "expected"),
    [
        (member("link.tape", kind=b"2", link="/etc/passwd"), []),
        (member("hard.tape", kind=b"1", link="../other"), []),
        (member("pipe.tape", kind=b"6"), []),
        (member("device.tape", kind=b"3"), []),
        (member("block.tape", kind=b"4"), []),
        (member("folder.tape", kind=b"5"), []),
        (member("/etc/run.tape", b"x"), []),
        (member("../run.tape", b"x"), []),
        (member("a/../../run.tape", b"x"), []),
        (member("", b"x"), []),
        (member("./a//run.tape", b"x"), [("a/run.tape", b"x")]),
        (member("..tape", b"x"), [("..tape", b"x")]),
        (member("long", b"sparse", kind=b"S"), []),
        (member("x", b"../../deep.tape\0", kind=b"L") + member("x", b"y"), []),
        (pax("path", "/absolute/run.tape") + member("x", b"y"), []),
        (pax("GNU.sparse.major", "1") + member("y", b"z"), []),
        (member("g", b"16 path=all.txt\n", kind=b"g"), []),
    ],
)
def test_only_ordinary_files_inside_count(hostile: bytes, expected: list[object]) -> None:
    """Links, devices, folders, names that lead out: passed over; what follows is read."""
    assert read(tar(hostile, member("good.tape", b"good"))) == [*expected, ("good.tape", b"good")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no tar at all, but long enough to be one" * 20, "no header at byte 0"),
        (b"\x1f\x8b compressed" * 64, "compressed"),
        (tar(member("a", b"x" * 600))[:-1500], "cut off within 'a'"),
        (tar(member("x", kind=b"L", size=MAX_NAME_BYTES + 1)), f"over {MAX_NAME_BYTES}"),
        (tar(member("x", kind=b"x", size=8 << 30)), f"over {MAX_NAME_BYTES}"),
        (tar(member("x", b"99 path=a\n", kind=b"x")), "pax header at byte 0 is damaged"),
        (tar(member("x", b"0 =\n", kind=b"x")), "damaged"),
        (tar(pax("size", "-10"), member("a")), "not a number"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    """A header that is none, and headers that would take memory or make no sense."""
    with pytest.raises(TarError, match=message):
        read(data)


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 700, 1023, 1024, 1025, 1536, 1700, 2048, 2500])
def test_a_tar_that_is_cut_off_says_what_is_lost(cut: int) -> None:
    """Wherever it is cut, even between two members: the error names the last one that it knows."""
    data = packed([("a.tape", b"a" * 300), ("b.tape", b"b" * 300)], tarfile.GNU_FORMAT)
    found: list[str] = []
    with pytest.raises(TarError, match="cut off") as failure:
        for one in members(lambda at, size: data[:cut][at : at + size]):
            found.append(one.name)
    assert found == ["a.tape", "b.tape"][: (cut > 511) + (cut > 1535)]
    assert not found or repr(found[-1]) in str(failure.value)
    assert ("lost" in str(failure.value)) == (cut in {512, 700, 1023, 1536, 1700})


def test_a_tar_ends_at_its_mark() -> None:
    """One block of zeros is enough, as tars have it that were written to tapes."""
    data = packed([("a.tape", b"a" * 300)])
    end = len(data.rstrip(b"\0")) // 512 * 512 + 1024
    assert read(data[:end]) == [("a.tape", b"a" * 300)]


def test_huge_members_cost_nothing() -> None:
    """A header that says a terabyte is passed over without reading it."""
    requests: list[int] = []
    data = tar(member("a.tape", size=1 << 40))

    def fetch(at: int, size: int) -> bytes:
        requests.append(size)
        return data[at : at + size]

    found: list[Member] = []
    with pytest.raises(TarError, match=r"cut off within 'a\.tape'"):
        found.extend(iter(members(fetch)))
    assert found == [Member("a.tape", 512, 1 << 40, 0)]
    assert max(requests) <= 512
