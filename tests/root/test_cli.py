import json
import re
import socket
import time
from pathlib import Path

import pytest

from backchannel import cli
from tests.service import run


async def test_help_answers_and_costs_little(tmp_path, capsys):
    began = time.perf_counter()
    ran = await run(tmp_path, "--help")
    took = time.perf_counter() - began

    with capsys.disabled():
        print(f"\nbackchannel --help took {took:.2f} s")
    assert ran.status == 0
    assert all(command in ran.out for command in ("serve", "demo", "check", "event", "backup", "restore", "migrate"))
    assert ran.err == ""


@pytest.mark.parametrize(
    "words", ["serve", "demo", "check", "backup", "restore", "migrate", "event", "event add", "event wipe"]
)
async def test_every_command_has_help(tmp_path, words):
    ran = await run(tmp_path, *words.split(), "--help")

    assert (ran.status, ran.err) == (0, "")
    assert "--help" in ran.out


@pytest.mark.parametrize("words", [[], ["event"]])
async def test_help_cuts_no_sentence_short(tmp_path, words):
    assert "..." not in (await run(tmp_path, *words, "--help", COLUMNS="80")).out.partition("Commands:")[2]


async def test_an_event_that_cannot_find_anything_is_not_added(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")

    mastodon = await run(tmp_path, "event", "add", "a", "--title", "A", "--mastodon", "https://mastodon.social")
    bluesky = await run(tmp_path, "event", "add", "a", "--title", "A", "--bluesky")
    listed = await run(tmp_path, "event", "list")

    assert (mastodon.status, mastodon.err) == (
        1,
        "mastodon https://mastodon.social: there is nothing to ask for. "
        "Give the event a hashtag, or the source accounts.\n",
    )
    assert (bluesky.status, bluesky.err) == (
        1,
        "bluesky: there is nothing to ask for. Give the event a hashtag, or the source accounts.\n",
    )
    assert listed.out == ""


async def test_the_days_of_events_are_told_as_one_writes_them(tmp_path):
    (tmp_path / "backchannel.toml").write_text('[site]\ntimezone = "Europe/London"')
    for slug, starts, ends in (("days", "2037-03-11", "2037-03-13"), ("day", "2036-03-11", "2036-03-11"),
                               ("hours", "2035-03-11T09:00", "2035-03-11T17:30")):  # fmt: skip
        await run(tmp_path, "event", "add", slug, "--title", "T", "--starts", starts, "--ends", ends)
    await run(tmp_path, "event", "archive", "day")

    listed = await run(tmp_path, "event", "list")
    shown = await run(tmp_path, "event", "show", "day")

    assert listed.out.splitlines() == [
        "days\tcoming\t2037-03-11 to 2037-03-13\tT",
        "day\tarchived\t2036-03-11\tT",
        "hours\tcoming\t2035-03-11 09:00 to 2035-03-11 17:30\tT",
    ]
    assert shown.out.splitlines()[0] == "T (day), archived"


async def test_the_version_is_alone_on_stdout(tmp_path):
    ran = await run(tmp_path, "--version")

    assert ran.status == 0
    assert len(ran.out.split()) == 1


@pytest.mark.parametrize("words", [["bogus"], ["serve", "--port", "many"], ["event", "add", "a"], ["backup"], []])
async def test_wrong_usage_is_told_with_status_2(tmp_path, words):
    ran = await run(tmp_path, *words)

    assert ran.status == 2


async def test_a_command_without_a_configuration_says_how_to_get_one(tmp_path):
    ran = await run(tmp_path, "event", "list")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        "there is no backchannel.toml: `backchannel serve` writes one to begin with, or name yours with -c\n"
    )


async def test_mistakes_of_the_configuration_are_told_one_to_a_line(tmp_path):
    (tmp_path / "other.toml").write_text('[site]\ntitel = "x"\n[log]\nformat = "xml"')

    ran = await run(tmp_path, "check", "-c", "other.toml")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'other.toml: site.titel: unknown key; did you mean "title"?',
        'other.toml: log.format: cannot be "xml"; write "text" or "json"',
    ]


async def test_a_kind_of_source_we_do_not_know_is_told_with_those_we_do(tmp_path):
    (tmp_path / "backchannel.toml").write_text('[[event]]\nslug = "a"\ntitle = "A"\n[[event.source]]\nkind = "y"')

    ran = await run(tmp_path, "check")

    assert ran.status == 1
    assert ran.err == (
        'backchannel.toml: event[a].source[1].kind: there is no kind "y"; '
        "there are: bluesky, feed, mastodon, replay, x\n"
    )


async def test_a_taken_port_is_told_before_anything_is_written(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ran = await run(tmp_path, "serve", "--port", str(port))

    assert ran.status == 1
    assert ran.err == f"port {port} on 127.0.0.1 is in use: stop what uses it, or give another --port\n"
    assert list(tmp_path.iterdir()) == []


async def test_an_address_of_another_machine_cannot_be_listened_on(tmp_path):
    ran = await run(tmp_path, "serve", "--host", "192.0.2.1", "--port", "0")

    assert ran.status == 1
    assert ran.err.startswith("cannot listen on 192.0.2.1 port 0: ")
    assert "Traceback" not in ran.err


async def test_events_are_added_listed_shown_copied_wiped_and_archived(tmp_path):
    (tmp_path / "backchannel.toml").write_text(
        '[site]\nbase_url = "https://live.example.org"\ntimezone = "Europe/London"'
    )
    added = await run(
        tmp_path,
        *("event", "add", "socitm26", "--title", "Socitm 2026", "--hashtag", "#socitm26", "--hashtag", "gov"),
        *("--feed", "https://example.org/news.rss", "--mastodon", "https://mastodon.social", "--bluesky"),
        *("--starts", "2026-10-11T09:00", "--ends", "2026-10-13"),
    )
    again = await run(tmp_path, "event", "add", "socitm26", "--title", "Another")
    copied = await run(tmp_path, "event", "copy", "socitm26", "socitm27")
    wiped = await run(tmp_path, "event", "wipe", "socitm26", "--yes")
    archived = await run(tmp_path, "event", "archive", "socitm26")
    listed = await run(tmp_path, "event", "list", "--json")
    shown = await run(tmp_path, "event", "show", "socitm27", "--json")
    for_people = await run(tmp_path, "event", "show", "socitm27")
    missing = await run(tmp_path, "event", "show", "nothing")

    assert (added.status, added.out, added.err) == (
        0,
        "",
        "Added socitm26: https://live.example.org/e/socitm26\n",
    )
    assert (again.status, again.err) == (1, "there is an event 'socitm26' already: choose another slug\n")
    assert copied.err == "Made socitm27 after socitm26: https://live.example.org/e/socitm27\n"
    assert wiped.err == "Deleted 0 posts of socitm26.\n"
    assert archived.err == "socitm26 is an archive now: it collects nothing new.\n"
    events = {event["slug"]: event for event in json.loads(listed.out)}
    assert events.keys() == {"socitm26", "socitm27"}
    assert (events["socitm26"]["archived"], events["socitm27"]["archived"]) == (True, False)
    assert events["socitm26"]["starts"] == "2026-10-11T08:00:00Z"
    assert events["socitm26"]["ends"] == "2026-10-13T23:00:00Z"
    assert events["socitm26"]["hashtags"] == ["socitm26", "gov"]
    assert [source["kind"] for source in json.loads(shown.out)["sources"]] == ["feed", "mastodon", "bluesky"]
    assert "Socitm 2026 (socitm27)" in for_people.out
    assert (missing.status, missing.out) == (1, "")
    assert "nothing" in missing.err


async def test_a_copy_is_called_and_dated_as_asked_and_tells_its_path_where_no_address_is_known(tmp_path):
    (tmp_path / "backchannel.toml").write_text('[site]\ntimezone = "Europe/London"')
    asked = ("--title", "Socitm 2027", "--starts", "2027-10-10", "--ends", "2027-10-11")

    added = await run(tmp_path, "event", "add", "socitm26", "--title", "Socitm 2026", "--starts", "2026-10-11")
    copied = await run(tmp_path, "event", "copy", "socitm26", "socitm27", *asked)
    wrong = await run(tmp_path, "event", "copy", "socitm26", "socitm28", "--starts", "soon")
    shown = json.loads((await run(tmp_path, "event", "show", "socitm27", "--json")).out)

    assert added.err == "Added socitm26: /e/socitm26\n"
    assert copied.err == "Made socitm27 after socitm26: /e/socitm27\n"
    assert wrong.err == 'starts: "soon" is no date; write 2026-10-11 or 2026-10-11T09:00:00\n'
    assert (shown["url"], shown["title"]) == ("/e/socitm27", "Socitm 2027")
    assert (shown["starts"], shown["ends"]) == ("2027-10-09T23:00:00Z", "2027-10-11T23:00:00Z")


async def test_an_event_is_checked_as_the_file_is(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")

    ran = await run(tmp_path, "event", "add", "Big", "--title", "B", "--feed", "nope", "--starts", "today")

    assert ran.status == 1
    assert ran.err.splitlines() == [
        'slug: "Big" is no slug; use small letters, digits and hyphens, 64 at most',
        'starts: "today" is no date; write 2026-10-11 or 2026-10-11T09:00:00',
        'source[1].url: "nope" is no address; write it whole, beginning with https:// or http://',
    ]


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["check"], ["event", "list"], ["migrate"]])
async def test_a_database_that_cannot_be_opened_is_told(tmp_path, command):
    (tmp_path / "backchannel.toml").write_text('[storage]\nurl = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"')

    ran = await run(tmp_path, *command)

    assert ran.status == 1
    assert ran.err.startswith("the database cannot be opened (")
    assert ran.err.endswith("): check [storage] url\n")
    assert "hunter2" not in ran.err


async def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")
    (tmp_path / "backchannel.db").write_text("Dear diary" * 1_000)

    ran = await run(tmp_path, "serve", "--port", "0")

    assert (ran.status, ran.err) == (
        1,
        "the database cannot be opened (file is not a database): check [storage] url\n",
    )


def test_what_nobody_thought_of_is_one_sentence_and_a_file_to_report(monkeypatch, capsys):
    def stumble():
        raise ZeroDivisionError("somebody's words")

    monkeypatch.setattr(cli, "app", stumble)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    told = capsys.readouterr().err
    [file] = re.findall(r"what is in (\S+)\n", told)
    assert ended.value.code == 1
    assert told.startswith("something went wrong inside Backchannel (ZeroDivisionError); please report it")
    assert "somebody's words" in Path(file).read_text()
    Path(file).unlink()
