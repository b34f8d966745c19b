"""What a test draws, it draws from a seed: its bytes are the same in every run."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FORBIDDEN = {"os.urandom", "uuid.uuid1", "uuid.uuid4"}


def unseeded(source: str) -> list[str]:
    """The calls in a program that give something else in each run."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        module, _, function = name.rpartition(".")
        if (
            name in FORBIDDEN
            or name.startswith("secrets.token_")
            or (module == "random" and function != "Random")
            or (name in {"random.Random", "Random"} and not node.args)
        ):
            found.append(f"line {node.lineno}: {name}")
    return found


def test_no_test_draws_without_a_seed() -> None:
    """A failure that one draw in a thousand gives can't be repeated."""
    found = {str(p.relative_to(FOLDER)): unseeded(p.read_text()) for p in FOLDER.rglob("*.py")}
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        ("os.urandom(4)", True),
        ("uuid.uuid4()", True),
        ("secrets.token_hex()", True),
        ("random.random()", True),
        ("random.shuffle(a)", True),
        ("random.Random()", True),
        ("random.Random(7)", False),
        ("rng.randbytes(4)", False),
        ("uuid.UUID(int=4)", False),
    ],
)
def test_which_calls_draw_without_a_seed(call: str, refused: bool) -> None:
    """Calls of a generator that has a seed are none of them."""
    assert bool(unseeded(call)) == refused
