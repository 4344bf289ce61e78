"""Questions to an AppView or a PDS: https://docs.bsky.app/docs/category/http-reference (read 2026-11)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from collector.http import Http, Response
from collector.refusals import Refused
from timeline.errors import SourceUnavailable

ACTORS = 25  # getProfiles takes no more, nor does getPosts


async def ask(
    http: Http, base: str, method: str, params: Sequence[tuple[str, str]], *, token: str | None = None
) -> Mapping[str, Any]:
    """The answer of one query. Raises SourceUnavailable, as Refused where it is an error."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return answer_of(await http.get(f"{base}/xrpc/{method}", params=params, headers=headers), base)


def answer_of(answer: Response, base: str) -> Mapping[str, Any]:
    """What was answered, a JSON object. Raises SourceUnavailable."""
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        host = urlsplit(base).hostname
        raise SourceUnavailable(
            f"{host} sent something that is no answer", hint="Is this the address of a Bluesky server?"
        ) from error


def listed(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects listed under ``name``; what is none is passed over. Raises SourceUnavailable."""
    things = answer.get(name)
    if not isinstance(things, list):
        raise SourceUnavailable(f"an answer of Bluesky's has no {name}", hint="It is asked again by itself.")
    return [thing for thing in things if isinstance(thing, Mapping)]


def error_of(refusal: Refused) -> str:
    """The name that a refusal gives its reason: ExpiredToken, AccountTakedown; '' where it gives none."""
    return _told(refusal, "error")


def message_of(refusal: Refused) -> str:
    return _told(refusal, "message")


def _told(refusal: Refused, name: str) -> str:
    try:
        return str(msgspec.json.decode(refusal.body, type=dict[str, Any]).get(name) or "")
    except msgspec.DecodeError:
        return ""


async def resolve(http: Http, base: str, handle: str) -> str:
    """The DID behind a handle. Raises SourceUnavailable."""
    try:
        answer = await ask(http, base, "com.atproto.identity.resolveHandle", [("handle", handle)])
    except Refused as error:
        if error.status in (400, 404):
            raise SourceUnavailable(
                f"there is no account {handle} on Bluesky", hint="Check the spelling under accounts."
            ) from error
        raise
    did = answer.get("did")
    if not isinstance(did, str) or not did.startswith("did:"):
        raise SourceUnavailable(f"Bluesky does not say who {handle} is", hint="It is asked again by itself.")
    return did
