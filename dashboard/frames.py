"""The bytes of a stream: messages, chunk framing, compression once for everybody.

Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-11).
"""

import re
import zlib
from typing import NamedTuple

BEAT = b":\n\n"  # a comment: keeps proxies from closing a quiet stream
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, no time, unknown system
_LEVEL = 6
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Wire(NamedTuple):
    """How bytes travel to one reader; readers with the same wire get the very same bytes."""

    gzip: bool
    chunked: bool  # False for HTTP/1.0, where the body ends with the connection

    def encode(self, payload: bytes) -> bytes:
        """``payload`` as it goes onto the socket.

        A piece is compressed alone and flushed to a byte boundary, so pieces follow each
        other in any connection whose body began with ``GZIP_HEAD``.
        """
        body = deflate(payload) if self.gzip else payload
        return b"%x\r\n%b\r\n" % (len(body), body) if self.chunked else body


def deflate(payload: bytes) -> bytes:
    """A piece of a raw deflate stream that neither looks back nor ends the stream."""
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return press.compress(payload) + press.flush(zlib.Z_FULL_FLUSH)


def message(kind: str, data: str, *, number: int | None = None) -> bytes:
    """One message. Without a number it leaves the reader's position where it is."""
    head = f"event: {kind}\n" if number is None else f"id: {number}\nevent: {kind}\n"
    lines = _NEWLINE.split(data) if "\n" in data or "\r" in data else (data,)
    return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


def retry(milliseconds: int) -> bytes:
    """How long a browser waits before it comes back."""
    return b"retry: %d\n\n" % milliseconds


def reset(number: int) -> bytes:
    """Tell a reader that it is too far away: load the page again, and go on from ``number``."""
    return message("reset", str(number), number=number)
