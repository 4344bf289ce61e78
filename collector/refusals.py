"""What another host's refusal means, in plain words with a next step, and how long it asks us to wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from collector.addresses import PrivateAddress
from timeline.errors import Pace, SourceUnavailable

LONGEST_WAIT_S = 24 * 3600.0  # the longest interval an operator may set; a server's wish beyond it is a mistake
IF_IT_LASTS = "It is tried again by itself; if this lasts, check the address, and that the host is up."
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ValueError)
_BY_ITSELF = "Nothing to do: it is tried again by itself."


class Refused(SourceUnavailable):
    """The host answered, but not with what we accept. ``body`` is the start of what it said, for the adapter."""

    def __init__(
        self,
        reason: str,
        *,
        status: int,
        body: bytes = b"",
        hint: str = "",
        retry_after_s: float | None = None,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(reason, hint=hint, retry_after_s=retry_after_s, pace=pace)
        self.status = status
        self.body = body


def refused(host: str, status: int, headers: Mapping[str, str], *, now: datetime, body: bytes = b"") -> Refused:
    """The error for an answer with ``status``; ``headers`` by lower-case name."""
    reason, hint = _words(host, status)
    wait = retry_after_s(headers, now) if status in (429, 503) else None
    if status == 429 and wait is None:
        wait = 0.0  # it asks us to wait, not for how long: that is then our own back-off
    return Refused(f"{reason} (HTTP {status})", status=status, body=body, hint=hint, retry_after_s=wait)


class Elsewhere(aiohttp.ClientError):
    """The host sends a web socket on to another address."""


def no_redirects() -> aiohttp.TraceConfig:
    """For a session whose requests say so themselves: a web socket's handshake would be sent on with all it carries."""

    async def refuse(*_: object) -> None:
        raise Elsewhere

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(refuse)
    return tracing


def unavailable(url: URL, error: BaseException, timeout_s: float) -> SourceUnavailable:
    """The error for no answer at all, or none that can be read."""
    host = url.host
    match error:
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, PrivateAddress):
            return SourceUnavailable(
                f"{host} is on a private network",
                hint="Sources on private networks need allow_private_addresses = true under [network].",
            )
        case aiohttp.ClientConnectorDNSError():
            return SourceUnavailable(f"there is no host named {host}", hint="Check the spelling of the address.")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return SourceUnavailable(
                f"no secure connection to {host}", hint="Its certificate is not valid, or it speaks no HTTPS here."
            )
        case Elsewhere():
            return SourceUnavailable(f"{host} sends us elsewhere", hint="Give the address that it sends to.")
        case TimeoutError():
            return SourceUnavailable(f"{host} did not answer within {timeout_s:.0f} s", hint=IF_IT_LASTS)
        case aiohttp.ClientConnectorError():
            return SourceUnavailable(f"{host} cannot be reached", hint="Check the address, and that the host is up.")
        case _:
            return SourceUnavailable(f"{host} broke off or sent something that is no HTTP", hint=IF_IT_LASTS)


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
    """Seconds the server wants us to wait: ``Retry-After`` (seconds or a date), else ``X-RateLimit-Reset``,
    which X writes with one hyphen more.

    A moment counts by the server's own clock, where its answer tells that: it may be hours off ours.
    Never below 0 nor above LONGEST_WAIT_S; None where it says nothing we can read.
    """
    now = _moment(headers.get("date", "")) or now
    for name in ("retry-after", "x-ratelimit-reset", "x-rate-limit-reset"):
        if word := headers.get(name, "").strip():
            wait = _seconds(word, now)
            if wait is not None:
                return min(max(wait, 0.0), LONGEST_WAIT_S)
    return None


def _seconds(word: str, now: datetime) -> float | None:
    if word.isascii() and word.isdigit():
        number = float(word)
        return number - now.timestamp() if number > 1e9 else number  # some send the epoch second of the reset
    moment = _moment(word)
    return None if moment is None else (moment - now).total_seconds()


def _moment(word: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(word)
        except (ValueError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
