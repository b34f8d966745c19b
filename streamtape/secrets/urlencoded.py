"""The fields of an urlencoded form, masked while the body comes in. Pure, incremental.

What is a field is what `forms.fields` finds in the whole body. A field is held back until it is
whole; of one that is longer, the value is masked as it comes where its name says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from streamtape.content.forms import fields
from streamtape.secrets.multipart import Secret

_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELD_BYTES = 64 << 10
_VALUE_END = re.compile(rb"[&\s]")


class UrlencodedMask:
    """Masks one body: feed it piece by piece, then close it.

    `secret_of(name, offset)` says where a value goes that begins at an offset in the body, or None
    where its name is nobody's secret; `is_secret` says of a value without its escapes whether it
    holds one, and `masked(offset, value)` takes down that such a value is masked.
    """

    def __init__(
        self,
        secret_of: Callable[[str, int], Secret | None],
        is_secret: Callable[[bytes], bool],
        masked: Callable[[int, bytes, bytes], None],
    ) -> None:
        self._secret_of = secret_of
        self._is_secret = is_secret
        self._masked = masked
        self._buffer = b""
        self._given = 0  # the offset of the buffer in the body
        self._is_long = False  # a field goes on that was longer than is held back
        self._secret: Secret | None = None

    def feed(self, data: bytes) -> bytes:
        """Take a piece; get what is decided, masked."""
        return self._decide(self._buffer + data, last=False)

    def close(self) -> bytes:
        """Get what was held back."""
        return self._decide(self._buffer, last=True)

    def _decide(self, buffer: bytes, *, last: bool) -> bytes:
        out: list[bytes] = []
        at = 0
        while at < len(buffer):
            amp = buffer.find(b"&", at)
            end = amp + 1 if amp >= 0 else len(buffer)
            if self._is_long:
                out.append(self._go_on(buffer[at:end]))
            elif amp < 0 and not last:
                if len(buffer) - at <= _MOST_FIELD_BYTES:
                    break
                out.append(self._begin(buffer[at:], self._given + at))
            else:
                out.append(self._whole(buffer[at:end], self._given + at))
            at = end
        if last:
            self._end()
        self._buffer = buffer[at:]
        self._given += at
        return b"".join(out)

    def _whole(self, field: bytes, offset: int) -> bytes:
        """A field of which all is there, and the sign behind it."""
        for name, start, end, text in fields(_TYPE, field):
            secret = self._secret_of(name, offset + start)
            value = field[start:end]
            if secret is not None:
                secret.add(value)
                secret.end()
            elif text == value or not self._is_secret(text):
                continue
            else:
                self._masked(offset + start, value, text)
            return field[:start] + b"*" * (end - start) + field[end:]
        return field

    def _begin(self, field: bytes, offset: int) -> bytes:
        """The beginning of a field that is too long to be held back."""
        self._is_long = True
        for name, start, end, _ in fields(_TYPE, field):
            self._secret = self._secret_of(name, offset + start)
            if end < len(field):  # white space ends a value
                return field[:start] + self._go_on(field[start:])
            return field[:start] + self._go_on(field[start:end])
        return field

    def _go_on(self, data: bytes) -> bytes:
        """More of a long field, up to the sign behind it at most."""
        secret, stop = self._secret, _VALUE_END.search(data)
        end = len(data) if stop is None else stop.start()
        if secret is not None:
            secret.add(data[:end])
            data = b"*" * end + data[end:]
        if stop is not None:
            self._end()
            self._is_long = not data.endswith(b"&")
        return data

    def _end(self) -> None:
        if self._secret is not None:
            self._secret.end()
        self._secret = None
