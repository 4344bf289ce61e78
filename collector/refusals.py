"""What another host's refusal means, in plain words with a next step, and how long it asks us to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from timeline.errors import SourceUnavailable

LONGEST_WAIT_S = 24 * 3600.0  # the longest interval an operator may set; a server's wish beyond it is a mistake
_BY_ITSELF = "Nothing to do: it is tried again by itself."


class Refused(SourceUnavailable):
    """The host answered, but not with what we accept. ``body`` is the start of what it said, for the adapter."""

    def __init__(
        self, reason: str, *, status: int, body: bytes = b"", hint: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason, hint=hint, retry_after_s=retry_after_s)
        self.status = status
        self.body = body


def refused(host: str, status: int, headers: Mapping[str, str], *, now: datetime, body: bytes = b"") -> Refused:
    """The error for an answer with ``status``; ``headers`` by lower-case name."""
    reason, hint = _words(host, status)
    wait = retry_after_s(headers, now) if status in (429, 503) else None
    return Refused(f"{reason} (HTTP {status})", status=status, body=body, hint=hint, retry_after_s=wait)


def _words(host: str, status: int) -> tuple[str, str]:
    match status:
        case 401 | 403:
            return f"{host} refuses us", "Check whether it needs a token, or whether it turns programs away."
        case 404 | 410:
            return f"{host} has nothing at this address", "Check the address."
        case 429:
            return f"{host} asks us to slow down", _BY_ITSELF
        case _ if status >= 500:
            return f"{host} has trouble of its own", _BY_ITSELF
        case _ if 300 <= status < 400:
            return f"{host} sends us elsewhere without saying where", "Check the address."
        case _:
            return f"{host} did not accept the request", "Check the address and the settings of this source."


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the server wants us to wait: ``Retry-After`` (seconds or a date), else ``X-RateLimit-Reset``.

    Never below 0 nor above LONGEST_WAIT_S; None where it says nothing we can read.
    """
    for name in ("retry-after", "x-ratelimit-reset"):
        if word := headers.get(name, "").strip():
            wait = _seconds(word, now)
            if wait is not None:
                return min(max(wait, 0.0), LONGEST_WAIT_S)
    return None


def _seconds(word: str, now: datetime) -> float | None:
    if word.isascii() and word.isdigit():
        number = float(word)
        return number - now.timestamp() if number > 1e9 else number  # some send the epoch second of the reset
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(word)
        except (ValueError, IndexError, OverflowError):
            continue
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return None
