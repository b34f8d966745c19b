"""Servers that are not ours, to be recorded through the proxy: aimock, and nginx before another."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE_S

NODE = Path(__file__).parent / "node"
_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {upstream};
      proxy_http_version 1.1;
      proxy_buffering off;
      gzip on;
      gzip_proxied any;
      gzip_min_length 0;
      gzip_types text/event-stream;
    }}
  }}
}}
"""


@contextmanager
def aimock() -> Iterator[str]:
    """A running aimock; its URL."""
    process = subprocess.Popen(
        ["node", "aimock.mjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(PATIENCE_S)
        process.stdout.close()


@contextmanager
def nginx(upstream: str, folder: Path) -> Iterator[str]:
    """A running nginx that compresses what `upstream` streams; its URL."""
    # It takes over a socket that listens already, as one nginx does from another when it is
    # upgraded: nobody else can get the port, and a client that is early waits.
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        # The workers of one that was started by root are nobody, who can't look into our folders.
        config = _NGINX if os.getuid() else f"user root;\n{_NGINX}"
        place = folder / "nginx.conf"
        place.write_text(config.format(folder=folder, port=port, upstream=upstream))
        process = subprocess.Popen(
            ["nginx", "-c", str(place), "-p", str(folder), "-e", str(folder / "error.log")],
            env={**os.environ, "NGINX": f"{sock.fileno()};"},
            pass_fds=[sock.fileno()],
            stderr=subprocess.DEVNULL,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
