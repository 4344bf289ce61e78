"""The one door out: honest, bounded, and shut towards private networks."""

import asyncio
import gzip
import socket
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from yarl import URL

from collector.addresses import is_public, open_public_socket
from collector.http import MEGABYTE, Http
from collector.refusals import Refused
from tests.fakes.site import site
from tests.fakes.trouble import Fault, Way, trusted
from timeline.errors import SourceUnavailable

WHO = {"contact": "comms@example.org", "version": "0.1", "base_url": "https://live.example.org"}
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AHEAD = NOW + timedelta(hours=3)  # a server whose clock is wrong


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="hello", headers={"X-Seen": request.headers["User-Agent"]})


async def test_it_says_who_it_is(http):
    async with site({"/": _hello}) as url:
        answer = await http.get(url + "/")
    assert answer.headers["x-seen"] == "Backchannel/0.1 (+https://live.example.org; comms@example.org)"
    assert (answer.status, answer.body, answer.url) == (200, b"hello", url + "/")


async def test_it_keeps_no_cookies(http):
    async def asked(request):
        answer = web.Response(text=request.headers.get("Cookie", "none"))
        answer.set_cookie("who", "you")
        return answer

    async with site({"/": asked}) as url:
        await http.get(url)
        assert (await http.get(url)).body == b"none"


async def test_redirects_are_followed_and_the_token_stays_with_its_host(http):
    async def elsewhere(request):
        raise web.HTTPFound(str(request.query["to"]))

    async def token(request):
        return web.Response(text=request.headers.get("Authorization", "none"))

    async with site({"/token": token}) as other, site({"/": elsewhere, "/token": token}) as url:
        secret = {"Authorization": "Bearer s3cret"}
        assert (await http.get(url, params={"to": "/token"}, headers=secret)).body == b"Bearer s3cret"
        assert (await http.get(url, params={"to": other + "/token"}, headers=secret)).body == b"none"


async def test_what_is_posted_arrives_and_follows_only_where_it_is_to_be_posted_again(http):
    async def taken(request):
        return web.Response(text=f"{request.method} {await request.text()} {request.headers.get('Authorization')}")

    def elsewhere(status, to):
        async def answer(_):
            return web.Response(status=status, headers={"Location": to})

        return answer

    async with site({"POST /": taken}) as other:
        there = {"POST /kept": elsewhere(307, other), "POST /seen": elsewhere(303, other), "POST /": taken}
        async with site(there) as url:
            secret = {"Authorization": "Bearer s3cret"}
            whole = await http.post(url, form=[("a b", "ü"), ("a b", "&")], headers=secret)
            assert whole.body == b"POST a+b=%C3%BC&a+b=%26 Bearer s3cret"
            assert (await http.post(url, json={"a": 1})).body == b'POST {"a":1} None'
            assert (await http.post(url + "/kept", json=[], headers=secret)).body == b"POST [] None"
            with pytest.raises(SourceUnavailable, match="sends us elsewhere"):
                await http.post(url + "/seen", json=[])


async def test_posting_reaches_no_private_network(guarded):
    with pytest.raises(SourceUnavailable, match="private network"):
        await guarded.post("http://127.0.0.1:1/", form=[])


async def test_a_host_whose_certificate_is_another_s_is_not_spoken_to():
    async with site({"/": _hello}) as url, Way(URL(url).port) as way:
        async with Http(**WHO, allow_private_addresses=True, trust=trusted()) as door:
            assert (await door.get(way.url)).body == b"hello"
            await way.breaks(Fault(name="another's certificate", stranger=True))
            with pytest.raises(SourceUnavailable, match="no secure connection"):
                await door.get(way.url)
        async with Http(**WHO, allow_private_addresses=True) as door:
            await way.mend()
            with pytest.raises(SourceUnavailable, match="no secure connection"):
                await door.get(way.url)


async def test_a_ring_of_redirects_ends(http):
    async def ring(_):
        raise web.HTTPFound("/")

    async with site({"/": ring}) as url:
        with pytest.raises(SourceUnavailable, match="from one address to the next"):
            await http.get(url)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://example.org/", "gopher://x", "http://["])
async def test_only_web_addresses_are_opened_by_redirect_too(http, to):
    async def elsewhere(_):
        return web.Response(status=302, headers={"Location": to})

    async with site({"/": elsewhere}) as url:
        with pytest.raises(SourceUnavailable, match="no address we can open"):
            await http.get(url)
    with pytest.raises(SourceUnavailable, match="no address we can open"):
        await http.get(to)


async def test_passwords_in_addresses_are_refused(http):
    with pytest.raises(SourceUnavailable, match="user name or password") as caught:
        await http.get("http://user:s3cret@127.0.0.1/")
    assert "s3cret" not in f"{caught.value.reason} {caught.value.hint}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_loopback_is_refused_however_it_is_spelt(guarded, host):
    with pytest.raises(SourceUnavailable, match="private network") as caught:
        await guarded.get(f"http://{host}:1/")
    assert "allow_private_addresses" in caught.value.hint


async def test_a_private_address_is_refused_when_a_redirect_leads_there(monkeypatch):
    """A host that the guard lets through sends us on to one it must not."""
    opened: list[tuple[object, ...]] = []
    reached: list[bool] = []

    def all_but_the_first(info):
        opened.append(info)
        return socket.socket(info[0], info[1], info[2]) if len(opened) == 1 else open_public_socket(info)

    async def elsewhere(_):
        raise web.HTTPFound(f"{inner}/secret")

    async def secret(_):
        reached.append(True)
        return web.Response()

    monkeypatch.setattr("collector.http.open_public_socket", all_but_the_first)
    async with site({"/secret": secret}) as inner, site({"/": elsewhere}) as url, Http(**WHO) as door:
        with pytest.raises(SourceUnavailable, match="private network"):
            await door.get(url)
    assert (len(opened), reached) == (2, [])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


async def test_a_body_at_one_byte_at_a_time_ends_at_the_deadline(http):
    async def drip(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x")
            await asyncio.sleep(0.02)

    async with site({"/": drip}) as url:
        with pytest.raises(SourceUnavailable, match="did not answer within"):
            await http.get(url, timeout_s=0.5)


async def test_a_host_that_accepts_and_says_nothing_ends_at_the_idle_deadline(http):
    async def silent(_):
        await asyncio.Event().wait()

    async with site({"/": silent}) as url:
        with pytest.raises(SourceUnavailable, match="did not answer"):
            await http.get(url, timeout_s=30)


async def test_an_endless_body_is_cut_at_the_cap(http):
    async def endless(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    async with site({"/": endless}) as url:
        with pytest.raises(SourceUnavailable, match="more than 1 MB"):
            await http.get(url, limit_bytes=MEGABYTE)


async def test_a_gzip_bomb_is_cut_at_the_cap_of_what_it_unpacks_to(http):
    bomb = gzip.compress(bytes(50 * MEGABYTE))

    async def packed(_):
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with site({"/": packed}) as url:
        with pytest.raises(SourceUnavailable, match="more than 1 MB"):
            await http.get(url, limit_bytes=MEGABYTE)


async def test_a_body_that_is_not_the_gzip_it_claims_is_told(http):
    async def broken(_):
        return web.Response(body=b"not gzip at all", headers={"Content-Encoding": "gzip"})

    async with site({"/": broken}) as url:
        with pytest.raises(SourceUnavailable, match="broke off"):
            await http.get(url)


async def test_what_is_not_http_is_told(http):
    async def talk(_, writer):
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SourceUnavailable, match="no HTTP"):
            await http.get(f"http://127.0.0.1:{port}/")


async def test_nobody_listening_is_told(http):
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        await http.get("http://127.0.0.1:1/")


async def test_a_status_we_did_not_ask_for_is_an_error_with_its_body(http):
    async def gone(_):
        return web.Response(status=404, text="no such tag")

    async with site({"/": gone}) as url:
        with pytest.raises(Refused, match=r"nothing at this address \(HTTP 404\)") as caught:
            await http.get(url)
        assert (caught.value.status, caught.value.body) == (404, b"no such tag")
        assert (await http.get(url, accept=(200, 404))).status == 404


async def test_a_request_to_slow_down_carries_its_wait(http):
    async def busy(_):
        return web.Response(status=429, headers={"Retry-After": "17"})

    async with site({"/": busy}) as url:
        with pytest.raises(SourceUnavailable, match="slow down") as caught:
            await http.get(url)
    assert caught.value.retry_after_s == 17


async def test_a_request_to_slow_down_that_names_no_time_leaves_it_to_us(http):
    async def busy(_):
        return web.Response(status=429)

    async with site({"/": busy}) as url:
        with pytest.raises(SourceUnavailable, match="slow down") as caught:
            await http.get(url)
    assert caught.value.retry_after_s == 0
