"""A session with an app password, made once, renewed when it ends: com.atproto.server (read 2026-11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from collector import bluesky_appview as xrpc
from collector import bluesky_source as of
from collector.http import Http, Response
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Source

_ANSWERS = (200, 307, 308)  # not followed: a password goes nowhere but where the operator sends it
_ENDED = {"ExpiredToken", "InvalidToken"}
_MAKE_ONE = "Make one in the Bluesky app: Settings, Privacy and security, App passwords."


@dataclass(frozen=True, slots=True)
class _Tokens:
    access: str
    refresh: str


_kept: WeakKeyDictionary[Http, dict[str, _Tokens]] = WeakKeyDictionary()


def service(source: Source) -> str:
    return str(source["service"] or of.SERVICE).rstrip("/")


async def ask(http: Http, source: Source, method: str, params: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """The answer of a query asked as the source's account. Raises SourceUnavailable."""
    base = service(source)
    tokens = await signed_in(http, source)
    try:
        return await xrpc.ask(http, base, method, params, token=tokens.access)
    except Refused as error:
        if error.status != 401 and xrpc.error_of(error) not in _ENDED:
            raise
    tokens = await _renewed(http, source, tokens)
    return await xrpc.ask(http, base, method, params, token=tokens.access)


async def signed_in(http: Http, source: Source) -> _Tokens:
    """The tokens of the session, made where there is none yet. Raises SourceUnavailable."""
    kept = _kept.setdefault(http, {})
    place = _place(source)
    if place not in kept:
        kept[place] = await _made(http, source)
    return kept[place]


async def _made(http: Http, source: Source) -> _Tokens:
    base = service(source)
    if not source["identifier"] or not source["app_password"]:
        missing = "identifier" if source["app_password"] else "app_password"
        raise SourceUnavailable(f"searching Bluesky needs {missing} as well", hint=f"Set {missing} of this source.")
    told = {"identifier": source["identifier"].removeprefix("@"), "password": source["app_password"].reveal()}
    try:
        method = f"{base}/xrpc/com.atproto.server.createSession"
        return _read(await http.post(method, json=told, accept=_ANSWERS), base)
    except Refused as error:
        raise _in_words(error, base) from error


async def _renewed(http: Http, source: Source, old: _Tokens) -> _Tokens:
    """By the longer-lived token, or with the password where that has ended too."""
    base, kept, place = service(source), _kept.setdefault(http, {}), _place(source)
    if kept.get(place) == old:
        del kept[place]
        try:
            headers = {"Authorization": f"Bearer {old.refresh}"}
            method = f"{base}/xrpc/com.atproto.server.refreshSession"
            kept[place] = _read(await http.post(method, form=(), headers=headers, accept=_ANSWERS), base)
        except Refused as error:
            if error.status >= 500 or error.status == 429:
                raise
    return await signed_in(http, source)


def _read(answer: Response, base: str) -> _Tokens:
    if answer.status != 200:
        raise SourceUnavailable(
            f"{urlsplit(base).hostname} sends us elsewhere", hint="Set service to where it sends us."
        )
    told = xrpc.answer_of(answer, base)
    access, refresh = told.get("accessJwt"), told.get("refreshJwt")
    if not isinstance(access, str) or not isinstance(refresh, str):
        raise SourceUnavailable(f"{urlsplit(base).hostname} opens no session", hint="Is service a Bluesky server?")
    return _Tokens(access, refresh)


def _in_words(error: Refused, base: str) -> SourceUnavailable:
    host = urlsplit(base).hostname
    match xrpc.error_of(error):
        case "AuthFactorTokenRequired":
            return SourceUnavailable(f"{host} asks for a second factor", hint=f"Use an app password. {_MAKE_ONE}")
        case "AccountTakedown" | "AccountDeactivated" | "AccountSuspended":
            return SourceUnavailable(f"{host} has closed the account that searches", hint="Use another account.")
        case _ if error.status in (400, 401, 403):
            return SourceUnavailable(f"{host} refuses the identifier or the app password", hint=_MAKE_ONE)
        case _ if error.status == 404:
            return SourceUnavailable(f"{host} is no Bluesky server", hint="Check service; most have bsky.social.")
        case _:
            return error


def _place(source: Source) -> str:
    password = source["app_password"]
    return f"{service(source)} {source['identifier']} {password.fingerprint if password else ''}"
