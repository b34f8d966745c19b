"""Servers that are not ours, to be recorded through the proxy: aimock, and nginx before another."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

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
        process.wait(10)
        process.stdout.close()


@contextmanager
def nginx(upstream: str, folder: Path) -> Iterator[str]:
    """A running nginx that compresses what `upstream` streams; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    # The workers of one that was started by root are nobody, who can't look into our folders.
    config = _NGINX if os.getuid() else f"user root;\n{_NGINX}"
    place = folder / "nginx.conf"
    place.write_text(config.format(folder=folder, port=port, upstream=upstream))
    process = subprocess.Popen(
        ["nginx", "-c", str(place), "-p", str(folder), "-e", str(folder / "error.log")],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_for(process: subprocess.Popen[str], url: str) -> None:
    address = urlsplit(url)
    give_up = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((address.hostname or "", address.port or 0), 1).close()
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < give_up, f"nothing answers at {url}"
            time.sleep(0.02)
        else:
            return
