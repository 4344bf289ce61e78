import json
import time

import aiohttp

from tests.fakes.feedserver import FeedServer, item, rss
from tests.reader import Reader
from tests.service import LASTING, Service, get, run

EMPTY = f'[[event]]\nslug = "a"\ntitle = "Autumn"\n{LASTING}'
DAYS = ("--starts", "2026-11-21", "--ends", "2099-12-31")


async def test_the_addresses_to_open_are_told(tmp_path):
    (tmp_path / "backchannel.toml").write_text(EMPTY)

    async with Service(tmp_path) as service:
        pages = [await get(f"{service.url}{path}") for path in ("/", "/e/a", "/healthz", "/readyz")]
        figures = await get(f"{service.url}/metrics")
        await service.stop()

    assert service.lines[:2] == [
        f"Backchannel {(await run(tmp_path, '--version')).out.strip()} is at {service.url}/",
        f"  Autumn: {service.url}/e/a",
    ]
    assert pages[2:] == ["ok\n", "ok\n"]
    assert {"backchannel_stream_readers", "backchannel_source_ok", "process_open_fds"} <= set(figures.split())


async def test_the_desks_token_is_told_at_the_start_and_opens_it(tmp_path):
    tokens = []
    for secret in ("", "", 'secret = "one for all starts"', 'secret = "one for all starts"'):
        (tmp_path / "backchannel.toml").write_text(f"[site]\n{secret}\n{EMPTY}")
        async with Service(tmp_path) as service, aiohttp.ClientSession() as session:
            await get(f"{service.url}/readyz")
            told = next(line for line in service.lines if line.startswith("Desk token: "))
            tokens.append(told.removeprefix("Desk token: "))
            headers = {"Authorization": f"Bearer {tokens[-1]}"}
            async with session.get(f"{service.url}/api/v1/events/a/sources", headers=headers) as answer:
                assert (answer.status, await answer.json()) == (200, {"sources": []})
            assert f"  For staff: {service.url}/desk" in service.lines
            assert sum(tokens[-1] in line for line in service.lines) == 1

    assert len(set(tokens)) == 3
    assert tokens[2] == tokens[3]


async def test_asked_to_stop_it_ends_streams_and_goes_with_status_0(tmp_path):
    (tmp_path / "backchannel.toml").write_text(EMPTY)

    async with Service(tmp_path) as service, Reader(service.url, "a") as reader:
        await reader.until_connected()
        began = time.monotonic()
        status = await service.stop()

    assert status == 0
    assert time.monotonic() - began < 10
    assert not [line for line in service.lines if "Traceback" in line]


async def test_a_second_service_on_the_same_database_says_why_it_cannot(tmp_path):
    (tmp_path / "backchannel.toml").write_text(EMPTY)

    async with Service(tmp_path) as service:
        second = await run(tmp_path, "serve", "--port", "0")
        first_goes_on = await get(f"{service.url}/readyz")

    assert (second.status, second.out) == (1, "")
    assert second.err.splitlines() == [
        f"process {service.pid} is already serving {tmp_path}/backchannel.db: "
        "stop it first, or give this one a database of its own"
    ]
    assert first_goes_on == "ok\n"


async def test_an_event_added_by_command_is_picked_up_while_running(tmp_path, capsys):
    (tmp_path / "backchannel.toml").write_text("[network]\nallow_private_addresses = true")
    async with FeedServer() as server, Service(tmp_path) as service:
        server.serve("/news", rss(item(1)))
        added = await run(tmp_path, "event", "add", "late", "--title", "Late", *DAYS, "--feed", server.url("/news"))
        began = time.monotonic()
        async with Reader(service.url, "late") as reader:
            await reader.until(lambda reader: len(reader.posts) == 1)
        took = time.monotonic() - began

    with capsys.disabled():
        print(f"\nthe first post of an event added while running came after {took:.1f} s")
    assert added.status == 0


async def test_the_file_brings_events_up_to_date_at_every_start(tmp_path):
    (tmp_path / "backchannel.toml").write_text(EMPTY)
    async with Service(tmp_path) as service:
        before = json.loads(await get(f"{service.url}/api/v1/events/a"))
    (tmp_path / "backchannel.toml").write_text(EMPTY.replace("Autumn", "Winter"))
    async with Service(tmp_path) as service:
        after = json.loads(await get(f"{service.url}/api/v1/events/a"))

    assert (before["title"], after["title"]) == ("Autumn", "Winter")
    assert before["starts"] == after["starts"]


async def test_json_logs_are_json_and_hold_no_words_of_posts(tmp_path):
    async with FeedServer() as server:
        server.serve("/news", rss(item(1, words="Secretive heron")))
        (tmp_path / "backchannel.toml").write_text(
            f'[network]\nallow_private_addresses = true\n[log]\nformat = "json"\n{EMPTY}'
            f'[[event.source]]\nkind = "feed"\nurl = "{server.url("/news")}"\n'
            f'[[event.source]]\nkind = "feed"\nurl = "{server.url("/missing")}"\n'
        )
        async with Service(tmp_path) as service:
            async with Reader(service.url, "a") as reader:
                await reader.until(lambda reader: len(reader.posts) == 1)
            await service.stop()

    logged = [json.loads(line) for line in service.lines if line.startswith("{")]
    assert {"event", "level", "timestamp"} <= logged[-1].keys()
    assert "heron" not in "".join(service.lines)
