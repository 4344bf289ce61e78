"""Requests that no page of ours sends: each gets an answer, and none is a mistake of ours."""

import base64

from tests.dashboard.newsroom import NOON
from timeline.item import Place

A_PLACE = Place(published_at=NOON, id=1).encode()
NO_PLACE = base64.urlsafe_b64encode(b"9" * 40).decode()
ODD = (
    ("POST", "language", {"Referer": "http://["}),
    ("POST", "language", {"Origin": "http://["}),
    ("POST", "e/conf/wall/report", {"Origin": "http://[", "Content-Type": "application/json"}),
    ("GET", "e/conf", {"Cookie": f"seen={A_PLACE}.{'9' * 5_000}"}),
    ("GET", "e/conf", {"Cookie": "seen=.1; theme=é; lang=xx; dismissed=" + "9" * 4_000}),
    ("GET", "e/conf", {"Accept-Language": "*;q=nan,en;q=1e999,de;q=,,;;=x"}),
    ("GET", "e/conf", {"Accept-Language": "de;q=" + "9" * 5_000}),
    ("GET", "e/conf", {"If-None-Match": '"'}),
    ("GET", f"e/conf?before={NO_PLACE}", {}),
    ("GET", "e/conf/timeline.atom", {"If-Modified-Since": "Mon, 99 Foo 99999 99:99:99 GMT"}),
    ("GET", "e/conf/timeline.atom", {"If-Modified-Since": "Mon, 01 Jan 2026 00:00:00"}),
    ("GET", "oembed?url=http://[&maxwidth=x", {}),
    ("GET", "oembed?url=http://live.example:99999/e/conf", {}),
    ("GET", "oembed?url=http%3A%2F%2Flive.example%2Fp%2F999999999999999999", {}),
    ("GET", "e/conf/embed?post=999999999999999999", {}),
    ("GET", "e/conf/embed?post=x&posts=0&accent=9999", {}),
    ("GET", "e/conf/search?q=%22%22%22-from:-day:99+day:0000-00-00+day:9999-12-31+day:0001-01-01", {}),
    ("GET", "e/conf/search?q=-day:9999-12-31", {}),
    ("GET", "e/conf/search?q=%ED%A0%80%FF", {}),
    ("GET", "e/conf/search?q=%C4%B0%CD%85a", {}),
    ("GET", "api/v1/events/conf/posts?q=day:9999-12-31", {}),
    ("GET", "e/conf/wall?scale=nan&every=99999&name=%1b", {}),
    ("GET", "e/conf/copy?known=999999999999999999", {}),
    ("GET", "media/x?w=320", {}),
    ("GET", "e/%ff/wall", {}),
    ("GET", "e/conf/sponsors/x", {}),
)


async def test_whatever_is_sent_gets_an_answer(server, room, session):
    await room.says("words")
    broken = []
    for method, path, headers in ODD:
        async with session.request(method, server / path, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            if answer.status >= 500:
                broken.append((method, path, headers))

    assert broken == []
