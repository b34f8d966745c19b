"""A recording that would take a page over, if its texts were ever taken for markup."""

from dataclasses import replace

from streamtape.tape.model import Interaction
from tests.streams import Writer

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<!-- <svg onload=alert(1)> \u2028\u2029\"'`${1} \x00\x1b[31m \u202e \ud800 😀 &lt; "
    "[[data]] [[script]] [[style]]"
)


def hostile() -> Interaction:
    """An interaction that holds such a text wherever it can hold one."""
    stream = Writer().message("Hi ", HOSTILE, " 😀 end").call(HOSTILE, '{"a":', '"</script>"}')
    one = stream.end().interaction()
    request = replace(
        one.request,
        url="https://example.com/</title><script>document.title='owned'</script>",
        headers=((b'x-"><script>alert(1)</script>', b"</script>\xff\x00"),),
        body=HOSTILE.encode("utf-8", "replace"),
    )
    return replace(one, request=request)
