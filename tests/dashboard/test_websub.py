"""Where hubs reach us."""

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.turnstile import A_MINUTE, AT_ONCE, Turnstile
from dashboard.views.websub import is_signed
from storage import inbox, subscriptions

TOPIC = "https://meadow.example/news?a=1&b=2"
FEED = b"<rss/>"


class Agreed:
    """A subscription that was asked for, and its callback."""

    def __init__(self, server, session, store, kept):
        self.server, self.session, self.store = server, session, store
        self.key, self.secret, self.source_id = kept.key, kept.secret, kept.source_id
        self.url = server / f"websub/{self.key}"

    async def ask(self, url=None, **words):
        query = {name.replace("hub_", "hub."): word for name, word in words.items()}
        async with self.session.get(url or self.url, params=query) as answer:
            return answer.status, await answer.text()

    async def verify(self, url=None, *, mode="subscribe", topic=TOPIC, lease="60"):
        return await self.ask(url, hub_mode=mode, hub_topic=topic, hub_challenge="prove<it>", hub_lease_seconds=lease)

    async def push(self, body=FEED, *, url=None, signature=None, **headers):
        signed = "sha256=" + hmac.new(self.secret.encode(), body, "sha256").hexdigest()
        told = {"X-Hub-Signature": signed if signature is None else signature, **headers}
        async with self.session.post(url or self.url, data=body, headers=told) as answer:
            return answer.status

    async def waiting(self):
        found = []
        while parcel := await self.store.read(inbox.oldest, self.source_id):
            found.append(parcel.body)
            await self.store.write(inbox.take, [parcel.id])
        return found

    async def kept(self):
        return await self.store.read(subscriptions.by_key, self.key)


@pytest.fixture
async def agreed(server, session, store, room):
    at = datetime.now(UTC)
    await store.write(subscriptions.follow, room.source.id, hub="https://hub.example/", topic=TOPIC, at=at)
    kept = await store.read(subscriptions.of_source, room.source.id)
    await store.write(subscriptions.asked, kept.key, leaving=False, at=at)
    return Agreed(server, session, store, kept)


async def test_a_hub_that_asks_after_what_we_asked_hears_its_challenge(agreed):
    assert await agreed.verify(lease="7200") == (200, "prove<it>")
    kept = await agreed.kept()
    assert kept.state == "standing"
    assert timedelta(hours=1.9) < kept.lease_until - datetime.now(UTC) <= timedelta(hours=2)


async def test_the_challenge_is_plain_text_whatever_it_says(agreed, session):
    query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "<script>"}
    async with session.get(agreed.url, params=query) as answer:
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert await answer.read() == b"<script>"


@pytest.mark.parametrize("lease", ["", "soon", "-1", "0", "9" * 30, "٣"])
async def test_a_lease_that_says_nothing_is_a_day(agreed, lease):
    assert (await agreed.verify(lease=lease))[0] == 200
    assert (await agreed.kept()).lease_until - datetime.now(UTC) <= timedelta(days=1)


async def test_what_we_did_not_ask_for_is_not_confirmed(agreed, server):
    assert (await agreed.verify(topic="https://meadow.example/other"))[0] == 404
    assert (await agreed.verify(mode="unsubscribe"))[0] == 404
    assert (await agreed.verify(mode="publish"))[0] == 404
    assert (await agreed.ask(hub_mode="subscribe", hub_topic=TOPIC))[0] == 404
    assert (await agreed.ask())[0] == 404
    assert (await agreed.verify(server / "websub/another-key"))[0] == 404
    assert (await agreed.kept()).state == "asked"


async def test_a_denial_is_heard(agreed):
    assert (await agreed.ask(hub_mode="denied", hub_topic="https://meadow.example/other"))[0] == 404
    assert (await agreed.ask(hub_mode="denied", hub_topic=TOPIC, hub_reason="no"))[0] == 200
    assert (await agreed.kept()).state == "denied"


async def test_a_very_long_topic_finds_its_way(agreed, store, room):
    topic = "https://meadow.example/" + "n" * 1_900
    await store.write(
        subscriptions.follow, room.source.id, hub="https://hub.example/", topic=topic, at=datetime.now(UTC)
    )
    kept = await store.read(subscriptions.of_source, room.source.id)
    await store.write(subscriptions.asked, kept.key, leaving=False, at=datetime.now(UTC))
    url = agreed.server / f"websub/{kept.key}"
    assert await agreed.ask(url, hub_mode="subscribe", hub_topic=topic, hub_challenge="c" * 500) == (200, "c" * 500)


async def test_what_a_hub_brings_is_kept_and_the_hub_sent_home(agreed):
    assert await agreed.push(FEED, **{"Content-Type": "application/rss+xml; charset=utf-8"}) == 202
    parcel = await agreed.store.read(inbox.oldest, agreed.source_id)
    assert (parcel.content_type, parcel.body) == ("application/rss+xml; charset=utf-8", FEED)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "session=1"},
        {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Host": "live.example"},
    ],
)
async def test_a_hub_needs_nothing_but_its_signature(agreed, headers):
    assert await agreed.push(FEED, **headers) == 202
    assert await agreed.waiting() == [FEED]


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
async def test_every_method_of_signing_is_understood(agreed, method):
    signed = hmac.new(agreed.secret.encode(), FEED, method.lower()).hexdigest()
    assert await agreed.push(FEED, signature=f"{method}={signed}") == 202
    assert await agreed.waiting() == [FEED]


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256", "md5=00", "sha256=" + "0" * 64, "=", "sha256=ü"])
async def test_what_is_signed_wrongly_is_thanked_for_and_dropped(agreed, signature):
    assert await agreed.push(FEED, signature=signature.encode().decode("latin-1")) == 202
    assert await agreed.waiting() == []
    assert (await agreed.kept()).heard_at is None


def test_a_signature_is_of_this_body_and_this_secret():
    signed = "sha1=" + hmac.new(b"secret", FEED, hashlib.sha1).hexdigest()
    assert is_signed(FEED, signed, "secret")
    assert not is_signed(FEED + b" ", signed, "secret")
    assert not is_signed(FEED, "sha256=\udcff", "secret")  # a byte that is no text
    assert not is_signed(FEED, signed, "another")


async def test_an_unknown_key_ends_the_subscription(agreed, server):
    assert await agreed.push(url=server / "websub/another-key") == 410


async def test_what_was_left_is_gone(agreed):
    await agreed.verify()
    await agreed.store.write(subscriptions.follow, agreed.source_id, hub="", topic="", at=datetime.now(UTC))
    assert await agreed.push() == 410
    await agreed.store.write(subscriptions.asked, agreed.key, leaving=True, at=datetime.now(UTC))
    assert await agreed.push() == 410
    assert await agreed.verify(mode="unsubscribe") == (200, "prove<it>")
    assert await agreed.kept() is None


async def test_the_same_again_is_kept_once(agreed):
    assert [await agreed.push() for _ in range(3)] == [202, 202, 202]
    assert await agreed.waiting() == [FEED]


async def test_eight_megabytes_and_no_more(agreed):
    just = bytes(8 * 1024 * 1024)
    assert await agreed.push(just) == 202
    assert await agreed.push(just + b"1") == 413

    async def without_length():
        for _ in range(9):
            yield bytes(1024 * 1024)

    async with agreed.session.post(agreed.url, data=without_length()) as answer:
        assert answer.status == 413
    assert await agreed.waiting() == [just]


async def test_a_full_inbox_asks_the_hub_to_come_again(agreed, monkeypatch):
    monkeypatch.setattr(inbox, "OF_SOURCE", 1)
    assert [await agreed.push(b"1"), await agreed.push(b"2")] == [202, 429]
    assert await agreed.waiting() == [b"1"]
    assert await agreed.push(b"2") == 202


async def test_a_hub_gone_wild_is_held_at_the_door(agreed):
    statuses = [await agreed.push(b"") for _ in range(A_MINUTE + 1)]
    assert statuses == [202] * A_MINUTE + [429]


async def test_a_body_that_never_comes_holds_up_nobody_else(agreed, monkeypatch):
    monkeypatch.setattr("dashboard.views.websub.PATIENCE_S", 0.2)
    never = asyncio.Event()

    async def half():
        yield b"half"
        await never.wait()

    async def slow():
        async with agreed.session.post(agreed.url, data=half()) as answer:
            return answer.status

    stuck = asyncio.create_task(slow())
    assert await agreed.push() == 202
    assert await stuck == 408


def test_the_turnstile_lets_in_by_key_and_forgets_after_a_minute():
    turnstile = Turnstile()
    assert [turnstile.enter("a", 0.0) for _ in range(AT_ONCE + 1)] == [True] * AT_ONCE + [False]
    assert turnstile.enter("b", 0.0)
    turnstile.leave("a")
    assert turnstile.enter("a", 0.0)
    for key in "aab":
        turnstile.leave(key)
    for _ in range(A_MINUTE - 3):
        assert turnstile.enter("a", 1.0)
        turnstile.leave("a")
    assert not turnstile.enter("a", 1.0)
    assert turnstile.enter("a", 60.5)
