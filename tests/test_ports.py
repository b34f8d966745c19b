"""Ports that tests give to servers are theirs alone."""

import ast
import os
import socket
import subprocess
import sys

import pytest

from tests import ports
from tests.shared import REPO


def test_a_port_is_given_once() -> None:
    """Not to this process again, and not to another one that begins at the same number."""
    mine = [ports.free_port() for _ in range(3)]
    program = f"import os; os.getpid = lambda: {os.getpid()}\nfrom tests.ports import free_port"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nprint(free_port())"],
        cwd=REPO, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len({*mine, int(done.stdout)}) == 4
    assert all(ports.FIRST <= port < ports.LAST for port in mine)


def test_a_port_at_which_somebody_listens_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever that is: where there is no other one, that is an error."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", port)
        monkeypatch.setattr(ports, "LAST", port + 1)
        with pytest.raises(RuntimeError, match=f"from {port} to {port + 1}"):
            ports.free_port()


def let_go(source: str) -> list[int]:
    """The lines that take the number of a port and give the port back, for anybody to get."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.With)
        and "socket" in ast.unparse(node.items[0].context_expr)
        and all(isinstance(line, ast.Assign | ast.Return) for line in node.body)
        and "getsockname" in ast.unparse(node)
    ]


def test_no_test_names_a_port_that_it_has_let_go() -> None:
    """Where it counts on nobody listening there, another test's server answers now and then."""
    found = {p.name: let_go(p.read_text()) for p in (REPO / "tests").rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("body", "n"),
    [
        ("with socket.create_server(A) as s:\n    port = s.getsockname()[1]\nuse(port)", 1),
        ("with socket.socket() as s:\n    return s.getsockname()[1]", 1),
        ("with socket.create_server(A) as s:\n    port = s.getsockname()[1]\n    use(port)", 0),
        ("with socket.create_server(A) as s:\n    data = s.recv(1)", 0),
    ],
)
def test_which_lines_let_go_of_a_port(body: str, n: int) -> None:
    """Those after which it is used; within the block it is still reserved."""
    assert len(let_go(body)) == n
