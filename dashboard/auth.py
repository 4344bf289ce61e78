"""Who is staff: whoever has the desk's token, as programs in a header and as people in a session that it opens.

Members of staff with names of their own come with the desk; until then there is one token, which
``serve`` prints (docs/decisions/0011-desk-token.md).
"""

import functools
import hashlib
import hmac
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import quote

from aiohttp import web

from dashboard.filters import counted
from dashboard.keys import DESK, SITE
from dashboard.problems import problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE = "desk"
SESSION_S = 24 * 3600
SECRET_LENGTH = 16
SIGN_IN = "/desk/sign-in"
REALM = 'Bearer realm="desk"'


@dataclass(slots=True)
class _Mistakes:
    count: int = 0
    until: float = 0.0  # nothing more is tried before


class Attempts:
    """How often somebody gave a wrong token, by where they come from.

    After ``FREE`` mistakes each costs a wait, twice as long as the last and ``MOST_S`` at most: a
    guesser gets a thousand tries a day, and who shares an address with one can soon try again.
    """

    FREE = 5
    MOST_S = 60.0
    FORGOTTEN_S = 900.0
    REMEMBERED = 1_000

    def __init__(self) -> None:
        self._by_origin: dict[str, _Mistakes] = {}

    def wait_s(self, origin: str, now: float) -> float:
        """How long this origin must still wait; 0 where it may try."""
        known = self._by_origin.get(network_of(origin))
        return max(0.0, known.until - now) if known else 0.0

    def wrong(self, origin: str, now: float) -> None:
        """Somebody there gave a wrong token."""
        name = network_of(origin)
        known = self._by_origin.pop(name, None)
        if known is None or now - known.until > self.FORGOTTEN_S:
            known = _Mistakes()
        known.count += 1
        over = known.count - self.FREE
        known.until = now + (min(self.MOST_S, 2.0**over) if over >= 0 else 0.0)
        self._by_origin[name] = known
        if len(self._by_origin) > self.REMEMBERED:
            del self._by_origin[next(iter(self._by_origin))]

    def right(self, origin: str) -> None:
        """Somebody there has the token: earlier mistakes were slips."""
        self._by_origin.pop(network_of(origin), None)


class TooManyTries(Exception):
    """Wrong tokens came from here; ``wait_s`` until the next may be tried."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = math.ceil(wait_s)


class Desk:
    """The desk's token, and the sessions it opens. Nothing is kept: a session lasts as long as the token does."""

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        self._token = token.encode()
        self._clock = clock
        self._by_form = Attempts()
        self._by_header = Attempts()

    def open_session(self, origin: str, word: str) -> str | None:
        """A cookie for who gave the token; None where it is wrong. Raises TooManyTries."""
        if not self._admits(self._by_form, origin, word):
            return None
        until = str(int(self._clock()) + SESSION_S)
        return f"{until}.{self._signature(until)}"

    def in_session(self, cookie: str) -> bool:
        """Whether a cookie is one of ours and still good."""
        until, _, signature = cookie.partition(".")
        ours = hmac.compare_digest(_bytes(signature), self._signature(until).encode())
        return ours and until.isascii() and until.isdecimal() and int(until) > self._clock()

    def admits(self, origin: str, word: str) -> bool:
        """Whether ``word`` is the token. Raises TooManyTries."""
        return self._admits(self._by_header, origin, word)

    def _admits(self, attempts: Attempts, origin: str, word: str) -> bool:
        now = self._clock()
        if wait_s := attempts.wait_s(origin, now):
            raise TooManyTries(wait_s)
        if hmac.compare_digest(hashlib.sha256(_bytes(word.strip())).digest(), hashlib.sha256(self._token).digest()):
            attempts.right(origin)
            return True
        attempts.wrong(origin, now)
        return False

    def _signature(self, until: str) -> str:
        return hmac.new(self._token, _bytes(f"session {until}"), hashlib.sha256).hexdigest()


def desk_token(secret: str) -> str | None:
    """The token that follows from ``[site].secret``: the same at every start and in every process.

    None where the secret is so short that who guesses it would have the token.
    """
    if len(secret) < SECRET_LENGTH:
        return None
    return hmac.new(secret.encode(), b"backchannel desk token", hashlib.sha256).hexdigest()[:40]


def for_programs(handler: Handler) -> Handler:
    """A call of the API that takes ``Authorization: Bearer TOKEN``; 401 otherwise."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        scheme, _, word = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not word.strip():
            detail = "This is for staff: send the desk's token as `Authorization: Bearer TOKEN`."
            return problem(401, detail, headers={"WWW-Authenticate": REALM, "Cache-Control": "no-store"})
        try:
            admitted = request.app[DESK].admits(request.remote or "", word)
        except TooManyTries as error:
            headers = {"Retry-After": str(error.wait_s), "Cache-Control": "no-store"}
            return problem(
                429, f"Too many wrong tokens came from here. Wait {counted(error.wait_s, 'second')}.", headers=headers
            )
        if not admitted:
            headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"', "Cache-Control": "no-store"}
            return problem(401, "This token is not the desk's.", headers=headers)
        return _unkept(await handler(request))

    return guarded


def for_people(handler: Handler) -> Handler:
    """A page of the desk: who has not signed in is led there, and back."""

    @functools.wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        if request.app[DESK].in_session(request.cookies.get(COOKIE, "")):
            return _unkept(await handler(request))
        if "fragment" in request.query:
            return problem(401, "The session has ended: load the page again.", headers={"Cache-Control": "no-store"})
        raise web.HTTPSeeOther(f"{SIGN_IN}?to={quote(request.path, safe='/')}")

    return guarded


def begin(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    """Give the browser its session: no script sees it, no other site can use it."""
    secure = request.secure or request.app[SITE].base_url.startswith("https:")
    response.set_cookie(
        COOKIE, cookie, path="/desk", max_age=SESSION_S, httponly=True, secure=secure, samesite="Strict"
    )


def end(response: web.StreamResponse) -> None:
    """Take the session from the browser."""
    response.del_cookie(COOKIE, path="/desk")


def _unkept(response: web.StreamResponse) -> web.StreamResponse:
    """Staff's answers are kept nowhere on the way, nor in the browser."""
    if not response.prepared:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _bytes(word: str) -> bytes:
    """As it was sent: headers may hold any bytes."""
    return word.encode("utf-8", "surrogateescape")


def network_of(origin: str) -> str:
    """Where a guesser comes from: of IPv6 everybody has a whole range."""
    try:
        address = ip_address(origin)
    except ValueError:
        return origin
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return origin
