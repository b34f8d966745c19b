"""One certificate authority for clients of tests: what they reach on loopback needs none.

A client of HTTP reads all 120 authorities that a system or `certifi` trusts when it is made, for
20 ms of processor time, and tests make thousands of clients, here and in other processes.
"""

import atexit
import os
import tempfile
from pathlib import Path

import certifi

VARIABLE = "SSL_CERT_FILE"
BEFORE = "STREAMTAPE_TESTS_SSL_CERT_FILE"
_END = "-----END CERTIFICATE-----\n"


def trust_one() -> None:
    """Name a file with one authority to all clients until this process ends, also to children.

    Nothing changes where the process that started this worker has done so.
    """
    if BEFORE in os.environ:
        return
    first, end, _ = certifi.contents().partition(_END)
    descriptor, name = tempfile.mkstemp(".pem", "streamtape-authority-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(first + end)
    os.environ[BEFORE] = os.environ.get(VARIABLE, "")
    os.environ[VARIABLE] = name
    atexit.register(_remove, Path(name), os.getpid())


def _remove(path: Path, process: int) -> None:
    if os.getpid() == process:  # a child that was forked has the same exits
        path.unlink(missing_ok=True)


def trusting_all() -> dict[str, str]:
    """The environment of a program that reaches a package index."""
    environment = dict(os.environ)
    before = environment.pop(BEFORE, "")
    environment.pop(VARIABLE, None)
    return {**environment, VARIABLE: before} if before else environment
