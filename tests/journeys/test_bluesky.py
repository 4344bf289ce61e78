"""Bluesky by either wire, from its hosts to a reader."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.journeys.test_from_network_to_reader import configure
from tests.reader import Reader
from tests.service import Service

ADA, BOB = "did:plc:ada", "did:plc:bob"


def source(wire, appview, *hosts, more=""):
    names = ", ".join(f'"{host.url}"' for host in hosts)
    return f'kind = "bluesky"\nwire = "{wire}"\njetstream = [{names}]\nappview = "{appview.url}"\n{more}'


def texts(reader):
    return [post["text"] for post in reader.posts]


@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_what_happens_to_a_post_and_its_author_reaches_a_reader(tmp_path, wire):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example", "Ada")
        appview.know(BOB, "bob.example", "Bob")
        configure(tmp_path, source(wire, appview, host))
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until_connected()
            await host.until_connected()
            first = host.post("Doors are open #pyconf", did=ADA)
            await reader.until(lambda reader: "Doors are open #pyconf" in texts(reader))
            host.edit(first, "Doors are wide open #pyconf")
            await reader.until(lambda reader: texts(reader)[-1:] == ["Doors are wide open #pyconf"])
            id_of_first = reader.posts[-1]["id"]
            host.post("By Bob #pyconf", did=BOB)
            await reader.until(lambda reader: texts(reader)[-1] == "By Bob #pyconf")
            id_of_second = reader.posts[-1]["id"]
            host.account(BOB, "deactivated")
            await reader.until(lambda reader: reader.removed == [id_of_second])
            said = len(reader.posts)
            host.account(BOB, None)
            await reader.until(lambda reader: [post["id"] for post in reader.posts[said:]] == [id_of_second])
            host.delete(first)
            await reader.until(lambda reader: reader.removed == [id_of_second, id_of_first])


@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_a_host_that_stalls_gives_way_and_a_reader_gets_everything_once(tmp_path, wire):
    async with FakeJetstream() as first, FakeJetstream(first=9_000) as second, FakeAppView(silent=True) as appview:
        configure(tmp_path, source(wire, appview, first, second))
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until_connected()
            await first.until_connected()
            for host in (first, second):
                host.post("one #pyconf", rkey="1")
            await reader.until(lambda reader: len(reader.posts) == 1)
            second.post("two, that the first never saw #pyconf", rkey="2")
            first.post("noise of a minute ago", tags=(), at=datetime.now(UTC) - timedelta(minutes=1))
            await reader.until(lambda reader: len(reader.posts) == 2)
            second.post("three #pyconf", rkey="3")
            await reader.until(lambda reader: len(reader.posts) == 3)
    assert texts(reader) == ["one #pyconf", "two, that the first never saw #pyconf", "three #pyconf"]
    assert reader.numbers == sorted(set(reader.numbers))


async def test_a_new_event_has_what_an_account_said_before_and_what_a_search_finds(tmp_path):
    long_ago = datetime.now(UTC) - timedelta(days=3)
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example", "Ada")
        appview.know(BOB, "bob.example", "Bob")
        appview.show(host.post("By the account we follow", tags=(), did=ADA, at=long_ago))
        appview.show(host.post("Found by search #pyconf", did=BOB, at=long_ago))
        account = f'identifier = "us.example"\napp_password = "abcd-efgh"\nservice = "{appview.url}"\n'
        more = f'accounts = ["@ada.example"]\n{account}'
        configure(tmp_path, source("v2", appview, host, more=more))
        async with Service(tmp_path) as service, Reader(service.url, "pyconf", after=0) as reader:
            await reader.until(lambda reader: len({post["uri"] for post in reader.posts}) == 2)
            host.post("And live", tags=(), did=ADA)
            await reader.until(lambda reader: "And live" in texts(reader))
    assert set(texts(reader)) == {"By the account we follow", "Found by search #pyconf", "And live"}
    assert {post["late"] for post in reader.posts} == {False}
