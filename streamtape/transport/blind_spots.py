"""Which libraries a session can't see, and how to record them."""

from __future__ import annotations

import sys

SEEN = "httpx, httpx2, aiohttp, websockets, urllib3 (requests, boto3), urllib and http.client"
# Libraries that speak HTTP past all of these, and what they are to people.
UNSEEN = {
    "curl_cffi": "curl_cffi",
    "grpc": "gRPC",
    "niquests": "niquests",
    "pycurl": "pycurl",
    "urllib3._async": "urllib3-future in the place of urllib3",
}


def blind_spots() -> str:
    """What this process has that a session can't see, as a sentence for an error."""
    found = [what for module, what in UNSEEN.items() if module in sys.modules]
    here = (
        f" This process has imported some that it can't see: {', '.join(found)}." if found else ""
    )
    return (
        f" It sees requests of {SEEN} in this process, made while it is open; not other libraries, "
        f"and not child processes.{here} Whatever client it is, `streamtape record -o run.tape -- "
        "COMMAND` records it through a local proxy."
    )
