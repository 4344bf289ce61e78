"""What X's refusals mean, and how long it wants us away after each kind of trouble.

https://docs.x.com/x-api/fundamentals/handling-disconnections and response-codes-and-errors (read 2026-11).
"""

from typing import Any

import msgspec

from collector.refusals import Refused
from timeline.errors import Pace, SourceUnavailable

NETWORK = Pace(first_s=0.25, most_s=16.0, doubling=False)
HTTP = Pace(first_s=5.0, most_s=320.0)
TOO_MANY = Pace(first_s=60.0, most_s=960.0)  # X names no end; its windows are of fifteen minutes
NOT_ALLOWED = Pace(first_s=60.0, most_s=960.0)  # nothing but the operator mends it
_CONSOLE = "in X's developer console (console.x.com)"


def paced(error: SourceUnavailable) -> SourceUnavailable:
    """``error`` with the pace that X asks for after trouble of its kind."""
    if error.pace is not None:
        return error
    if isinstance(error, Refused):
        return explained(error)
    return SourceUnavailable(error.reason, hint=error.hint, retry_after_s=error.retry_after_s, pace=NETWORK)


def explained(error: Refused) -> Refused:
    """X's refusal in its own terms: reason, next step, and the pace of asking again."""
    about = _problem(error.body)
    title, detail = str(about.get("title") or ""), str(about.get("detail") or "")[:300]
    reason, hint, pace = error.reason, error.hint, HTTP
    match error.status:
        case 401:
            reason = "X does not take the bearer token (HTTP 401)"
            hint, pace = f"Make a new one {_CONSOLE} and put it where the configuration says.", NOT_ALLOWED
        case 402:
            reason, hint, pace = "the X account has no credits left (HTTP 402)", f"Buy some {_CONSOLE}.", NOT_ALLOWED
        case 403:
            reason = f"X does not allow this app to do that (HTTP 403){f': {detail}' if detail else ''}"
            hint, pace = f"Look at the app's plan and access {_CONSOLE}.", NOT_ALLOWED
        case 400:
            reason = f"X does not understand what we ask (HTTP 400){f': {_first_fault(about) or detail}'}"
            hint, pace = "Look at the hashtags and accounts of this source.", NOT_ALLOWED
        case 429 if about.get("connection_issue") == "TooManyConnections":
            reason = "another program holds the one connection that X allows this token (HTTP 429)"
            hint, pace = "Stop the other program, or give each a token of its own.", TOO_MANY
        case 429 if "UsageCap" in title:
            reason = "the X account has read as many posts as its plan allows (HTTP 429)"
            hint, pace = f"Look at usage and spending limit {_CONSOLE}.", NOT_ALLOWED
        case 429:
            reason, pace = "X asks us to slow down (HTTP 429)", TOO_MANY
    wait_s = error.retry_after_s
    if wait_s is None and error.status == 429 and pace is TOO_MANY:
        wait_s = TOO_MANY.first_s  # X always means to be waited for, whether it says how long or not
    return Refused(reason, status=error.status, body=error.body, hint=hint, retry_after_s=wait_s, pace=pace)


def _problem(body: bytes) -> dict[str, Any]:
    """The problem document that X explains itself with, where it is one."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _first_fault(about: dict[str, Any]) -> str:
    faults = about.get("errors")
    first = faults[0] if isinstance(faults, list) and faults else None
    return str(first.get("message") or first.get("detail") or "")[:300] if isinstance(first, dict) else ""
