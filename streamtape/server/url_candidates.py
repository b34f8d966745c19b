"""Which recorded URLs a request to one of our servers may correspond to.

Its client has another host, and perhaps another prefix, than the recorded client had: a provider's
mount before the path, or less of the path than was recorded. So a path is spelled in all the ways
that the recorded ones allow, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamtape.server.exchange import RequestHead
from streamtape.server.providers import PROVIDERS
from streamtape.server.websocket.handshake import is_websocket
from streamtape.tape.http_values import split_url
from streamtape.tape.model import Request, StoredBody

_ANYWHERE = ("http://localhost",)
_SCHEMES = {False: ("http", "https"), True: ("ws", "wss")}


def request_with(head: RequestHead, url: str, body: bytes | StoredBody) -> Request:
    """The value of a request that came over a socket, at a URL."""
    if isinstance(body, bytes):
        return Request(head.method, url, head.headers, body)
    return Request.stored(head.method, url, head.headers, body)


class Origins:
    """The origins of recorded requests, by path."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._by_path: dict[str, dict[str, None]] = {}
        for request in requests:
            url = split_url(request.url)
            found = self._by_path.setdefault(url.path or "/", {})
            found[f"{url.scheme}://{url.netloc}"] = None

    def spellings(self, head: RequestHead, body: bytes | StoredBody) -> Iterator[Request]:
        """The requests that a live one may stand for; of a path never recorded, at localhost."""
        target = head.target
        if not target.startswith("/"):  # absolute-form: we are used as a forward proxy
            parts = split_url(target)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path, mark, query = target.partition("?")
        schemes = _SCHEMES[is_websocket(head)]
        for one in self._paths(path):
            origins = self._by_path.get(one, _ANYWHERE)
            fitting = [o for o in origins if o.partition(":")[0] in schemes]
            other = [f"{schemes[0]}://{o.partition('://')[2]}" for o in origins]
            for origin in fitting or dict.fromkeys(other):
                yield request_with(head, f"{origin}{one}{mark}{query}", body)

    def _paths(self, path: str) -> Iterator[str]:
        first, _, rest = path.removeprefix("/").partition("/")
        bare = f"/{rest}" if first in PROVIDERS else path
        yield bare
        if bare != "/":
            yield from (p for p in self._by_path if p != bare and p.endswith(bare))
            yield from (p for p in self._by_path if p not in {"/", bare} and bare.endswith(p))
        if bare != path:
            yield path
