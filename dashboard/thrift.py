"""Readers who save data, or whose link is slow: they are sent no pictures but their descriptions, and no faces.

It belongs to the request, like its language: the middleware sets it and whatever draws pages finds it. What is drawn
for many readers at once (streams, copies) is never thrifty.
"""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

ASK = "ECT"
"""What browsers are asked to tell: how good their connection is (https://wicg.github.io/netinfo/)."""
DEPENDS_ON = "Save-Data, ECT"
_SLOW = ("slow-2g", "2g")
_THRIFTY = ContextVar("thrifty", default=False)


def thrifty() -> bool:
    """Whether what is drawn here and now is for such a reader."""
    return _THRIFTY.get()


@contextlib.contextmanager
def drawing(*, thrifty: bool) -> Iterator[None]:
    token = _THRIFTY.set(thrifty)
    try:
        yield
    finally:
        _THRIFTY.reset(token)


def is_asked(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from one."""
    return headers.get("Save-Data", "").strip().lower() == "on" or headers.get("ECT", "").strip().lower() in _SLOW
