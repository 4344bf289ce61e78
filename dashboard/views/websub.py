"""Where hubs reach us: they make sure that it was us who asked, and bring what they push.

https://www.w3.org/TR/websub/. A hub proves itself by its signature alone: it has no session, and needs no token
against forged forms. What it brings is kept for the collector, and answered before anybody reads it.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic

from aiohttp import web

from dashboard import keys
from dashboard.middleware import MAX_PUSH_BYTES
from storage import inbox, subscriptions

PATIENCE_S = 30.0  # for a body to arrive
_DIGESTS = {name: getattr(hashlib, name) for name in ("sha1", "sha256", "sha384", "sha512")}
_QUIET = {"Cache-Control": "no-store"}
_LATER = {"Cache-Control": "no-store", "Retry-After": "60"}


async def verify(request: web.Request) -> web.Response:
    """GET /websub/{key}: a hub asks whether it was us, or says that it will not."""
    key, asked, at = request.match_info["key"], request.query, datetime.now(UTC)
    mode, topic = asked.get("hub.mode", ""), asked.get("hub.topic", "")
    store = request.app[keys.STORE]
    if mode == "denied":
        known = await store.write(subscriptions.deny, key, topic=topic, at=at)
        return web.Response(status=200 if known else 404, headers=_QUIET)
    if mode not in ("subscribe", "unsubscribe") or "hub.challenge" not in asked:
        return web.Response(status=404, headers=_QUIET)
    agreed = await store.write(
        subscriptions.confirm,
        key,
        subscribe=mode == "subscribe",
        topic=topic,
        lease=_lease(asked),
        at=at,
    )
    if not agreed:
        return web.Response(status=404, headers=_QUIET)
    return web.Response(text=asked["hub.challenge"], content_type="text/plain", headers=_QUIET)


async def receive(request: web.Request) -> web.Response:
    """POST /websub/{key}: a hub brings something. 202 says no more than that it arrived."""
    key, store = request.match_info["key"], request.app[keys.STORE]
    known = await store.read(subscriptions.by_key, key)
    if known is None or known.state in ("leaving", "left"):
        return web.Response(status=410, headers=_QUIET)  # which ends the subscription at the hub
    turnstile = request.app[keys.TURNSTILE]
    if not turnstile.enter(key, monotonic()):
        return web.Response(status=429, headers=_LATER)
    try:
        async with asyncio.timeout(PATIENCE_S):
            body = await _whole(request)
        if not is_signed(body, request.headers.get("X-Hub-Signature", ""), known.secret) or not body:
            return web.Response(status=202, headers=_QUIET)  # as the standard wants it: who forges learns nothing
        kept = await store.write(
            inbox.put,
            known.source_id,
            content_type=request.headers.get("Content-Type", ""),
            body=body,
            at=datetime.now(UTC),
        )
    except TimeoutError:
        return web.Response(status=408, headers=_QUIET)
    finally:
        turnstile.leave(key)
    return web.Response(status=202, headers=_QUIET) if kept else web.Response(status=429, headers=_LATER)


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether ``X-Hub-Signature`` is that of ``body`` under ``secret``."""
    method, _, told = signature.strip().partition("=")
    digest = _DIGESTS.get(method.lower())
    if digest is None:
        return False
    made = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(made.encode(), told.strip().lower().encode("utf-8", "surrogateescape"))


async def _whole(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_PUSH_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_PUSH_BYTES, len(body))
    return bytes(body)


def _lease(asked: Mapping[str, str]) -> timedelta | None:
    """What the hub grants; None where it does not say."""
    word = asked.get("hub.lease_seconds", "").strip()
    seconds = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
    return timedelta(seconds=seconds) if seconds else None
